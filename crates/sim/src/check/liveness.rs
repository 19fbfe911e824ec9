//! Liveness: every call ends, nobody waits at the end, and no engine asks to be woken without reason.

use std::time::Duration;

use tidegate_core::Timestamp;

use crate::trial::{Fate, Plan, Record};

pub(super) fn liveness(plan: &Plan, record: &Record) -> Result<(), String> {
    if let Some(call) = record.calls.iter().find(|call| call.fate == Fate::Open) {
        return Err(format!("at {} a call still waits: {call:?}", record.ended));
    }
    for (place, node) in record.nodes.iter().enumerate() {
        if node.waiting > 0 || node.in_flight > 0 {
            return Err(format!("instance {place} has calls that nobody knows of: {node:?}"));
        }
        // Each call needs a few wake-ups; leases and heartbeats some more. A busy loop needs millions.
        let seconds = record.ended.as_nanos() / 1_000_000_000 + 1;
        let enough = 20 * record.calls.len() as u64 + 200 * seconds;
        if node.wakes > enough {
            return Err(format!(
                "instance {place} was woken {} times for {} calls",
                node.wakes,
                record.calls.len()
            ));
        }
    }
    let last = Timestamp::ZERO.after(Duration::from_secs(plan.minutes * 60 + 3_600));
    if record.ended >= last { Err(format!("the trial did not end by {last}")) } else { Ok(()) }
}
