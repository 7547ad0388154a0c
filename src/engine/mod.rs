//! What happens at run time: one turn after the other, each by the flows, on a budget, with a record.

mod action;
mod budget;
mod check_source;
mod conversation;
mod error;
mod load;
mod machine;
mod message;
mod pipeline;
mod rail;
mod rails;
mod reply;
mod session;
mod starts;
mod store;
mod trace;

pub use action::{ActionError, Args};
pub use check_source::check_source;
pub use error::{GenerateError, LoadError};
pub use load::{Report, check};
pub use message::{Input, Message, Role};
pub use rail::Verdict;
pub use rails::{Rails, RailsBuilder};
pub use reply::{Exception, Reply};
pub use session::Session;
pub use trace::{TRACE_VERSION, Trace, TraceEvent, What};
