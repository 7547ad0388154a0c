//! The server: rails in front of models, behind the interfaces that clients and gateways speak.
//!
//! Nothing here prints or knows the command line: [`Server::bind`] takes [`Settings`], and [`Server::run`] answers until it is told to stop.

mod apis;
mod app;
mod asked;
mod callers;
mod configs;
mod conversations;
mod error;
mod limits;
mod listen;
mod log;
mod metrics;
mod page;
mod prices;
mod redis;
mod request_id;
mod settings;
mod tls;
mod usage;

pub use callers::new_key;
pub use configs::check;
pub use error::ServeError;
pub use listen::{Reload, Server};
pub use log::start_log;
pub use settings::{ConversationLimits, Keeping, Limits, LogFormat, LogSettings, Settings, Tls, Upstream};
