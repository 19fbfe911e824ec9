//! Together: how it differs from other compatible hosts.
//!
//! Recorded 2024: plain `x-ratelimit-{limit,remaining,reset}` with whole seconds, more left than the limit, and a
//! `retry-after` on successes. Documentation, 2026-08 (<https://docs.together.ai/docs/serverless/rate-limits>): limits
//! follow past traffic; successes carry no headers. What counts of a call is not said.

use tidegate_core::Class;

use super::Host;
use crate::compatible::{RULES, rule as usual};
use crate::fault::{Case, Ruling, Wait};
use crate::value::until_by_shape;
use crate::{Dialect, WaitSource};

pub(super) static HOST: Host = Host::of(Dialect::Together).rule(rule).wait(wait);

/// Refusals of 2026 state when to come back in a header that nothing else stands beside (documentation, 2026-08).
fn wait(case: &Case<'_>) -> Option<Wait> {
    let head = case.head.filter(|head| head.status == 429)?;
    let reset = until_by_shape(head.text("x-ratelimit-reset")?, || head.date()).ok();
    Wait::longer(Wait::from(reset, WaitSource::Reset), (RULES.wait)(case))
}

/// A context that is too long is answered 403 (documentation, 2026-08); the key is in order.
fn rule(case: &Case<'_>) -> Option<Ruling> {
    let too_long = ["tokens + ", "context length", "too long", "maximum"];
    if case.status == 403 && too_long.iter().any(|phrase| case.fault.says(phrase)) {
        return Some(Ruling::lane(Class::Invalid));
    }
    usual(case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    fn class(message: &str) -> Option<Class> {
        let body = serde_json::json!({"error": {"message": message}}).to_string();
        let fault = Fault::of_body(body.as_bytes());
        rule(&Case { status: 403, fault: &fault, head: None }).map(|ruling| ruling.class)
    }

    #[test]
    fn a_context_that_is_too_long_is_not_the_keys_fault() {
        assert_eq!(class("Input validation error: maximum context length is 4097"), Some(Class::Invalid));
        assert_eq!(class("You have no access to this model."), None);
    }
}
