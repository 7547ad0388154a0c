//! Limits on how much somebody may ask, as `serve.yml` says them.

use super::Keys;
use crate::config::yaml::{Data, Node};
use crate::diagnostic::{Diagnostic, codes};
use crate::serve::limits::{Counted, EXAMPLE, MOST, Network, Per, Rate, time};
use crate::serve::settings::{Settings, UserSource};

const RATE: &[&str] = &["per", "limit", "requests", "tokens", "concurrent", "in"];
const USER: &[&str] = &["header"];

impl Keys<'_> {
    pub(super) fn rates(&mut self, node: &Node) -> Vec<Rate> {
        self.distinct(node, |keys, item| keys.rate(item))
    }

    /// The limits of a list, as `read` reads each. One that stands there twice would be counted once in this process and twice in Redis.
    pub(super) fn distinct(
        &mut self,
        node: &Node,
        mut read: impl FnMut(&mut Self, &Node) -> Option<Rate>,
    ) -> Vec<Rate> {
        let (mut rates, mut items) = (Vec::new(), Vec::new());
        for item in self.reader.list(node) {
            let Some(rate) = read(self, item) else { continue };
            match rates.iter().position(|other| *other == rate) {
                Some(first) => {
                    let first: &Node = items[first];
                    let diagnostic =
                        Diagnostic::new(codes::BAD_VALUE, item.span, "this limit stands in the list already");
                    let diagnostic = diagnostic.also(first.span, "the first one").help("delete one of them");
                    self.reader.diagnostics.push(diagnostic);
                }
                None => {
                    rates.push(rate);
                    items.push(item);
                }
            }
        }
        rates
    }

    /// `{per: key, limit: 50 requests / hour}`, or the same by numbers: `{per: key, requests: 50, in: hour}`.
    pub(super) fn rate(&mut self, item: &Node) -> Option<Rate> {
        let (mut per, mut said, mut counts, mut window) = (None, None, Vec::new(), None);
        for (key, node) in self.known(item, RATE, "rates[].") {
            match &*key.name {
                "per" => per = self.reader.choice(node, Per::ALL),
                "limit" => said = Some(node),
                "in" => {
                    let read = self.reader.text(node).and_then(time);
                    if read.is_none() {
                        self.reader.wrong(node, "a time such as `hour`, `15 minutes` or `30s`, a month at most");
                    }
                    window = Some(read?);
                }
                name => {
                    let counted = match name {
                        "requests" => Counted::Requests,
                        "tokens" => Counted::Tokens,
                        _ => Counted::Concurrent,
                    };
                    counts.push((counted, self.reader.count(node, 1..=MOST as usize)? as u64));
                }
            }
        }
        let Some(per) = per else {
            self.reader.wrong(item, "a limit that says `per`: `key`, `user` or `ip`");
            return None;
        };
        match (said, &*counts, window) {
            (Some(node), [], None) => {
                let rate = Rate::parse(per, self.reader.text(node)?);
                if rate.is_none() {
                    self.reader.wrong(node, EXAMPLE);
                }
                rate
            }
            (None, [(counted, count)], window) if window.is_some() == (*counted != Counted::Concurrent) => {
                Some(Rate { per, counted: *counted, count: *count, window: window.unwrap_or_default() })
            }
            _ => {
                self.reader.wrong(item, "one limit: `limit`, or `requests` or `tokens` with `in`, or `concurrent`");
                None
            }
        }
    }

    /// `key`, `field`, or `{header: NAME}`.
    pub(super) fn user(&mut self, node: &Node) -> Option<UserSource> {
        if matches!(node.data, Data::Scalar(..)) {
            return self
                .reader
                .choice(node, &[("key", ()), ("field", ())])
                .map(|()| if self.reader.text(node) == Some("key") { UserSource::Key } else { UserSource::Field });
        }
        let mut source = None;
        for (_, node) in self.known(node, USER, "user.") {
            source = self.reader.text(node).and_then(|name| name.parse().ok()).map(UserSource::Header);
        }
        if source.is_none() {
            self.reader.wrong(node, "`key`, `field`, or the name of a `header`");
        }
        source
    }

    pub(super) fn proxies(&mut self, node: &Node, settings: &mut Settings) {
        for item in self.reader.list(node) {
            match self.reader.text(item).map(Network::parse) {
                Some(Some(network)) => settings.rates.proxies.push(network),
                Some(None) => self.reader.wrong(item, "an IP address, or a network such as `10.0.0.0/8`"),
                None => {}
            }
        }
    }
}
