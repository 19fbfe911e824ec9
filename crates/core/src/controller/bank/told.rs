//! `Told`: what an answer tells of a limit, and what that did to a level.

use core::time::Duration;

use super::Lefts;
use crate::Timestamp;

/// What one answer says of one limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) remaining: Option<u64>,
    pub(crate) reset: Option<Duration>,
    /// The granularity of `remaining`.
    pub(crate) rounding: u64,
}

/// The call whose answer tells.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    /// Every candidate's level right after the call was charged.
    pub(crate) lefts: Option<Lefts>,
    /// When it left: an answer to an earlier call than the one that last moved the level is old news.
    pub(crate) left: Timestamp,
    /// What the call itself will be charged at its end, and others whose answers are on their way.
    pub(crate) ending: u64,
    /// What the calls cost that the provider may not have counted yet.
    pub(crate) uncounted: u64,
    /// What the calls cost that are under way or left lately: as far as that, a header may have been written before
    /// calls arrived that had left earlier.
    pub(crate) unsettled: u64,
    /// Whether no other call is under way: there will be no further answer to wait for.
    pub(crate) last: bool,
    /// How badly a bucket did so far that explains the answer's reset; the bank fills it in.
    pub(crate) explained: Option<u32>,
}

/// What an answer did to a level.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    /// By how much it moved.
    pub(super) by: i128,
    /// How much less may be left still: the answer may have counted calls that left after its own, or not.
    pub(super) doubt: i128,
}
