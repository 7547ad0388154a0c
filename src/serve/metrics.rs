//! What is counted, as Prometheus reads it.

mod models;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

use super::error::Code;
use super::prices::Money;
use crate::engine::{Rails, Reply, What};
use crate::model::Call;
use models::ModelMetrics;

/// Upper bounds of latencies, in seconds: from what a canned answer takes to what a slow model takes.
const LATENCIES: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRoute {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Latency {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfConfig {
    config: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTurn {
    config: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRail {
    config: String,
    rail: String,
    stage: String,
    status: &'static str,
    mode: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTier {
    config: String,
    tier: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    config: String,
    model: String,
    direction: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCache {
    config: String,
    cache: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFailure {
    config: String,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRefusal {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReload {
    result: &'static str,
}

type LatencyFamily = Family<Latency, Histogram, fn() -> Histogram>;

/// Everything that is counted. Names of routes, configurations, rails and models come from configurations, never from requests.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<OfRoute, Counter>,
    latencies: LatencyFamily,
    turns: Family<OfTurn, Counter>,
    rails: Family<OfRail, Counter>,
    tiers: Family<OfTier, Counter>,
    tokens: Family<OfModel, Counter>,
    caches: Family<OfCache, Counter>,
    models: ModelMetrics,
    /// Held while what stands as it does right now is looked up and written.
    listing: Mutex<()>,
    failures: Family<OfFailure, Counter>,
    reloads: Family<OfReload, Counter>,
    refusals: Family<OfRefusal, Counter>,
    cost: Family<OfConfig, Counter>,
    unknown_cost: Family<OfConfig, Counter>,
    configs: Family<OfConfig, Gauge>,
    /// Open connections.
    pub connections: Gauge,
    /// Requests under way, streams until their heads are sent.
    pub under_way: Gauge,
}

/// A metric, as it is listed.
fn registered<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("railsc");
        let seconds: fn() -> Histogram = || Histogram::new(LATENCIES);
        let latencies: LatencyFamily = Family::new_with_constructor(seconds);
        registry.register_with_unit(
            "request_duration",
            "From the head of a request to that of its answer",
            Unit::Seconds,
            latencies.clone(),
        );
        Self {
            requests: registered(&mut registry, "requests", "Requests that were answered"),
            turns: registered(&mut registry, "turns", "Turns of conversations and checks, by what became of them"),
            rails: registered(&mut registry, "rails", "Runs of rails; `mode` is `shadow` where they are only watched"),
            tiers: registered(&mut registry, "tiers", "Texts that were understood, by the tier that decided"),
            tokens: registered(&mut registry, "tokens", "Tokens that models took and gave"),
            caches: registered(
                &mut registry,
                "cache",
                "What was looked up: answers of the judge, and conversations that go on; `result` is `hit` or `miss`",
            ),
            models: ModelMetrics::new(&mut registry),
            listing: Mutex::new(()),
            failures: registered(&mut registry, "upstream_errors", "Turns that a model did not answer"),
            refusals: registered(&mut registry, "refusals", "Requests that were answered by an error, by its code"),
            cost: registered(
                &mut registry,
                "cost_picodollars",
                "What calls of models have cost, as far as it is known, in 1e-12 dollars",
            ),
            unknown_cost: registered(&mut registry, "unknown_cost", "Requests of which the cost is not known"),
            reloads: registered(&mut registry, "reloads", "Configurations that were loaded again"),
            configs: registered(
                &mut registry,
                "config_current",
                "1 where what is served is what is on the disk, 0 where that has errors",
            ),
            connections: registered(&mut registry, "connections", "Open connections"),
            under_way: registered(&mut registry, "requests_under_way", "Requests without an answer yet"),
            latencies,
            registry,
        }
    }

    /// All of it, as OpenMetrics; with how the models of `served` stand, by the names of their configurations.
    pub(super) fn text<'r>(&self, served: impl IntoIterator<Item = (&'r str, &'r Rails)>) -> String {
        let _listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        self.models.stand(served);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut text, &self.registry);
        text
    }

    pub(super) fn answered(&self, route: &str, status: u16, time: Duration) {
        self.requests.get_or_create(&OfRoute { route: route.to_owned(), status }).inc();
        self.latencies.get_or_create(&Latency { route: route.to_owned() }).observe(time.as_secs_f64());
    }

    /// A turn, or a check, of the configuration called `config`.
    pub(super) fn turn(&self, config: &str, reply: &Reply, status: &'static str) {
        self.turns.get_or_create(&OfTurn { config: config.to_owned(), status }).inc();
        for rail in &reply.verdict.rails {
            let labels = OfRail {
                config: config.to_owned(),
                rail: rail.name.to_string(),
                stage: rail.guards.to_string(),
                status: if rail.failed_open { "failed_open" } else { rail.status.name() },
                mode: if rail.shadow { "shadow" } else { "enforced" },
            };
            self.rails.get_or_create(&labels).inc();
        }
        for event in &reply.trace.events {
            let (cache, is_hit) = match &event.what {
                What::Classified { tier, .. } => {
                    let labels = OfTier { config: config.to_owned(), tier: tier.to_string() };
                    self.tiers.get_or_create(&labels).inc();
                    continue;
                }
                What::Judged { remembered, .. } => ("judge", *remembered),
                What::Recognised { .. } => ("conversation", true),
                What::Replayed { .. } => ("conversation", false),
                _ => continue,
            };
            let result = if is_hit { "hit" } else { "miss" };
            self.caches.get_or_create(&OfCache { config: config.to_owned(), cache, result }).inc();
        }
        for of_model in &reply.usage.models {
            for (direction, count) in [("input", of_model.input_tokens), ("output", of_model.output_tokens)] {
                let labels = OfModel { config: config.to_owned(), model: of_model.model.clone(), direction };
                self.tokens.get_or_create(&labels).inc_by(count);
            }
        }
    }

    /// The calls of models that a request of `config` took.
    pub(super) fn called(&self, config: &str, calls: &[Call]) {
        self.models.called(config, calls);
    }

    /// A turn of `config` that a model did not answer.
    pub(super) fn upstream_failed(&self, config: &str, code: Code) {
        self.failures.get_or_create(&OfFailure { config: config.to_owned(), code: code.name() }).inc();
    }

    /// A request that an error answered.
    pub(super) fn refused(&self, code: Code) {
        self.refusals.get_or_create(&OfRefusal { code: code.name() }).inc();
    }

    /// What a request of `config` has cost, as far as it is known.
    pub(super) fn spent(&self, config: &str, cost: Money, is_known: bool) {
        let labels = OfConfig { config: config.to_owned() };
        self.cost.get_or_create(&labels).inc_by(cost.as_picos().unsigned_abs());
        if !is_known {
            self.unknown_cost.get_or_create(&labels).inc();
        }
    }

    /// What is served as `config` is what is on the disk, or that has errors.
    pub(super) fn reloaded(&self, config: &str, fine: bool) {
        self.reloads.get_or_create(&OfReload { result: if fine { "loaded" } else { "kept_old" } }).inc();
        self.current(config, fine);
    }

    pub(super) fn current(&self, config: &str, fine: bool) {
        self.configs.get_or_create(&OfConfig { config: config.to_owned() }).set(i64::from(fine));
    }

    /// There is no such configuration any more.
    pub(super) fn gone(&self, config: &str) {
        self.configs.remove(&OfConfig { config: config.to_owned() });
    }
}
