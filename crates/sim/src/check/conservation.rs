//! Conservation: every reservation ends exactly once, and every call has a fate.

use crate::trial::{Fate, Plan, Record};

pub(super) fn conservation(_plan: &Plan, record: &Record) -> Result<(), String> {
    for (place, node) in record.nodes.iter().enumerate() {
        let tally = node.tally;
        let ended = tally.settled + tally.refunded + tally.expired;
        if tally.granted != ended + node.in_flight as u64 {
            return Err(format!(
                "instance {place} granted {} calls, but {ended} ended: {node:?}",
                tally.granted
            ));
        }
    }
    let granted: u64 = record.nodes.iter().map(|node| node.tally.granted).sum();
    let attempts: u64 = record.calls.iter().map(|call| u64::from(call.attempts)).sum();
    if granted != attempts {
        return Err(format!("{granted} grants for {attempts} attempts"));
    }
    match record.calls.iter().find(|call| call.fate == Fate::Answered && call.granted.is_none()) {
        Some(call) => Err(format!("a call was answered without a grant: {call:?}")),
        None => Ok(()),
    }
}
