//! What the server is told: by `serve.yml`, and by what the command line and the environment lay over it.

mod read;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};

use super::callers::KeyHash;
use super::error::ServeError;
use super::limits::{Network, Rate};
use super::prices::Price;
use super::usage::Budget;

/// What the server is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// One configuration, or a folder of folders with one in each.
    pub path: PathBuf,
    /// Where to listen.
    pub host: IpAddr,
    /// Where to listen; 0 for any port that is free.
    pub port: u16,
    /// Whether anyone may call who reaches the server; on loopback only.
    pub no_auth: bool,
    /// Who may call.
    pub(super) callers: Vec<CallerSpec>,
    /// The configuration of requests that name none.
    pub(super) default: Option<String>,
    /// Configurations whose rails are watched and not obeyed.
    pub(super) shadow: Vec<String>,
    /// The model that is asked in place of each configuration's main one.
    pub upstream: Option<Upstream>,
    /// What a request and a connection may cost.
    pub limits: Limits,
    /// What is kept of conversations.
    pub conversations: ConversationLimits,
    /// The certificate, if the server speaks TLS.
    pub tls: Option<Tls>,
    /// Whose pages may call.
    pub(super) cors: Origins,
    /// What is logged, and how.
    pub log: LogSettings,
    /// Whether `/metrics` is for anyone.
    pub(super) public_metrics: bool,
    /// How much somebody may ask.
    pub(super) rates: RateSettings,
    /// What models cost, and who may spend how much.
    pub(super) usage: UsageSettings,
    /// Where several servers share what they count.
    pub(super) redis: Option<RedisSettings>,
}

/// The origins whose pages may call.
#[derive(Debug, Clone, Default)]
pub(super) enum Origins {
    #[default]
    None,
    Any,
    These(Vec<HeaderValue>),
}

/// How much somebody may ask.
#[derive(Debug, Clone)]
pub(super) struct RateSettings {
    pub rates: Vec<Rate>,
    pub user: UserSource,
    /// Whom to believe where a request came from.
    pub proxies: Vec<Network>,
    /// How many keys, users and addresses are counted each by itself.
    pub subjects: usize,
}

impl Default for RateSettings {
    fn default() -> Self {
        Self { rates: Vec::new(), user: UserSource::default(), proxies: Vec::new(), subjects: 50_000 }
    }
}

/// What models cost, and who may spend how much.
#[derive(Debug, Clone, Default)]
pub(super) struct UsageSettings {
    /// Where what was used is kept; `None` for in memory.
    pub path: Option<PathBuf>,
    pub budgets: Vec<Budget>,
    /// By the names of models, before the table that comes along.
    pub prices: HashMap<String, Price>,
}

/// Where several servers share what they count.
#[derive(Debug, Clone)]
pub(super) struct RedisSettings {
    pub url: String,
    /// Who vouches for it, as PEM; `None` for those that the system trusts.
    pub ca: Option<PathBuf>,
    /// What the server shows it, where it asks for that.
    pub identity: Option<Tls>,
    /// What an answer may take.
    pub timeout: Duration,
    pub when_gone: WhenGone,
}

/// What becomes of requests while nothing can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WhenGone {
    pub rates: Policy,
    pub budgets: Policy,
}

/// Whether requests pass, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    Open,
    Closed,
}

/// Who a request is from, of those that share a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum UserSource {
    /// Whoever has the key is one user.
    #[default]
    Key,
    /// The field `user` of the body.
    Field,
    /// A header.
    Header(HeaderName),
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// How.
    pub format: LogFormat,
    /// From which level on.
    pub level: tracing::Level,
    /// Whether texts of users and replies are logged.
    pub texts: bool,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people in a terminal, else for machines.
    Fitting,
    /// One object a line.
    Json,
    /// For people.
    Text,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Fitting, level: tracing::Level::INFO, texts: false }
    }
}

/// A caller, as `serve.yml` names it.
#[derive(Debug, Clone)]
pub(super) struct CallerSpec {
    pub name: String,
    pub key: KeyHash,
    /// What it may use; `None` for all.
    pub configs: Option<Vec<String>>,
    /// Whether it may see what others have used.
    pub is_admin: bool,
    /// Whether it may ask how replies came about.
    pub sees_logs: bool,
    /// What goes for it and its users in place of the limits that go for all, but for those of addresses.
    pub rates: Option<Vec<Rate>>,
    /// What goes for it and its users in place of the budgets that go for all.
    pub budgets: Option<Vec<Budget>>,
}

/// A model behind an interface like OpenAI's.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Where it is.
    pub url: String,
    /// What it is called; `None` for the first that its server has.
    pub name: Option<String>,
}

/// What a request and a connection may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// What the whole body may take to come.
    pub body_time: Duration,
    /// Bytes of the head of a request.
    pub head_bytes: usize,
    /// What a connection may take until the head of its next request has come.
    pub idle_time: Duration,
    /// What an answer may take.
    pub request_time: Duration,
    /// What a client may take to accept more of an answer.
    pub write_time: Duration,
    /// Connections at a time.
    pub connections: usize,
    /// What open requests get to end when the server stops.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 << 20,
            body_time: Duration::from_secs(30),
            head_bytes: 64 << 10,
            // Longer than load balancers keep a connection, so that none sends into one that closes.
            idle_time: Duration::from_secs(75),
            request_time: Duration::from_secs(300),
            write_time: Duration::from_secs(30),
            connections: 20_000,
            drain_time: Duration::from_secs(30),
        }
    }
}

/// What is kept of conversations.
#[derive(Debug, Clone)]
pub struct ConversationLimits {
    /// Where they are kept.
    pub store: Keeping,
    /// How long one is kept that nobody goes on with.
    pub idle_time: Duration,
    /// Bytes of all of them in memory; those nobody goes on with go first.
    pub bytes: u64,
    /// Requests that may wait for their turn in one.
    pub waiting: usize,
    /// Bytes of one that may go on.
    pub thread_bytes: usize,
    /// Bytes that all configurations together may remember of conversations that clients send as a whole.
    pub remembered_bytes: u64,
}

impl Default for ConversationLimits {
    fn default() -> Self {
        Self {
            store: Keeping::Memory,
            idle_time: Duration::from_secs(1800),
            bytes: 256 << 20,
            thread_bytes: 1 << 20,
            waiting: 16,
            remembered_bytes: 64 << 20,
        }
    }
}

/// Where conversations are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// In the memory of this server, which has them for itself.
    Memory,
    /// In Redis, for all servers that name it.
    Redis,
}

/// A certificate and its key, in files.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The chain of certificates, as PEM.
    pub certificate: PathBuf,
    /// The private key, as PEM.
    pub key: PathBuf,
}

impl Settings {
    /// To serve what is at `path`, and all else as usual.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8080,
            no_auth: false,
            callers: Vec::new(),
            default: None,
            shadow: Vec::new(),
            upstream: None,
            limits: Limits::default(),
            conversations: ConversationLimits::default(),
            tls: None,
            cors: Origins::default(),
            log: LogSettings::default(),
            public_metrics: false,
            rates: RateSettings::default(),
            usage: UsageSettings::default(),
            redis: None,
        }
    }

    /// Lays what the file at `path` says over these; files that it names are beside it.
    ///
    /// # Errors
    /// When it can't be read, or says what is not known.
    pub fn read(&mut self, path: &Path) -> Result<(), ServeError> {
        Ok(read::read(path, self)?)
    }
}
