//! Cerebras: how it differs from other compatible hosts.
//!
//! Documentation, 2026-08 (<https://inference-docs.cerebras.ai/support/rate-limits>): buckets of a minute, an hour and a
//! day, told by the names. A call needs room for its prompt and `max_completion_tokens` when it arrives; what it does not
//! use of that is given back. Resets are seconds with a fraction. What is read from a cache counts for one of two token
//! limits and not for the other; no header says which is told, so all of it counts.

use tidegate_core::{Charging, Dimension, Enforcement, Observation};

use super::Host;
use crate::Dialect;

pub(super) static HOST: Host =
    Host::of(Dialect::Cerebras).hint(hint).charging(charging).reserved_output(RESERVED_OUTPUT);

/// The room for output that a call takes at most, and that one without `max_completion_tokens` takes (documentation,
/// 2026-08; a report of 2026-09 says the same: <https://github.com/dcdpr/jp/pull/1085>). The documentation of 2025 spoke of
/// all that is left of the context, the one of 2026-09 speaks of an estimate of its own: where that is less, what remains
/// falls by less, and the engine follows.
const RESERVED_OUTPUT: u64 = 16_384;

/// Adds what is known to what a header stated.
fn hint(mut observation: Observation) -> Observation {
    observation.enforcement = Enforcement::Bucket;
    observation
}

fn charging(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::TotalTokens | Dimension::OutputTokens => Charging::MaximumReturned,
        _ => Charging::Admission,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Endpoint, EndpointKind, adapter};

    fn reserved(kind: EndpointKind, body: &str) -> Option<u64> {
        adapter(Dialect::Cerebras).estimate(Endpoint::of(kind), body.as_bytes()).max_output
    }

    #[test]
    fn a_call_keeps_room_for_its_maximum_up_to_a_bound_and_for_the_bound_where_it_states_none() {
        let chat = |fields: &str| reserved(EndpointKind::Chat, &format!(r#"{{"model":"m"{fields}}}"#));
        assert_eq!(chat(r#","max_completion_tokens":200"#), Some(200));
        assert_eq!(chat(r#","max_completion_tokens":64000"#), Some(RESERVED_OUTPUT));
        for none in ["", r#","max_completion_tokens":null"#, r#","max_completion_tokens":-1"#] {
            assert_eq!(chat(none), Some(RESERVED_OUTPUT), "{none}");
        }
        assert_eq!(reserved(EndpointKind::Chat, "{ no json"), Some(RESERVED_OUTPUT));
        assert_eq!(reserved(EndpointKind::Embeddings, r#"{"model":"m","input":"a"}"#), None);
    }

    #[test]
    fn no_other_host_is_known_to_keep_room_for_a_maximum_that_is_not_stated() {
        for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Cerebras) {
            let estimate = adapter(dialect).estimate(Endpoint::of(EndpointKind::Chat), br#"{"model":"m"}"#);
            assert_eq!(estimate.max_output, None, "{dialect}");
        }
    }
}
