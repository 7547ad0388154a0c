#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod cache;
pub mod classify;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod diagnostic;
mod engine;
pub mod expression;
pub mod knowledge;
mod library;
pub mod model;
pub mod program;
#[cfg(feature = "serve")]
pub mod serve;
pub mod source;
pub mod syntax;
pub mod tools;

pub use engine::{
    ActionError, Args, Considered, Evidence, Exception, GenerateError, Input, LoadError, RailVerdict, Rails,
    RailsBuilder, Reason, Reply, ReplyStream, Report, ResumeError, STATE_VERSION, Session, SessionState, Status,
    TRACE_VERSION, TextSpan, Trace, TraceEvent, TurnFailure, Verdict, What, explain,
};
pub use model::{Message, Role, ToolCall};
pub use tools::{check, check_source};
