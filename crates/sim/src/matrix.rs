//! The matrix: every way of counting, each with several jitters, with and without others on the same key, for calls of one
//! size and for calls that weigh by their tokens; under endless load, of which nothing is known at the beginning.
//!
//! [`Cell::measure`] tells what the engine admits after three windows beside the *429-free ceiling*: the best constant
//! pace that is refused at most once in ten thousand in that very cell. Where no pace is, what counts is how often the
//! best constant pace is refused that admits as much.

mod cell;
mod measure;
mod pacer;
mod table;

pub use cell::{Cell, Weigh, cells};
pub use measure::Figures;
pub use table::{Row, compare, row};
