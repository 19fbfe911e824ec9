//! `Circuit`: one circuit as people see it: where it applies, why it opened, when it is tried again.

use std::fmt;

use tidegate_core::{Class, Timestamp};

/// Which calls a circuit stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CircuitScope {
    /// Every call of the account.
    Account,
    /// The calls of one lane, in practice a model.
    Lane(String),
    /// The calls to one endpoint.
    Endpoint(String),
}

impl fmt::Display for CircuitScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("the account"),
            Self::Lane(lane) if lane.is_empty() => f.write_str("calls that name no model"),
            Self::Lane(lane) => write!(f, "model {lane}"),
            Self::Endpoint(endpoint) => write!(f, "endpoint {endpoint}"),
        }
    }
}

/// Why a circuit opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trip {
    /// One failure was enough, because no retry can fix it.
    Permanent(Class),
    /// Too many of the recent calls failed.
    Failing {
        /// How the last of them ended.
        class: Class,
        /// How many failed.
        failed: u32,
        /// How many there were.
        calls: u32,
    },
}

impl Trip {
    /// How the call ended that opened the circuit.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::Permanent(class) | Self::Failing { class, .. } => class,
        }
    }
}

impl fmt::Display for Trip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent(class) => write!(f, "{class}"),
            Self::Failing { class, failed, calls } => write!(f, "{failed} of {calls} calls failed, {class}"),
        }
    }
}

/// A circuit that is open: its calls are stopped before they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// Which calls it stops.
    pub scope: CircuitScope,
    /// Why it opened.
    pub why: Trip,
    /// The instant at which one call may try again; `None` while that call is under way.
    pub probe_at: Option<Timestamp>,
}

/// A circuit that has just opened or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CircuitChange {
    /// It opened, or stays open because its probe failed.
    Opened(Circuit),
    /// Its probe succeeded.
    Closed(CircuitScope),
}
