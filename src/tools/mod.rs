//! What commands do, apart from how they are called.

mod fix;

pub use fix::{Fixed, fix};
