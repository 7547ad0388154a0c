//! `GET /v1/usage`: what a key, or a user of it, has used.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::body;
use crate::serve::app::App;
use crate::serve::callers::Caller;
use crate::serve::error::{ApiError, Code};
use crate::serve::prices::Money;
use crate::serve::usage::Used;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    user: Option<String>,
    caller: Option<String>,
}

#[derive(Serialize)]
struct Usage {
    object: &'static str,
    caller: String,
    user: Option<String>,
    currency: &'static str,
    day: Period,
    month: Period,
    /// What requests under way may cost.
    reserved: Money,
}

#[derive(Serialize)]
struct Period {
    period: String,
    requests: u64,
    prompt_tokens: u64,
    completion_tokens: u64,
    cost: Money,
    /// Requests of which the cost is not known; what is known of it is in the sum.
    requests_of_unknown_cost: u64,
    budget: Option<Money>,
    remaining: Option<Money>,
}

impl Period {
    fn new(Used { period, totals, budget }: Used, reserved: Money) -> Self {
        Self {
            period,
            requests: totals.requests,
            prompt_tokens: totals.input_tokens,
            completion_tokens: totals.output_tokens,
            cost: totals.cost,
            requests_of_unknown_cost: totals.unknown,
            budget,
            remaining: budget.map(|budget| budget.minus(totals.cost).minus(reserved)),
        }
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(asked) = asked
        .map_err(|_| ApiError::new(Code::InvalidValue, "this takes `user` and `caller`: `/v1/usage?user=NAME`"))?;
    let whose = asked.caller.unwrap_or_else(|| caller.name.to_string());
    if whose != *caller.name && !caller.is_admin {
        return Err(ApiError::new(Code::UsageNotAllowed, "this key may see its own usage only").at("caller"));
    }
    let user = asked.user.filter(|user| !user.is_empty());
    let ([day, month], reserved) = app.spending.read(&whose, user.as_deref()).await?;
    let (day, month) = (Period::new(day, reserved), Period::new(month, reserved));
    Ok(body::json(&Usage { object: "usage", caller: whose, user, currency: "usd", day, month, reserved }))
}
