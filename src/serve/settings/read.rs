//! `serve.yml`, read as strictly as `config.yml` is.

mod callers;
mod rates;
mod spending;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::{HeaderValue, Uri};
use tracing::Level;

use super::{Keeping, LogFormat, Origins, Settings, Tls, Upstream};
use crate::config::environment;
use crate::config::read_text;
use crate::config::value::Reader;
use crate::config::yaml::{self, Key, Node};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::engine::LoadError;
use crate::source::{SourceFile, SourceMap};

const TOP: &[&str] = &[
    "host",
    "port",
    "callers",
    "default_config",
    "shadow",
    "model",
    "limits",
    "conversations",
    "tls",
    "cors",
    "log",
    "metrics",
    "rates",
    "user",
    "trusted_proxies",
    "budgets",
    "prices",
    "usage",
    "redis",
];
const MODEL: &[&str] = &["url", "name"];
const LIMITS: &[&str] = &[
    "body_bytes",
    "body_time",
    "head_bytes",
    "idle_time",
    "request_time",
    "write_time",
    "connections",
    "drain_time",
    "subjects",
];
const CONVERSATIONS: &[&str] = &["store", "idle_time", "bytes", "thread_bytes", "waiting", "remembered_bytes"];
const TLS: &[&str] = &["certificate", "key"];
const LOG: &[&str] = &["format", "level", "texts"];
const METRICS: &[&str] = &["public"];
const CORS: &[&str] = &["origins"];

/// Lays what the file at `path` says over `settings`. Files that it names are beside it.
pub(in crate::serve) fn read(path: &Path, settings: &mut Settings) -> Result<(), LoadError> {
    let mut sources = SourceMap::default();
    let mut diagnostics = Vec::new();
    match read_text(path) {
        Err(diagnostic) => diagnostics.push(*diagnostic),
        Ok(text) => {
            let id = sources.add(SourceFile::new(path.display().to_string(), text));
            if let Some(mut document) = yaml::parse(id, sources.file(id), &mut diagnostics) {
                environment::fill(&mut document, &mut diagnostics);
                let folder = path.parent().unwrap_or(Path::new(""));
                Keys { reader: Reader { diagnostics: &mut diagnostics }, folder }.top(&document, settings);
            }
        }
    }
    match diagnostics.iter().any(Diagnostic::is_error) {
        true => Err(LoadError { sources: Arc::new(sources), diagnostics }),
        false => Ok(()),
    }
}

struct Keys<'a> {
    reader: Reader<'a>,
    folder: &'a Path,
}

impl Keys<'_> {
    /// The entries of `node`, each with a key of `table`; others are errors, and nothing is what an absent key says.
    fn known<'n>(&mut self, node: &'n Node, table: &[&str], path: &str) -> Vec<(&'n Key, &'n Node)> {
        let mut known = Vec::new();
        for (key, value) in self.reader.mapping(node) {
            if !table.contains(&&*key.name) {
                let meant = nearest(&key.name, table.iter().copied());
                let message = format!("unknown key `{path}{}`", key.name);
                self.reader.diagnostics.push(Diagnostic::new(codes::UNKNOWN_KEY, key.span, message).suggest(meant));
            } else if !value.is_null() {
                known.push((key, value));
            }
        }
        known
    }

    fn top(&mut self, node: &Node, settings: &mut Settings) {
        for (key, node) in self.known(node, TOP, "") {
            match &*key.name {
                "host" => match self.reader.text(node).map(str::parse) {
                    Some(Ok(host)) => settings.host = host,
                    Some(Err(_)) => self.reader.wrong(node, "an IP address, such as `127.0.0.1` or `0.0.0.0`"),
                    None => {}
                },
                "port" => {
                    let port = self.reader.count(node, 0..=usize::from(u16::MAX));
                    settings.port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(settings.port);
                }
                "callers" => self.callers(node, settings),
                "default_config" => settings.default = self.reader.text(node).map(str::to_owned),
                "shadow" => settings.shadow = self.texts(node),
                "model" => settings.upstream = self.model(node),
                "limits" => self.limits(node, settings),
                "conversations" => self.conversations(node, settings),
                "tls" => settings.tls = self.tls(node),
                "log" => self.log(node, settings),
                "rates" => settings.rates.rates.extend(self.rates(node)),
                "user" => settings.rates.user = self.user(node).unwrap_or_default(),
                "trusted_proxies" => self.proxies(node, settings),
                "budgets" => settings.usage.budgets.extend(self.budgets(node)),
                "prices" => self.prices(node, settings),
                "usage" => self.usage(node, settings),
                "redis" => settings.redis = self.redis(node),
                "metrics" => {
                    for (_, node) in self.known(node, METRICS, "metrics.") {
                        settings.public_metrics = self.reader.truth(node) == Some(true);
                    }
                }
                _ => {
                    for (_, node) in self.known(node, CORS, "cors.") {
                        settings.cors = self.origins(node);
                    }
                }
            }
        }
    }

    fn texts(&mut self, node: &Node) -> Vec<String> {
        let items = self.reader.list(node).iter();
        items.filter_map(|item| self.reader.text(item).map(str::to_owned)).collect()
    }

    fn origins(&mut self, node: &Node) -> Origins {
        let items = self.reader.list(node);
        let mut these = Vec::new();
        for item in items {
            match self.reader.text(item) {
                Some("*") if items.len() == 1 => return Origins::Any,
                Some("*") => self.reader.wrong(item, "alone, as `*` lets pages of every origin call"),
                Some(text) => match origin(text) {
                    Some(origin) => these.push(origin),
                    None => self.reader.wrong(item, "an origin as browsers send it, such as `https://shop.example`"),
                },
                None => {}
            }
        }
        if these.is_empty() { Origins::None } else { Origins::These(these) }
    }

    fn model(&mut self, node: &Node) -> Option<Upstream> {
        let (mut url, mut name) = (None, None);
        for (key, node) in self.known(node, MODEL, "model.") {
            let text = self.reader.text(node).map(str::to_owned);
            match &*key.name {
                "url" => url = text,
                _ => name = text,
            }
        }
        if url.is_none() {
            self.reader.wrong(node, "a model with its `url`");
        }
        Some(Upstream { url: url?, name })
    }

    fn limits(&mut self, node: &Node, settings: &mut Settings) {
        let limits = &mut settings.limits;
        for (key, node) in self.known(node, LIMITS, "limits.") {
            let count = match &*key.name {
                "body_bytes" => Some((&mut limits.body_bytes, 1..=1 << 30)),
                // What hyper needs at least.
                "head_bytes" => Some((&mut limits.head_bytes, 8192..=1 << 20)),
                "connections" => Some((&mut limits.connections, 1..=1_000_000)),
                "subjects" => Some((&mut settings.rates.subjects, 1000..=10_000_000)),
                _ => None,
            };
            if let Some((count, range)) = count {
                *count = self.reader.count(node, range).unwrap_or(*count);
                continue;
            }
            let time = match &*key.name {
                "body_time" => &mut limits.body_time,
                "idle_time" => &mut limits.idle_time,
                "request_time" => &mut limits.request_time,
                "write_time" => &mut limits.write_time,
                _ => &mut limits.drain_time,
            };
            *time = self.reader.duration(node).unwrap_or(*time);
        }
    }

    fn conversations(&mut self, node: &Node, settings: &mut Settings) {
        let kept = &mut settings.conversations;
        for (key, node) in self.known(node, CONVERSATIONS, "conversations.") {
            match &*key.name {
                "store" => {
                    let stores = [("memory", Keeping::Memory), ("redis", Keeping::Redis)];
                    kept.store = self.reader.choice(node, &stores).unwrap_or(kept.store);
                }
                "idle_time" => kept.idle_time = self.reader.duration(node).unwrap_or(kept.idle_time),
                "bytes" => {
                    let bytes = self.reader.count(node, 1 << 16..=1 << 40);
                    kept.bytes = bytes.map_or(kept.bytes, |bytes| bytes as u64);
                }
                "thread_bytes" => {
                    kept.thread_bytes = self.reader.count(node, 1 << 10..=1 << 30).unwrap_or(kept.thread_bytes);
                }
                "remembered_bytes" => {
                    let bytes = self.reader.count(node, 0..=1 << 40);
                    kept.remembered_bytes = bytes.map_or(kept.remembered_bytes, |bytes| bytes as u64);
                }
                _ => kept.waiting = self.reader.count(node, 0..=10_000).unwrap_or(kept.waiting),
            }
        }
    }

    fn log(&mut self, node: &Node, settings: &mut Settings) {
        const FORMATS: &[(&str, LogFormat)] =
            &[("auto", LogFormat::Fitting), ("json", LogFormat::Json), ("text", LogFormat::Text)];
        const LEVELS: &[(&str, Level)] =
            &[("error", Level::ERROR), ("warn", Level::WARN), ("info", Level::INFO), ("debug", Level::DEBUG)];
        let log = &mut settings.log;
        for (key, node) in self.known(node, LOG, "log.") {
            match &*key.name {
                "format" => log.format = self.reader.choice(node, FORMATS).unwrap_or(log.format),
                "level" => log.level = self.reader.choice(node, LEVELS).unwrap_or(log.level),
                _ => log.texts = self.reader.truth(node) == Some(true),
            }
        }
    }

    fn tls(&mut self, node: &Node) -> Option<Tls> {
        let (mut certificate, mut key_file) = (None, None);
        for (key, node) in self.known(node, TLS, "tls.") {
            let path = self.reader.text(node).map(|path| self.folder.join(path));
            match &*key.name {
                "certificate" => certificate = path,
                _ => key_file = path,
            }
        }
        let both: Option<(PathBuf, PathBuf)> = certificate.zip(key_file);
        if both.is_none() {
            self.reader.wrong(node, "a `certificate` and its `key`, both files");
        }
        both.map(|(certificate, key)| Tls { certificate, key })
    }
}

/// What browsers send for it: a scheme, a host in lower case and perhaps a port, and no path.
fn origin(text: &str) -> Option<HeaderValue> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?.as_str());
    let is_whole = text == format!("{scheme}://{authority}") && text == text.to_lowercase();
    HeaderValue::from_str(text).ok().filter(|_| is_whole && !authority.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_tells_of_every_key() {
        let page = include_str!("../../../docs/server.md");
        let (_, page) = page.split_once("## Settings").unwrap();
        let settings = page.split("\n## ").next().unwrap();
        let tables = [TOP, callers::CALLER, MODEL, LIMITS, CONVERSATIONS, TLS, LOG, METRICS, CORS];
        for key in tables.into_iter().flatten() {
            assert!(settings.contains(key), "`{key}`");
        }
    }
}
