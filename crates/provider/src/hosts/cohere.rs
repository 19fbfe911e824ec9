//! Cohere: how it differs from other compatible hosts.
//!
//! Recorded to 2026-08: trial keys are told their calls a month and those of the endpoint; nothing of what is left.
//! Documentation, 2026-08: the trial limit of an endpoint is by the minute.

use tidegate_core::Dimension;

use super::Host;
use crate::Dialect;
use crate::limits::{MONTH, Part, Place, Row};

pub(super) static HOST: Host = Host::of(Dialect::Cohere).place(place);

fn place(name: &str) -> Place<'_> {
    let row = |window| Row { dimension: Dimension::Requests, window, stem: "calls" };
    match name {
        "x-endpoint-monthly-call-limit" => Place::At(row(Some(MONTH)), Part::Limit),
        "x-trial-endpoint-call-limit" => Place::At(row(None), Part::Limit),
        _ => Place::Unlisted,
    }
}
