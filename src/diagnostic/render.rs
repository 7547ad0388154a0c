//! human, short and json output.
