//! Who asks, as every interface that checks texts takes it from a request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::serve::app::App;
use crate::serve::asked::Asked;
use crate::serve::callers::Caller;
use crate::serve::error::{ApiError, Code};
use crate::serve::limits::Admission;
use crate::serve::request_id::RequestId;

/// A request but for its body.
pub(super) struct Call {
    pub app: Arc<App>,
    pub headers: HeaderMap,
    caller: Caller,
    id: RequestId,
    admission: Arc<Admission>,
}

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let told = |of: &Parts| {
            let told = &of.extensions;
            Some((
                told.get::<Caller>()?.clone(),
                told.get::<RequestId>()?.clone(),
                told.get::<Arc<Admission>>()?.clone(),
            ))
        };
        // A route that was let past those who find out who calls must not answer.
        let unknown = || ApiError::new(Code::InternalError, "the server does not know who calls");
        let (caller, id, admission) = told(parts).ok_or_else(unknown)?;
        Ok(Self { app: app.clone(), headers: parts.headers.clone(), caller, id, admission })
    }
}

impl Call {
    /// Lets the configuration be asked that is `named`, or else the one that `model` names.
    ///
    /// # Errors
    /// When there is none of that name, the caller may not ask it, or a budget leaves too little.
    pub(super) async fn asked(&self, named: Option<&str>, model: Option<&str>) -> Result<Asked, ApiError> {
        let config = self.app.configs.choose(named, model, &self.caller)?;
        Asked::checking(self.app.clone(), self.id.clone(), self.caller.clone(), config, self.admission.clone()).await
    }
}
