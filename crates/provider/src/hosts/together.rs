//! Together: how it differs from other compatible hosts.
//!
//! Recorded 2024: plain `x-ratelimit-{limit,remaining,reset}` with whole seconds, more left than the limit, and a
//! `retry-after` on successes. Documentation, 2026-08: limits follow past traffic; successes carry no headers.

use tidegate_core::Class;

use super::Host;
use crate::Dialect;
use crate::compatible::rule as usual;
use crate::fault::{Case, Ruling};

pub(super) static HOST: Host = Host::of(Dialect::Together).rule(rule);

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
