//! Determinism: the same plan and seed give the same record, to the nanosecond.

use crate::trial::{Plan, Record, live};

/// Lives through the trial once more, and compares.
///
/// # Errors
/// When the second life differs.
pub fn determinism(plan: &Plan, seed: u64, record: &Record) -> Result<(), String> {
    let again = live(plan, seed);
    if again == *record {
        return Ok(());
    }
    let differs = record.calls.iter().zip(&again.calls).position(|(one, other)| one != other);
    Err(format!("two lives of one seed differ; the first call that does: {differs:?}"))
}
