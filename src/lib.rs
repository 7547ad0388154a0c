//! Guardrails for LLM applications.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod classify;
pub mod diagnostic;
pub mod expression;
pub mod program;
pub mod source;
pub mod syntax;
