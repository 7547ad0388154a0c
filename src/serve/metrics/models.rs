//! What is counted of single calls of models, those of rails and judges too, and how models stand.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::registered;
use crate::engine::Rails;
use crate::model::{BreakerState, Call};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCall {
    config: String,
    model: String,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    config: String,
    model: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFallback {
    config: String,
    model: String,
    fallback: String,
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBreaker {
    config: String,
    model: String,
    at: String,
}

pub(super) struct ModelMetrics {
    calls: Family<OfCall, Counter>,
    cached: Family<OfModel, Counter>,
    fallbacks: Family<OfFallback, Counter>,
    breakers: Family<OfBreaker, Gauge>,
}

impl ModelMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            calls: registered(registry, "model_calls", "Calls of models, by what became of them"),
            cached: registered(
                registry,
                "cached_tokens",
                "Of the tokens that models took, those that they had read before",
            ),
            fallbacks: registered(registry, "fallbacks", "Calls of fallbacks, by the model that failed and why"),
            breakers: registered(
                registry,
                "breaker_state",
                "0 where a model is asked, 2 where it is left alone, 1 where one call tries whether it is well",
            ),
        }
    }

    pub(super) fn called(&self, config: &str, calls: &[Call]) {
        for call in calls {
            let (config, model) = (config.to_owned(), call.model.to_string());
            let result = call.result.unwrap_or("dropped");
            self.calls.get_or_create(&OfCall { config: config.clone(), model: model.clone(), result }).inc();
            if let Some(tokens) = call.tokens.filter(|tokens| tokens.cached > 0) {
                let labels = OfModel { config: config.clone(), model: model.clone() };
                self.cached.get_or_create(&labels).inc_by(tokens.cached);
            }
            if let Some(instead) = &call.instead_of {
                let (model, fallback) = (instead.model.to_string(), model);
                self.fallbacks.get_or_create(&OfFallback { config, model, fallback, cause: instead.cause }).inc();
            }
        }
    }

    /// Lists the breakers of what is served, and no others.
    pub(super) fn stand<'r>(&self, served: impl IntoIterator<Item = (&'r str, &'r Rails)>) {
        self.breakers.clear();
        for (config, rails) in served {
            for (model, breaker) in rails.breakers() {
                let labels =
                    OfBreaker { config: config.to_owned(), model: model.to_owned(), at: breaker.at().to_owned() };
                let state = match breaker.state() {
                    BreakerState::Closed => 0,
                    BreakerState::HalfOpen => 1,
                    BreakerState::Open => 2,
                };
                let gauge = self.breakers.get_or_create(&labels);
                // Of two that differ by their keys, the one that is worse off tells.
                gauge.set(gauge.get().max(state));
            }
        }
    }
}
