//! Who asks, as every interface takes it from a request that a configuration answers.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::model::Tokens;
use crate::serve::app::App;
use crate::serve::asked::Asked;
use crate::serve::callers::Caller;
use crate::serve::error::{ApiError, Code};
use crate::serve::limits::Admission;
use crate::serve::request_id::RequestId;
use crate::serve::usage::Asking;

/// What models that check something are expected to take and give: a prompt in, a word out.
const A_CHECK: Tokens = Tokens { input: 1000, output: 100, cached: 0 };

/// A request but for its body.
pub(super) struct Call {
    pub app: Arc<App>,
    pub headers: HeaderMap,
    pub caller: Caller,
    pub id: RequestId,
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
    /// Has the configuration check something that is `named`, or else the one that `model` names.
    ///
    /// # Errors
    /// As [`asking`](Self::asking).
    pub(super) async fn asked(&self, named: Option<&str>, model: Option<&str>) -> Result<Asked, ApiError> {
        self.asking(named, model, None, A_CHECK).await
    }

    /// Lets the configuration be asked that is `named`, or else the one that `model` names, for the user that the body
    /// names, if it does. So much it is `expected` to take.
    ///
    /// # Errors
    /// When there is none of that name, the caller may not ask it, the user has no name, or limits or budgets leave too little.
    pub(super) async fn asking(
        &self,
        named: Option<&str>,
        model: Option<&str>,
        user: Option<&str>,
        expected: Tokens,
    ) -> Result<Asked, ApiError> {
        let config = self.app.configs.choose(named, model, &self.caller)?;
        let user = self.app.settings.rates.user.user(self.admission.named(), user)?;
        let asking = Asking { caller: &self.caller.name, user, config: &config.id, rails: &config.rails, expected };
        let reservation = self.app.spending.open(self.admission.clone(), asking).await?;
        Ok(Asked::new(self.app.clone(), self.id.clone(), self.caller.clone(), config, reservation))
    }
}
