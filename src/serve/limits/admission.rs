//! A request on its way past the limits, and what it holds of them until it ends.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::address::{Network, Peer, client, origin};
use super::memory::Memory;
use super::rate::{Counted, Per, Rate};
use super::rates::Rates;
use super::shared::Shared;
use super::window::Quota;
use super::{Claim, Refusal, Subject, Taken};
use crate::serve::app::App;
use crate::serve::callers::Caller;
use crate::serve::error::{ApiError, Code};
use crate::serve::redis::{Gone, Redis, in_background};
use crate::serve::settings::{CallerSpec, Policy, RateSettings, WhenGone};

/// All limits, and what is counted of them.
pub(in crate::serve) struct Limiter {
    rates: Rates,
    proxies: Vec<Network>,
    counts: Counts,
    /// Whether requests pass while nothing can be counted.
    passes_uncounted: bool,
}

/// Where it is counted.
enum Counts {
    Memory(Memory),
    Shared(Shared),
}

impl Limiter {
    /// Limits that are counted in Redis, if there is one. A request takes `longest` at most.
    pub(in crate::serve) fn new(
        settings: &RateSettings,
        callers: &[CallerSpec],
        redis: Option<(Arc<Redis>, WhenGone)>,
        longest: Duration,
    ) -> Self {
        let (counts, passes_uncounted) = match redis {
            Some((redis, gone)) => (Counts::Shared(Shared::new(redis, longest)), gone.rates == Policy::Open),
            None => (Counts::Memory(Memory::new(settings.subjects)), false),
        };
        Self {
            rates: Rates::new(&settings.rates, callers),
            proxies: settings.proxies.clone(),
            counts,
            passes_uncounted,
        }
    }

    async fn take(&self, claims: &[Claim]) -> Result<Result<Vec<(Taken, Quota)>, Refusal>, ApiError> {
        match &self.counts {
            Counts::Memory(memory) => Ok(memory.take(&self.rates, claims)),
            Counts::Shared(shared) => match shared.take(&self.rates, claims).await {
                Ok(taken) => Ok(taken),
                Err(Gone) if self.passes_uncounted => Ok(Ok(Vec::new())),
                Err(Gone) => Err(ApiError::new(Code::LimitsUnavailable, "limits can't be counted right now")),
            },
        }
    }

    /// Corrects what was taken to what was needed; with Redis, a moment later.
    fn settle(self: &Arc<Self>, taken: Vec<Taken>, needed: u64) {
        match &self.counts {
            Counts::Memory(memory) => taken.iter().for_each(|taken| memory.settle(&self.rates, taken, needed)),
            Counts::Shared(_) if taken.is_empty() => {}
            Counts::Shared(_) => {
                let limiter = self.clone();
                in_background(async move {
                    let Counts::Shared(shared) = &limiter.counts else { return };
                    for taken in &taken {
                        // Without Redis it stays as it was taken, until it leaves the window.
                        let _ = shared.settle(limiter.rates[taken.rate], taken, needed).await;
                    }
                });
            }
        }
    }

    fn refused(&self, refusal: &Refusal) -> ApiError {
        let rate = &self.rates[refusal.rate];
        let whose = match rate.per {
            Per::Key => "this key",
            Per::User => "this user",
            Per::Ip => "this address",
        };
        let (code, message) = match rate.counted {
            Counted::Requests => {
                let time = humane(rate.window);
                (Code::RateLimitExceeded, format!("{whose} may send {} requests in {time}", rate.count))
            }
            Counted::Tokens => {
                let time = humane(rate.window);
                (Code::TokenLimitExceeded, format!("{whose} may use {} tokens in {time}", rate.count))
            }
            Counted::Concurrent => {
                (Code::ConcurrencyLimitExceeded, format!("{whose} may have {} requests under way", rate.count))
            }
        };
        let mut error = ApiError::new(code, message);
        error.retry_after = Some(refusal.wait.max(Duration::from_secs(1)));
        error
    }
}

fn humane(time: Duration) -> String {
    let seconds = time.as_secs();
    for (unit, length) in [("day", 86_400), ("hour", 3600), ("minute", 60)] {
        if seconds.is_multiple_of(length) && seconds > 0 {
            let count = seconds / length;
            return if count == 1 { format!("one {unit}") } else { format!("{count} {unit}s") };
        }
    }
    if seconds == 1 { "one second".to_owned() } else { format!("{seconds} seconds") }
}

/// What a request has got of the limits. When it is dropped, what was not needed goes back.
pub(in crate::serve) struct Admission {
    limiter: Arc<Limiter>,
    address: IpAddr,
    /// The user that the headers name.
    named: OnceLock<String>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    taken: Vec<Taken>,
    /// The limit that leaves the least, by its place.
    tightest: Option<(usize, Quota)>,
}

impl Held {
    fn tell(&mut self, rate: usize, quota: Quota) {
        // As a share of each, so that limits of unlike kinds can be told apart.
        let share = |quota: &Quota| quota.remaining as f64 / quota.limit as f64;
        if self.tightest.as_ref().is_none_or(|(_, known)| share(&quota) < share(known)) {
            self.tightest = Some((rate, quota));
        }
    }
}

impl Admission {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a request counts for by its address, before anything else of it is known.
    async fn begin(limiter: &Arc<Limiter>, address: IpAddr) -> (Arc<Self>, Result<(), ApiError>) {
        let admission =
            Arc::new(Self { limiter: limiter.clone(), address, named: OnceLock::new(), held: Mutex::default() });
        let address = client(address).to_string();
        let taken = admission.take(None, |rate| match (rate.per, rate.counted) {
            (Per::Ip, Counted::Requests | Counted::Concurrent) => Some((Subject::of("", &address), 1)),
            _ => None,
        });
        let taken = taken.await;
        (admission, taken)
    }

    /// The user that the headers name, where they are to.
    pub(in crate::serve) fn named(&self) -> Option<&str> {
        self.named.get().map(String::as_str)
    }

    /// Takes what a request counts for by its key.
    async fn of_caller(&self, caller: &str) -> Result<(), ApiError> {
        self.take(Some(caller), |rate| match (rate.per, rate.counted) {
            (Per::Key, Counted::Requests | Counted::Concurrent) => Some((Subject::of(caller, ""), 1)),
            _ => None,
        })
        .await
    }

    /// Takes what a request counts for by its user, and the tokens that it is expected to need.
    pub(in crate::serve) async fn of_user(&self, caller: &str, user: &str, tokens: u64) -> Result<(), ApiError> {
        self.take(Some(caller), |rate| match (rate.per, rate.counted) {
            (Per::User, Counted::Requests | Counted::Concurrent) => Some((Subject::of(caller, user), 1)),
            (Per::User, Counted::Tokens) => Some((Subject::of(caller, user), tokens)),
            (Per::Key, Counted::Tokens) => Some((Subject::of(caller, ""), tokens)),
            (Per::Ip, Counted::Tokens) => Some((Subject::of("", &client(self.address).to_string()), tokens)),
            _ => None,
        })
        .await
    }

    /// Takes what is `claimed` of each limit that goes for `caller`.
    async fn take(
        &self,
        caller: Option<&str>,
        claimed: impl Fn(&Rate) -> Option<(Subject, u64)>,
    ) -> Result<(), ApiError> {
        let rates = self.limiter.rates.of(caller);
        let claims: Vec<_> = rates
            .filter_map(|(index, rate)| claimed(rate).map(|(subject, amount)| Claim { rate: index, subject, amount }))
            .collect();
        if claims.is_empty() {
            return Ok(());
        }
        let taken = self.limiter.take(&claims).await?;
        let mut held = self.held();
        match taken {
            Ok(taken) => {
                for (taken, quota) in taken {
                    held.tell(taken.rate, quota);
                    held.taken.push(taken);
                }
                Ok(())
            }
            Err(refusal) => {
                held.tightest = Some((refusal.rate, refusal.quota));
                Err(self.limiter.refused(&refusal))
            }
        }
    }

    /// Corrects the tokens that were taken to those that were needed.
    pub(in crate::serve) fn settle_tokens(&self, needed: u64) {
        let rates = &self.limiter.rates;
        let settled: Vec<_> = {
            let mut held = self.held();
            held.taken.extract_if(.., |taken| rates[taken.rate].counted == Counted::Tokens).collect()
        };
        self.limiter.settle(settled, needed);
    }

    /// Says how much there is left, where there are limits.
    fn tell(&self, headers: &mut HeaderMap) {
        let Some((rate, quota)) = self.held().tightest else { return };
        let rate = &self.limiter.rates[rate];
        let reset = quota.reset.as_secs_f64().ceil() as u64;
        let policy = match rate.counted {
            Counted::Concurrent => format!("\"{}\";q={};qu=\"concurrent-requests\"", rate.name(), rate.count),
            _ => format!("\"{}\";q={};w={}", rate.name(), rate.count, rate.window.as_secs()),
        };
        let limit = format!("\"{}\";r={};t={reset}", rate.name(), quota.remaining);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        for (name, value) in
            [("ratelimit-limit", quota.limit), ("ratelimit-remaining", quota.remaining), ("ratelimit-reset", reset)]
        {
            headers.insert(HeaderName::from_static(name), value.into());
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let rates = &self.limiter.rates;
        let taken = std::mem::take(&mut self.held.get_mut().unwrap_or_else(PoisonError::into_inner).taken);
        // A request that was sent was sent, whatever became of it.
        let back = taken.into_iter().filter(|taken| rates[taken.rate].counted != Counted::Requests).collect();
        self.limiter.settle(back, 0);
    }
}

/// Lets a request in that its address has not sent too many of, whatever key it carries.
pub(in crate::serve) async fn by_address(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let address = origin(peer, request.headers(), &app.limiter.proxies);
    let (admission, taken) = Admission::begin(&app.limiter, address).await;
    let mut response = match taken {
        Ok(()) => {
            request.extensions_mut().insert(admission.clone());
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    admission.tell(response.headers_mut());
    response
}

/// Lets a request in that its key has not sent too many of.
pub(in crate::serve) async fn by_caller(
    State(app): State<Arc<App>>,
    Extension(admission): Extension<Arc<Admission>>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(user) = app.settings.rates.user.in_headers(request.headers()) {
        // Nobody has named it before.
        let _ = admission.named.set(user);
    }
    // Looking at what there is takes nothing.
    if request.method() != Method::GET {
        admission.of_caller(&caller.name).await?;
    }
    Ok(next.run(request).await)
}
