//! `Meters`: an account's counters, gauges and histograms, handed to whatever recorder the program has installed.
//!
//! Behind the feature `metrics`, and for limiters that ask for it with [`Builder::metrics`](crate::Builder::metrics).
//! The names and labels are those of the gateway's page. Labels never hold ids, keys or what people wrote, except for
//! names of models and scopes, of which at most 256 are told apart; further ones are called `other`.
//!
//! A recorder is foreign code, so it is called outside of the account's lock.

#[cfg(feature = "metrics")]
mod labels;
#[cfg(feature = "metrics")]
mod recording;

#[cfg(feature = "metrics")]
pub(crate) use recording::Meters;

use tidegate_core::{Band, LimitStatus};

use crate::events::Event;

/// What is to be recorded of one act on an account.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    pub(crate) events: Vec<Event>,
    /// Calls that wait, by band, and calls under way.
    pub(crate) levels: Option<([usize; Band::ALL.len()], usize)>,
    pub(crate) limits: Vec<LimitStatus>,
}

/// Nobody records without the feature, so there are none.
#[cfg(not(feature = "metrics"))]
#[derive(Debug)]
pub(crate) enum Meters {}

#[cfg(not(feature = "metrics"))]
impl Meters {
    pub(crate) fn record(&self, _readings: &Readings) {
        match *self {}
    }
}
