//! What requests cost, who has used how much, and how much each may.

mod account;
mod accounts;
mod budget;
mod date;
mod disk;
mod reservation;
mod shared;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::HeaderName;

use super::error::{ApiError, Code, ServeError};
use super::limits::Admission;
use super::metrics::Metrics;
use super::prices::{Cost, Money, Prices};
use super::redis::{Gone, Redis, in_background};
use super::settings::{Policy, Settings, UserSource, WhenGone};
use crate::engine::Rails;
use crate::model::Tokens;
pub(super) use account::Totals;
use account::Who;
use accounts::{Accounts, Hold};
pub(super) use budget::Budget;
use budget::{Budgets, Exhausted};
use date::{Date, Span};
use disk::Disk;
pub(super) use reservation::Reservation;
use shared::Shared;

/// How many users' sums are kept at hand.
const ROOM: usize = 100_000;

/// What everything costs, and what everybody has spent.
pub(super) struct Spending {
    prices: Prices,
    budgets: Arc<Budgets>,
    ledger: Ledger,
    /// Whether budgets do not count while nothing can be counted.
    passes_uncounted: bool,
    metrics: Arc<Metrics>,
    /// Models without a price that the log has told of.
    told: Mutex<BTreeSet<String>>,
}

/// Where accounts are kept.
enum Ledger {
    Local { accounts: Arc<Accounts>, disk: Option<Disk> },
    Shared(Arc<Shared>),
}

/// What one has used in a day or a month.
pub(super) struct Used {
    pub period: String,
    pub totals: Totals,
    /// What it may spend, if that is limited; of several budgets, the least.
    pub budget: Option<Money>,
}

/// Who asks, and for what.
pub(super) struct Asking<'a> {
    pub caller: &'a Arc<str>,
    pub user: Option<Arc<str>>,
    pub config: &'a Arc<str>,
    pub rails: &'a Rails,
    /// The tokens that a model is expected to take and give.
    pub expected: Tokens,
}

impl Spending {
    /// Takes up what was spent before.
    ///
    /// # Errors
    /// When the settings do not go together, or what was spent can't be kept where they say.
    pub(super) fn new(
        settings: &Settings,
        redis: Option<(Arc<Redis>, WhenGone)>,
        longest: Duration,
        metrics: Arc<Metrics>,
    ) -> Result<Self, ServeError> {
        let is_one_user = settings.rates.user == UserSource::Key;
        let budgets = Arc::new(Budgets::new(&settings.usage.budgets, &settings.callers, is_one_user));
        let settings = &settings.usage;
        let wrong = |message: &str| Err(ServeError::Setting(message.to_owned()));
        let (ledger, passes_uncounted) = match (redis, &settings.path) {
            (Some(_), Some(_)) => return wrong("usage is kept in one place: `redis`, or `usage.path`"),
            (None, None) if !budgets.is_empty() => {
                return wrong(
                    "budgets are kept where a restart does not empty them: say `usage: {path: usage.sqlite}`, or `redis`",
                );
            }
            (Some((redis, gone)), None) => {
                // Somewhat longer than any request, so that none is settled that was given up.
                let shared = Shared::new(redis, budgets.clone(), longest + Duration::from_secs(60));
                (Ledger::Shared(Arc::new(shared)), gone.budgets == Policy::Open)
            }
            (None, path) => {
                let accounts = Arc::new(Accounts::new(ROOM, budgets.clone()));
                let disk = path.as_deref().map(|path| Disk::open(path, &accounts)).transpose()?;
                (Ledger::Local { accounts, disk }, false)
            }
        };
        let prices = Prices::new(settings.prices.clone());
        Ok(Self { prices, budgets, ledger, passes_uncounted, metrics, told: Mutex::default() })
    }

    /// Sets aside what a request is expected to take: of the limits that are left, and of budgets.
    ///
    /// # Errors
    /// When there is not so much, or what it costs can't be known or kept where there is a budget.
    pub(super) async fn open(
        self: &Arc<Self>,
        admission: Arc<Admission>,
        asking: Asking<'_>,
    ) -> Result<Reservation, ApiError> {
        let Asking { caller, user, config, rails, expected } = asking;
        let tokens = expected.input.saturating_add(expected.output);
        admission.of_user(caller, user.as_deref().unwrap_or_default(), tokens).await?;
        let amount = self.expected_cost(caller, rails, expected)?;
        let mut whose = vec![Who { caller: caller.clone(), user: None }];
        whose.extend(user.map(|user| Who { caller: caller.clone(), user: Some(user) }));
        let today = Date::today();
        let holds = match &self.ledger {
            Ledger::Local { accounts, .. } => accounts.reserve(&whose, amount, today),
            Ledger::Shared(shared) => match shared.reserve(&whose, amount, today).await {
                Ok(reserved) => reserved,
                Err(Gone) if self.passes_uncounted => Ok(Vec::new()),
                Err(Gone) => return Err(unavailable()),
            },
        };
        let holds = holds.map_err(exhausted)?;
        Ok(Reservation::new(self.clone(), admission, config.clone(), holds))
    }

    /// What a request may cost, where that matters: one call of the dearest model that may be asked.
    fn expected_cost(&self, caller: &str, rails: &Rails, expected: Tokens) -> Result<Money, ApiError> {
        if self.budgets.for_caller(caller).is_empty() {
            return Ok(Money::ZERO);
        }
        if let Ledger::Local { accounts, .. } = &self.ledger
            && accounts.is_failing()
        {
            return Err(unavailable());
        }
        let mut most = Money::ZERO;
        for name in rails.models() {
            let price = self.prices.of(name).ok_or_else(|| {
                self.warn(name);
                let message =
                    "there is a budget, and what the model costs is not known: the server's `prices` should say it";
                ApiError::new(Code::PriceUnknown, message)
            })?;
            most = most.max(price.of(expected));
        }
        Ok(most)
    }

    /// Takes down what a request has cost.
    fn settle(&self, config: &str, holds: Vec<Hold>, cost: &Cost) {
        for name in &cost.unpriced {
            self.warn(name);
        }
        let known = cost.known();
        self.metrics.spent(config, cost.sum, known.is_some());
        let used = Totals {
            requests: 1,
            input_tokens: cost.input_tokens,
            output_tokens: cost.output_tokens,
            cost: cost.sum,
            unknown: u64::from(known.is_none()),
        };
        let today = Date::today();
        match &self.ledger {
            Ledger::Local { accounts, .. } => holds.iter().for_each(|hold| accounts.settle(hold, &used, today)),
            Ledger::Shared(shared) => {
                let shared = shared.clone();
                in_background(async move { shared.settle(&holds, &used, today).await });
            }
        }
    }

    /// Says once that nobody knows what a model costs.
    fn warn(&self, model: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(model.to_owned()) {
            tracing::warn!(model, "what this model costs is not known: say it by `prices` in the settings");
        }
    }

    /// What a key, or one user of it, has used: today, and this month; and what is set aside for requests under way.
    ///
    /// # Errors
    /// When it is kept in Redis, and that is gone.
    pub(super) async fn read(&self, caller: &str, user: Option<&str>) -> Result<([Used; 2], Money), ApiError> {
        let today = Date::today();
        let who = Who { caller: caller.into(), user: user.map(Into::into) };
        let (day, month, reserved) = match &self.ledger {
            Ledger::Local { accounts, .. } => accounts.read(&who, today),
            Ledger::Shared(shared) => shared.read(&who, today).await.map_err(|Gone| unavailable())?,
        };
        let budgets = || self.budgets.of(&who);
        let used = [
            (Span::Day, day, budgets().filter_map(|budget| budget.daily).min()),
            (Span::Month, month, budgets().filter_map(|budget| budget.monthly).min()),
        ];
        Ok((used.map(|(span, totals, budget)| Used { period: today.name(span), totals, budget }), reserved))
    }

    /// Waits until what was used is where a restart finds it.
    pub(super) fn flush(&self) {
        if let Ledger::Local { disk: Some(disk), .. } = &self.ledger {
            disk.flush();
        }
    }
}

fn unavailable() -> ApiError {
    let message = "what is spent can't be written down, so nothing is spent until it can";
    let mut error = ApiError::new(Code::BudgetsUnavailable, message);
    error.retry_after = Some(Duration::from_secs(1));
    error
}

fn exhausted(exhausted: Exhausted) -> ApiError {
    let mut error = ApiError::new(Code::InsufficientQuota, exhausted.message());
    error.retry_after = Some(exhausted.wait);
    error
}

/// Says in headers what a reply has cost, if that is known: by our name, and by the one that clients of LiteLLM look for.
pub(super) fn tell(headers: &mut HeaderMap, cost: &Cost) {
    let Some(value) = cost.known().and_then(|cost| cost.to_string().parse().ok()) else { return };
    let names = ["x-railsc-cost", "x-litellm-response-cost"].map(HeaderName::from_static);
    names.into_iter().for_each(|name| drop(headers.insert(name, axum::http::HeaderValue::clone(&value))));
}
