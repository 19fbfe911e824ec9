//! Cohere: how it differs from other compatible hosts.
//!
//! Recorded to 2026-08: trial keys are told their calls a month and those of the endpoint; nothing of what is left.
//! Documentation, 2026-08: the trial limit of an endpoint is by the minute; calls are counted, and inputs of embeddings,
//! but no tokens.

use tidegate_core::{Class, Dimension};

use super::Host;
use crate::Dialect;
use crate::compatible::rule as usual;
use crate::fault::{Case, Ruling};
use crate::limits::{MONTH, Part, Place, Row};

pub(super) static HOST: Host = Host::of(Dialect::Cohere).place(place).rule(rule);

/// A trial key that has made its calls of the month waits for no minute; 498 is a blocked text, not a lack of capacity
/// (documentation, 2026-08).
fn rule(case: &Case<'_>) -> Option<Ruling> {
    match case.status {
        429 if case.fault.says("trial key") && case.fault.says("calls / month") => {
            Some(Ruling::account(Class::QuotaExhausted))
        }
        498 => Some(Ruling::lane(Class::Invalid)),
        _ => usual(case),
    }
}

fn place(name: &str) -> Place<'_> {
    let row = |window| Row { dimension: Dimension::Requests, window, stem: "calls" };
    match name {
        "x-endpoint-monthly-call-limit" => Place::At(row(Some(MONTH)), Part::Limit),
        "x-trial-endpoint-call-limit" => Place::At(row(None), Part::Limit),
        _ => Place::Unlisted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    fn class(status: u16, message: &str) -> Option<Class> {
        let fault = Fault { message: Some(message.to_owned()), ..Fault::default() };
        rule(&Case { status, fault: &fault, head: None }).map(|ruling| ruling.class)
    }

    #[test]
    fn the_calls_of_a_month_are_no_calls_of_a_minute() {
        let trial = |limit: &str| format!("You are using a Trial key, which is limited to {limit}.");
        assert_eq!(class(429, &trial("1000 API calls / month")), Some(Class::QuotaExhausted));
        assert_eq!(class(429, &trial("40 API calls / minute")), None);
        assert_eq!(class(498, "blocked output"), Some(Class::Invalid));
    }
}
