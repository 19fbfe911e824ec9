//! Fairness: inside a flow nobody passes anybody. Calls that came back after a refusal are left out: they keep their
//! place, but not the instant at which they were ready.

use std::collections::BTreeMap;

use crate::trial::{Plan, Record};

pub(super) fn fairness(_plan: &Plan, record: &Record) -> Result<(), String> {
    let mut last = BTreeMap::new();
    let first_attempts = record.calls.iter().filter(|call| call.attempts == 1);
    for call in first_attempts.filter(|call| call.granted.is_some()) {
        let flow = (call.node, call.model, call.tenant, call.band);
        if let Some(before) = last.insert(flow, *call)
            && before.turn > call.turn
        {
            return Err(format!("a call passed an earlier one of its flow: {call:?} passed {before:?}"));
        }
    }
    Ok(())
}
