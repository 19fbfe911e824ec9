//! `Jobs`: what was handed over and is not merged yet, as the journal's notes tell it.

use serde::{Deserialize, Serialize};

/// A note of the journal: what happens to a parcel, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Note {
    /// Rows are about to be handed over, from the first to the last of each range. Where jobs carry no mark, the latest one
    /// that there was before is noted.
    Parcel {
        mark: String,
        rows: Vec<(u64, u64)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// The provider has them, as a job of this name.
    Job { mark: String, id: String },
    /// What the job answered is in the journal.
    Over { mark: String },
    /// A job that was taken for it turned out to be somebody else's.
    Foreign { mark: String, id: String },
}

/// One parcel and its job.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) mark: String,
    pub(super) rows: Vec<(u64, u64)>,
    /// Its name at the provider; `None` while that is not known.
    pub(super) id: Option<String>,
    /// The latest job that there was before it, where jobs carry no mark.
    pub(super) after: Option<String>,
    /// Jobs that are not it, though they look like it.
    foreign: Vec<String>,
    is_over: bool,
}

/// Every parcel of a run, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Jobs(Vec<Job>);

impl Job {
    /// How many rows it has.
    pub(super) fn count(&self) -> u64 {
        let of = |(first, last): &(u64, u64)| last.saturating_sub(*first).saturating_add(1);
        self.rows.iter().map(of).fold(0, u64::saturating_add)
    }
}

impl Jobs {
    /// The jobs that notes tell of. Notes that are none of ours are passed over.
    pub(super) fn noted(notes: &[String]) -> Self {
        let mut jobs = Self::default();
        for note in notes.iter().filter_map(|note| serde_json::from_str(note).ok()) {
            jobs.heed(note);
        }
        jobs
    }

    /// Takes a note in.
    pub(super) fn heed(&mut self, note: Note) {
        match note {
            Note::Parcel { mark, rows, after } => {
                self.0.push(Job { mark, rows, id: None, after, foreign: Vec::new(), is_over: false });
            }
            Note::Job { mark, id } => {
                if let Some(job) = self.of(&mark) {
                    job.id = Some(id);
                }
            }
            Note::Foreign { mark, id } => {
                if let Some(job) = self.of(&mark) {
                    job.id = None;
                    job.foreign.push(id);
                }
            }
            Note::Over { mark } => {
                if let Some(job) = self.of(&mark) {
                    job.is_over = true;
                }
            }
        }
    }

    /// Jobs that the provider has.
    pub(super) fn under_way(&self) -> impl Iterator<Item = &Job> {
        self.0.iter().filter(|job| !job.is_over && job.id.is_some())
    }

    /// Parcels of which it is not known whether the provider has them.
    pub(super) fn lost(&self) -> impl Iterator<Item = &Job> {
        self.0.iter().filter(|job| !job.is_over && job.id.is_none())
    }

    /// Whether a job of the provider's cannot be that of the parcel `mark`: it is another parcel's, or was looked at.
    pub(super) fn is_taken(&self, id: &str, mark: &str) -> bool {
        let is_it = |job: &Job| job.id.as_deref() == Some(id);
        let foreign = |job: &Job| job.mark == mark && job.foreign.iter().any(|each| each == id);
        self.0.iter().any(|job| is_it(job) || foreign(job))
    }

    /// How often a row was with the provider.
    pub(super) fn attempts(&self, row: u64) -> u32 {
        let had = |job: &&Job| {
            job.id.is_some() && job.rows.iter().any(|(first, last)| (*first..=*last).contains(&row))
        };
        u32::try_from(self.0.iter().filter(had).count()).unwrap_or(u32::MAX)
    }

    /// How many parcels there were.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    fn of(&mut self, mark: &str) -> Option<&mut Job> {
        self.0.iter_mut().rfind(|job| job.mark == mark)
    }
}

/// Numbers as ranges, for a note: rows of a parcel mostly follow each other.
pub(super) fn ranges(rows: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for row in rows {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(row) => *last = row,
            _ => ranges.push((row, row)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_tell_what_is_under_way_and_what_is_lost() {
        let notes = [
            Note::Parcel { mark: "a".into(), rows: vec![(0, 4)], after: None },
            Note::Job { mark: "a".into(), id: "batch_1".into() },
            Note::Parcel { mark: "b".into(), rows: vec![(5, 5)], after: None },
            Note::Job { mark: "b".into(), id: "batch_2".into() },
            Note::Over { mark: "a".into() },
            Note::Parcel { mark: "c".into(), rows: vec![(6, 9)], after: Some("batch_0".into()) },
        ];
        let mut written: Vec<String> =
            notes.iter().map(|note| serde_json::to_string(note).unwrap()).collect();
        written.push("something else".into());
        // A journal of a version that did not note what there was before.
        written.push(r#"{"parcel":{"mark":"d","rows":[[10,10]]}}"#.into());
        let jobs = Jobs::noted(&written);
        let marks = |jobs: Vec<&Job>| jobs.iter().map(|job| job.mark.clone()).collect::<Vec<_>>();
        assert_eq!(marks(jobs.under_way().collect()), ["b"]);
        assert_eq!(marks(jobs.lost().collect()), ["c", "d"]);
        let after: Vec<_> = jobs.lost().map(|job| job.after.as_deref()).collect();
        assert_eq!(after, [Some("batch_0"), None]);
        assert_eq!(jobs.count(), 4);
    }

    #[test]
    fn rows_that_follow_each_other_are_one_range() {
        assert_eq!(ranges([1, 2, 3, 7, 9, 10]), [(1, 3), (7, 7), (9, 10)]);
        assert_eq!(ranges([]), []);
    }
}
