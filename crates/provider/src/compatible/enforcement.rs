//! How a host that is not known counts: nothing is known, everything is inferred from its answers.

use tidegate_core::Observation;

/// Adds nothing: enforcement and charge stay unknown.
pub(crate) fn hint(observation: Observation) -> Observation {
    observation
}
