//! What models cost, and what may be spent, as `serve.yml` says it.

use std::time::Duration;

use super::Keys;
use crate::config::yaml::Node;
use crate::serve::limits::Per;
use crate::serve::prices::{ByToken, Money, Price};
use crate::serve::settings::{Policy, RedisSettings, Settings, Tls, WhenGone};
use crate::serve::usage::Budget;

const BUDGET: &[&str] = &["per", "daily", "monthly"];
const PRICE: &[&str] = &["input", "output", "cached"];
const REDIS: &[&str] = &["url", "ca", "certificate", "key", "timeout", "when_gone"];
const WHEN_GONE: &[&str] = &["rates", "budgets"];
const USAGE: &[&str] = &["path"];

impl Keys<'_> {
    fn money(&mut self, node: &Node) -> Option<Money> {
        let money = self.reader.text(node).map(Money::parse)?;
        if money.is_none() {
            self.reader.wrong(node, "dollars, such as `10` or `0.25`, up to nine million");
        }
        money
    }

    /// `{per: key, daily: 10, monthly: 100}`, in dollars.
    pub(super) fn budgets(&mut self, node: &Node) -> Vec<Budget> {
        let mut budgets = Vec::new();
        for item in self.reader.list(node) {
            let (mut per, mut daily, mut monthly, mut is_fine) = (None, None, None, true);
            for (key, node) in self.known(item, BUDGET, "budgets[].") {
                match &*key.name {
                    "per" => {
                        per = self.reader.choice(node, &[("key", Per::Key), ("user", Per::User)]);
                        is_fine &= per.is_some();
                    }
                    name => {
                        let money = self.money(node);
                        is_fine &= money.is_some();
                        *(if name == "daily" { &mut daily } else { &mut monthly }) = money;
                    }
                }
            }
            match per {
                Some(per) if daily.or(monthly).is_some() => budgets.push(Budget { per, daily, monthly }),
                _ if is_fine => self.reader.wrong(item, "a budget with `per`, and `daily` or `monthly`"),
                _ => {}
            }
        }
        budgets
    }

    /// `{MODEL: {input: 0.15, output: 0.6, cached: 0.075}}`, in dollars for a million tokens.
    pub(super) fn prices(&mut self, node: &Node, settings: &mut Settings) {
        for (name, item) in self.reader.mapping(node) {
            let (mut input, mut output, mut cached, mut is_fine) = (None, None, None, true);
            for (key, node) in self.known(item, PRICE, "prices.*.") {
                let price = self.money(node).map(|money| money.divided(1_000_000));
                is_fine &= price.is_some();
                match &*key.name {
                    "input" => input = price,
                    "output" => output = price,
                    _ => cached = price,
                }
            }
            match input.zip(output) {
                Some((input, output)) => {
                    let usual = ByToken { input, output, cached: cached.unwrap_or(input) };
                    settings.usage.prices.insert(name.name.clone(), Price::new(usual));
                }
                None if is_fine => self.reader.wrong(item, "a price with `input` and `output`"),
                None => {}
            }
        }
    }

    pub(super) fn usage(&mut self, node: &Node, settings: &mut Settings) {
        for (_, node) in self.known(node, USAGE, "usage.") {
            settings.usage.path = self.reader.text(node).map(|path| self.folder.join(path));
        }
    }

    /// `{url: redis://HOST, when_gone: {rates: open, budgets: closed}}`.
    pub(super) fn redis(&mut self, node: &Node) -> Option<RedisSettings> {
        let (mut url, mut ca, mut certificate, mut key_file) = (None, None, None, None);
        let mut timeout = Duration::from_millis(250);
        // Too many requests are a lesser evil than none; money is not.
        let mut when_gone = WhenGone { rates: Policy::Open, budgets: Policy::Closed };
        for (key, node) in self.known(node, REDIS, "redis.") {
            match &*key.name {
                "url" => url = self.reader.text(node).map(str::to_owned),
                "timeout" => timeout = self.reader.duration(node).unwrap_or(timeout),
                name @ ("ca" | "certificate" | "key") => {
                    let path = self.reader.text(node).map(|path| self.folder.join(path));
                    *(match name {
                        "ca" => &mut ca,
                        "certificate" => &mut certificate,
                        _ => &mut key_file,
                    }) = path;
                }
                _ => {
                    for (key, node) in self.known(node, WHEN_GONE, "redis.when_gone.") {
                        let policies = [("open", Policy::Open), ("closed", Policy::Closed)];
                        let Some(policy) = self.reader.choice(node, &policies) else { continue };
                        *(if &*key.name == "rates" { &mut when_gone.rates } else { &mut when_gone.budgets }) = policy;
                    }
                }
            }
        }
        if url.is_none() {
            self.reader.wrong(node, "a Redis with its `url`, such as `redis://localhost`");
        }
        if certificate.is_some() != key_file.is_some() {
            self.reader.wrong(node, "a Redis with both `certificate` and `key`, or neither");
        }
        let identity = certificate.zip(key_file).map(|(certificate, key)| Tls { certificate, key });
        Some(RedisSettings { url: url?, ca, identity, timeout, when_gone })
    }
}
