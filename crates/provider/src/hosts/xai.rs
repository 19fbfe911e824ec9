//! xAI: how it differs from other compatible hosts.
//!
//! Recorded to 2026-08: limit and remaining without a reset; the remaining requests mostly equal the limit.
//! Documentation, 2026-09 (<https://docs.x.ai/developers/rate-limits>): all tokens count, cached and reasoning ones too;
//! requests are judged by the second, a sixtieth of the minute's budget each; of tokens a minute nothing more is said.

use std::time::Duration;

use tidegate_core::Class;

use super::{Host, input_then_output};
use crate::Dialect;
use crate::compatible::rule as usual;
use crate::fault::{Case, Ruling};

pub(super) static HOST: Host =
    Host::of(Dialect::Xai).request_grain(Duration::from_secs(1)).charging(input_then_output).rule(rule);

/// A wrong key is answered 400, not 401 (recorded 2026).
fn rule(case: &Case<'_>) -> Option<Ruling> {
    if case.status == 400 && case.fault.says("incorrect api key") {
        return Some(Ruling::account(Class::Auth));
    }
    usual(case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn a_wrong_key_is_told_by_its_words() {
        let fault =
            Fault::of_body(br#"{"code":"invalid-argument","error":"Incorrect API key provided: ab***yz."}"#);
        let ruling = rule(&Case { status: 400, fault: &fault, head: None });
        assert_eq!(ruling, Some(Ruling::account(Class::Auth)));
    }
}
