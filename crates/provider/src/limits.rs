//! Limits out of header sets: one pass over a head, names told apart by the dialect, values read by their shape.
//!
//! [`collect`] is the pass. A dialect brings [`Place`]s for names; what its table does not have is looked up among
//! the [names](names::place) that are common to many hosts, so that every dialect also reads what a proxy adds.
//! Nothing is guessed: what cannot be read is left out and noted.

mod collect;
mod ietf;
mod merge;
mod names;
mod slots;
mod window;

use std::time::Duration;

pub(crate) use collect::{Scheme, collect};
pub(crate) use merge::push;
pub(crate) use slots::{Part, Place, Row, part_first, part_last};
pub(crate) use window::{Resolution, deduce_window};

/// Ten seconds: a window of Mistral's in 2025.
pub(crate) const TEN_SECONDS: Duration = Duration::from_secs(10);
/// A minute, in the names and formulas of limits.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// An hour.
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
/// A day.
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// The longest month; a monthly counter is never longer.
pub(crate) const MONTH: Duration = Duration::from_secs(31 * 86_400);
