//! `Tally`: how each mutant ended, as cargo-mutants writes it down, and how many of each area were noticed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::part::Part;
use crate::failure::Failure;

/// How a mutant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A test failed.
    Caught,
    /// Nothing failed.
    Missed,
    /// The tests came to no end.
    TimedOut,
    /// It does not compile, and says nothing of tests.
    Unviable,
}

/// How each mutant ended, by its name.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<String, (&'static str, End)>);

impl Tally {
    /// Reads `outcomes.json` of cargo-mutants 27.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(Failure::at(path.display()))?;
        let value: Value = serde_json::from_str(&text).map_err(Failure::at(path.display()))?;
        Self::of(&value).ok_or_else(|| {
            let version = &value["cargo_mutants_version"];
            Failure::new(format!("{} of cargo-mutants {version} is not as expected", path.display()))
        })
    }

    fn of(value: &Value) -> Option<Self> {
        let mut tally = Self::default();
        for outcome in value["outcomes"].as_array()? {
            // The other scenario is the code as it is.
            let Some(mutant) = outcome["scenario"].get("Mutant") else { continue };
            let end = match outcome["summary"].as_str()? {
                "CaughtMutant" => End::Caught,
                "MissedMutant" => End::Missed,
                "Timeout" => End::TimedOut,
                "Unviable" => End::Unviable,
                _ => return None,
            };
            let area = Part::area_of(mutant["file"].as_str()?)?;
            tally.0.insert(mutant["name"].as_str()?.to_owned(), (area, end));
        }
        Some(tally)
    }

    /// Takes over how those ended that were missed before; whatever else was tried is known already or not asked for.
    pub(super) fn correct(&mut self, later: Self) {
        for (name, (_, end)) in &mut self.0 {
            if let (End::Missed, Some((_, now))) = (*end, later.0.get(name)) {
                *end = *now;
            }
        }
    }

    /// The names of those that nothing noticed.
    pub(super) fn survivors(&self) -> Vec<String> {
        let missed = self.0.iter().filter(|(_, (_, end))| *end == End::Missed);
        missed.map(|(name, _)| name.clone()).collect()
    }

    /// A line for each area, and one for all.
    pub(super) fn table(&self) -> Vec<String> {
        let mut areas: BTreeMap<&str, Vec<End>> = BTreeMap::new();
        for (area, end) in self.0.values() {
            areas.entry(area).or_default().push(*end);
        }
        let all: Vec<End> = self.0.values().map(|(_, end)| *end).collect();
        let mut lines = vec!["area    noticed  caught  timed out  missed  unviable".to_owned()];
        lines.extend(areas.iter().map(|(area, ends)| line(area, ends)));
        lines.push(line("all", &all));
        lines
    }
}

/// The share is of those that compile; what comes to no end is noticed as well.
fn line(area: &str, ends: &[End]) -> String {
    let count = |wanted: End| ends.iter().filter(|end| **end == wanted).count();
    let (caught, timed_out) = (count(End::Caught), count(End::TimedOut));
    let (missed, unviable) = (count(End::Missed), count(End::Unviable));
    let permille = (caught + timed_out) * 1_000 / (caught + timed_out + missed).max(1);
    let (whole, tenth) = (permille / 10, permille % 10);
    format!("{area:<7}{whole:>5}.{tenth} %{caught:>8}{timed_out:>11}{missed:>8}{unviable:>10}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcomes(ends: &[(&str, &str)]) -> Value {
        let told = |(name, summary): &(&str, &str)| {
            let file = name.split(':').next().unwrap();
            json!({"summary": summary, "scenario": {"Mutant": {"name": name, "file": file}}})
        };
        let mut all = vec![json!({"summary": "Success", "scenario": "Baseline"})];
        all.extend(ends.iter().map(told));
        json!({"outcomes": all, "cargo_mutants_version": "27.1.0"})
    }

    const QUEUE: &str = "crates/core/src/queue.rs:1:1: replace + with -";
    const ROW: &str = "crates/core/src/queue/row.rs:2:1: replace + with -";
    const FIELD: &str = "crates/core/src/queue/row.rs:4:1: delete field x from struct Row";
    const POOL: &str = "crates/core/src/lease/pool.rs:3:1: replace + with -";

    #[test]
    fn later_tests_correct_what_earlier_ones_missed() {
        let mut tally =
            Tally::of(&outcomes(&[(QUEUE, "MissedMutant"), (ROW, "MissedMutant"), (POOL, "CaughtMutant")]))
                .unwrap();
        assert_eq!(tally.survivors(), [QUEUE, ROW]);
        let again =
            [(QUEUE, "CaughtMutant"), (ROW, "MissedMutant"), (POOL, "MissedMutant"), (FIELD, "MissedMutant")];
        tally.correct(Tally::of(&outcomes(&again)).unwrap());
        assert_eq!(tally.survivors(), [ROW]);
        let table = tally.table();
        assert_eq!(table[1], "lease    100.0 %       1          0       0         0");
        assert_eq!(table[2], "queue     50.0 %       1          0       1         0");
        assert_eq!(table[3], "all       66.6 %       2          0       1         0");
    }

    #[test]
    fn what_does_not_compile_counts_for_nothing_and_what_does_not_end_is_noticed() {
        let tally = Tally::of(&outcomes(&[(QUEUE, "Unviable"), (ROW, "Timeout")])).unwrap();
        assert!(tally.survivors().is_empty());
        assert_eq!(tally.table()[1], "queue    100.0 %       0          1       0         1");
    }

    #[test]
    fn an_end_that_is_unknown_is_not_passed_over() {
        assert!(Tally::of(&outcomes(&[(QUEUE, "Forgotten")])).is_none());
        assert!(Tally::of(&json!({})).is_none());
    }
}
