//! What OpenRouter counts: requests. It has no limit on tokens; they are told for limits that a caller sets.

use tidegate_core::{Class, Cost};

use crate::{Endpoint, Spent, charging};

/// The usage as it is told.
pub(crate) fn answered(endpoint: Endpoint, spent: &Spent) -> Cost {
    charging::sum_of_tokens(endpoint, spent)
}

/// Failed attempts count (documentation, 2026-08).
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    charging::a_request_each(estimate, class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_attempts_count_as_requests() {
        assert_eq!(refused(&Cost::requests(1).input_tokens(9), Class::Throttled), Cost::requests(1));
    }
}
