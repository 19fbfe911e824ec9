//! What OpenAI counts.

use tidegate_core::{Class, Cost};

use crate::{Endpoint, Spent, charging};

/// Input and output for what produces tokens. The documentation counts the larger of `max_tokens` and the
/// estimated input at admission; measurements since 2025-04 show the input only. Where the rule is not certain the
/// sum is the safe side, and `remaining` corrects it.
pub(crate) fn answered(endpoint: Endpoint, spent: &Spent) -> Cost {
    charging::sum_of_tokens(endpoint, spent)
}

/// Unsuccessful requests count as requests (documentation, 2026-08). One that broke off after its admission keeps
/// the tokens that were counted then.
pub(crate) fn refused(estimate: &Cost, class: Class) -> Cost {
    charging::a_request_each(estimate, class)
}

#[cfg(test)]
mod tests {
    use tidegate_core::Usage;

    use super::*;
    use crate::EndpointKind;

    #[test]
    fn a_refused_request_counts_as_a_request_and_an_interrupted_one_as_estimated() {
        let estimate = Cost::requests(1).input_tokens(100);
        assert_eq!(refused(&estimate, Class::Throttled), Cost::requests(1));
        assert_eq!(refused(&estimate, Class::Timeout), estimate);
    }

    #[test]
    fn embeddings_count_their_input_and_moderation_a_request() {
        let usage = Usage::new(8, 0);
        let charge = |kind| answered(Endpoint::of(kind), &usage.into());
        assert_eq!(charge(EndpointKind::Embeddings), Cost::requests(1).input_tokens(8));
        assert_eq!(charge(EndpointKind::Moderation), Cost::requests(1));
        assert_eq!(charge(EndpointKind::Unmetered), Cost::ZERO);
    }
}
