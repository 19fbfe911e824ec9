//! The matrix: every way of counting, each with several jitters, with and without others on the same key, for calls of one
//! size and for calls that weigh by their tokens; under endless load, of which nothing is known at the beginning.
//!
//! [`Cell::measure`] tells what the engine admits after three windows beside the *429-free ceiling*: the best constant
//! pace that is refused at most once in ten thousand in that very cell. The pacer knows how the provider counts and where
//! its windows lie in nothing but its pace, so an engine that knows edges may be above it; and others on the same key
//! who are refused do not come back, so whoever takes what is left first is above it too. That is told as it is, and
//! excuses no refusal.
//!
//! Where others use a limit that holds a second's worth or less, what counts is how often the best constant pace is
//! refused that admits as much: there it is only by the regularity of the emulated others that a pace is ever free of
//! refusals. Where no pace admits as much as the engine, the fastest one stands in, which admits less.
//!
//! A cell is measured with several seeds, since at a bar of one refusal chance decides between one and two, and held or
//! missed by their [`Mean`].

mod cell;
mod mean;
mod measure;
mod pacer;
mod table;

pub use cell::{Cell, SEED, Weigh, cells};
pub use mean::Mean;
pub use measure::Figures;
pub use table::compare;
