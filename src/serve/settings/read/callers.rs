//! Who may call, as `serve.yml` says it.

use super::Keys;
use crate::config::yaml::{Data, Node};
use crate::diagnostic::{Diagnostic, codes};
use crate::serve::callers::KeyHash;
use crate::serve::limits::{Per, Rate};
use crate::serve::settings::{CallerSpec, Settings};

pub(super) const CALLER: &[&str] = &["name", "key_sha256", "configs", "admin", "logs", "rates", "budgets"];

/// What should say something where it stands: without a word it would mean all that there is, as for whoever comments out all items of a list.
const WHOLE: &[(&str, &str)] = &[
    ("configs", "a list of configurations: leave it out where the key may use all"),
    ("rates", "a list of limits: leave it out where those for all go for the key, and say `[]` where none does"),
    ("budgets", "a list of budgets: leave it out where those for all go for the key, and say `[]` where none does"),
    ("logs", "`true` or `false`"),
];

impl Keys<'_> {
    pub(super) fn callers(&mut self, node: &Node, settings: &mut Settings) {
        for item in self.reader.list(node) {
            if let Some(caller) = self.caller(item) {
                if settings.callers.iter().any(|other| other.name == caller.name || other.key == caller.key) {
                    self.reader.wrong(item, "a caller with a name and a key of its own");
                }
                settings.callers.push(caller);
            }
        }
    }

    fn caller(&mut self, item: &Node) -> Option<CallerSpec> {
        self.says_what_it_names(item);
        let (mut name, mut hash, mut configs, mut rates, mut budgets) = (None, None, None, None, None);
        let (mut is_admin, mut sees_logs) = (false, true);
        for (key, node) in self.known(item, CALLER, "callers[].") {
            match &*key.name {
                "name" => name = self.reader.text(node).map(str::to_owned),
                "configs" => configs = Some(self.texts(node)),
                "admin" => is_admin = self.reader.truth(node) == Some(true),
                "logs" => sees_logs = self.reader.truth(node) == Some(true),
                "rates" => rates = Some(self.distinct(node, |keys, item| keys.rate_of_caller(item))),
                "budgets" => budgets = Some(self.budgets(node)),
                _ => match self.reader.text(node).and_then(KeyHash::parse) {
                    Some(parsed) => hash = Some(parsed),
                    None => self.reader.wrong(node, "64 hexadecimal digits, as `railsc serve --new-key` prints them"),
                },
            }
        }
        let Some((name, key)) = name.zip(hash) else {
            self.reader.wrong(item, "a caller with its `name` and `key_sha256`");
            return None;
        };
        Some(CallerSpec { name, key, configs, is_admin, sees_logs, rates, budgets })
    }

    fn rate_of_caller(&mut self, item: &Node) -> Option<Rate> {
        let rate = self.rate(item)?;
        if rate.per == Per::Ip {
            self.reader.wrong(item, "a limit by `key` or `user`: addresses are counted before it is known who calls");
        }
        Some(rate)
    }

    fn says_what_it_names(&mut self, item: &Node) {
        let Data::Mapping(entries) = &item.data else { return };
        for (key, _) in entries.iter().filter(|(_, value)| value.is_null()) {
            if let Some((name, means)) = WHOLE.iter().find(|(name, _)| *name == &*key.name) {
                let message = format!("`{name}` should be {means}");
                self.reader.diagnostics.push(Diagnostic::new(codes::BAD_VALUE, key.span, message));
            }
        }
    }
}
