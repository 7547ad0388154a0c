//! What commands do, apart from how they are called.

mod check;
pub mod fit;
mod fix;
pub mod graph;
pub mod migrate;
mod near;
pub mod test;

pub use check::{Depth, check, check_source, check_to};
pub use fix::{Fixed, fix};
pub use near::MOST_COMPARED;
