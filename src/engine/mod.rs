//! What happens at run time: one turn after the other, each by the flows, on a budget, with a record.

mod action;
mod budget;
mod builder;
mod conversation;
mod coverage;
mod embedder;
mod error;
mod explain;
mod guard;
mod history;
mod input;
mod judged;
mod load;
mod loaded;
mod machine;
mod models;
mod pipeline;
mod prompt;
mod rails;
mod reason;
#[cfg(feature = "http")]
mod remote;
mod reply;
mod seen;
mod session;
mod starts;
mod state;
mod store;
mod stream;
mod trace;
mod verdict;

pub use crate::library::{Evidence, TextSpan};
pub use action::{ActionError, Args};
pub use builder::RailsBuilder;
pub(crate) use coverage::Coverage;
pub use error::{GenerateError, LoadError};
pub use explain::explain;
pub use input::Input;
pub(crate) use load::inspect_read;
pub use load::{Inspection, Report, inspect, inspect_source};
#[cfg(feature = "serve")]
pub(crate) use pipeline::STEERING;
pub use rails::Rails;
pub use reason::Reason;
pub use reply::{Exception, Reply, TurnFailure};
pub use session::Session;
pub use state::{ResumeError, STATE_VERSION, SessionState};
pub use stream::ReplyStream;
pub use trace::{Considered, TRACE_VERSION, Trace, TraceEvent, What};
pub use verdict::{RailVerdict, Status, Verdict};
