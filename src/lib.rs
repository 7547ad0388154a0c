#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod classify;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod diagnostic;
mod engine;
pub mod expression;
pub mod model;
pub mod program;
pub mod source;
pub mod syntax;
pub mod tools;

pub use engine::{
    ActionError, Args, Exception, GenerateError, Input, LoadError, Message, Rails, RailsBuilder, Reply, Report, Role,
    Session, TRACE_VERSION, Trace, TraceEvent, Verdict, What, check, check_source,
};
