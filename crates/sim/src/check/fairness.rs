//! Fairness: inside a flow nobody passes anybody. Calls that came back after a refusal are left out: they keep their
//! place, but not the instant at which they were ready.

use tidegate_core::Band;

use crate::trial::{CallRecord, Plan, Record};

pub(super) fn fairness(plan: &Plan, record: &Record) -> Result<(), String> {
    let (models, tenants) = (plan.workload.models, plan.workload.tenants);
    let flow = |call: &CallRecord| {
        let lane = (call.node as u64 * models + call.model) * tenants + call.tenant;
        usize::try_from(lane).unwrap_or(0) * Band::COUNT + call.band as usize
    };
    let mut last: Vec<Option<&CallRecord>> = Vec::new();
    let first_attempts = record.calls.iter().filter(|call| call.attempts == 1);
    for call in first_attempts.filter(|call| call.granted.is_some()) {
        let place = flow(call);
        if place >= last.len() {
            last.resize(place + 1, None);
        }
        if let Some(before) = last[place].replace(call)
            && before.turn > call.turn
        {
            return Err(format!("a call passed an earlier one of its flow: {call:?} passed {before:?}"));
        }
    }
    Ok(())
}
