//! Proof: a journal cut or harmed anywhere loses no whole row and never accepts a harmed one.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tidegate_core::Class;

use super::*;
use crate::progress::Spent;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("out.journal")
    }

    fn open(&self, head: &Head) -> Result<(Journal, Counts), Error> {
        let mut counts = Counts::default();
        let journal = Journal::open(&self.path(), head, Path::new("in.jsonl"), &mut counts)?;
        Ok((journal, counts))
    }
}

fn head(input: &str, rows: u64) -> Head {
    Head::new(input.into(), rows, BTreeMap::from([("provider".to_owned(), "openai".to_owned())]))
}

fn output(row: u64) -> Vec<u8> {
    format!("{{\"custom_id\":\"row-{row}\"}}").into_bytes()
}

fn append(journal: &mut Journal, row: u64) {
    let output = output(row);
    let spent = Spent { input_tokens: row, output_tokens: 1, micro_dollars: Some(row) };
    journal.append(&RowLine { row, class: Class::Ok, spent, output: &output }).unwrap();
}

/// A journal of rows `order`, and the end of each of its lines.
fn written(place: &Place, order: &[u64]) -> (Vec<u8>, Vec<usize>) {
    let (mut journal, _) = place.open(&head("hash", 8)).unwrap();
    for row in order {
        append(&mut journal, *row);
    }
    drop(journal);
    let bytes = fs::read(place.path()).unwrap();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    (bytes, ends)
}

fn finished(journal: &Journal) -> Vec<u64> {
    (0..8).filter(|row| journal.index().has(*row)).collect()
}

#[test]
fn a_cut_at_any_byte_keeps_every_whole_row_and_no_other() {
    let place = Place::new();
    let order = [3, 0, 7, 1];
    let (bytes, ends) = written(&place, &order);
    for cut in 0..=bytes.len() {
        fs::write(place.path(), &bytes[..cut]).unwrap();
        let (mut journal, counts) = place.open(&head("hash", 8)).unwrap();
        let whole = ends.iter().skip(1).filter(|end| **end <= cut).count();
        let mut kept = order[..whole].to_vec();
        kept.sort_unstable();
        assert_eq!(finished(&journal), kept, "cut at {cut}");
        assert_eq!(counts.resumed, whole as u64);
        let sum: u64 = kept.iter().sum();
        assert_eq!((counts.input_tokens, counts.micro_dollars.unwrap_or(0)), (sum, sum));
        // What is appended after the repair is found by the next opening, too.
        append(&mut journal, 5);
        drop(journal);
        let (journal, _) = place.open(&head("hash", 8)).unwrap();
        assert!(journal.index().has(5), "appended after a cut at {cut}");
        assert_eq!(finished(&journal).len(), whole + 1);
    }
}

#[test]
fn a_second_record_of_a_row_changes_nothing() {
    let place = Place::new();
    written(&place, &[2, 2]);
    let (journal, counts) = place.open(&head("hash", 8)).unwrap();
    assert_eq!((finished(&journal), counts.finished()), (vec![2], 1));
}

#[test]
fn a_journal_of_another_input_is_refused() {
    let place = Place::new();
    written(&place, &[1]);
    let refused = place.open(&head("other", 8)).unwrap_err();
    assert!(matches!(refused, Error::InputChanged(_)));
    assert!(refused.to_string().contains("in.jsonl changed"), "{refused}");
    assert!(refused.is_cured_by_restart());
}

#[test]
fn a_journal_of_other_options_names_the_option() {
    let place = Place::new();
    written(&place, &[1]);
    let mut other = head("hash", 8);
    other.options.insert("model".into(), "m".into());
    let refused = place.open(&other).unwrap_err().to_string();
    assert!(refused.contains("began with model none, now it is m"), "{refused}");
}

#[test]
fn a_file_that_is_no_journal_is_refused_and_left_alone() {
    let place = Place::new();
    fs::write(place.path(), "precious\nnotes\n").unwrap();
    let refused = place.open(&head("hash", 8)).unwrap_err();
    assert!(matches!(refused, Error::Journal { .. }), "{refused}");
    assert_eq!(fs::read_to_string(place.path()).unwrap(), "precious\nnotes\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_harmed_byte_costs_its_own_line_at_most_and_invents_nothing(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let place = Place::new();
        let order = [3, 0, 7, 1];
        let (mut bytes, ends) = written(&place, &order);
        let at = ends[0] + at.index(bytes.len() - ends[0]);
        bytes[at] = to;
        fs::write(place.path(), &bytes).unwrap();
        let (journal, _) = place.open(&head("hash", 8)).unwrap();
        let harmed = ends.iter().skip(1).position(|end| at < *end).unwrap();
        let found = finished(&journal);
        // A harmed line end takes the following line with it; any other harm takes its own line alone.
        for (position, row) in order.iter().enumerate() {
            let near = position == harmed || (ends.contains(&(at + 1)) && position == harmed + 1);
            prop_assert!(near || found.contains(row), "row {} lost by harm at {}", row, at);
        }
        prop_assert!(found.iter().all(|row| order.contains(row)));
        let (file, index) = journal.finish().unwrap();
        drop(file);
        for offset in index.offsets() {
            let start = usize::try_from(offset).unwrap();
            let bytes = fs::read(place.path()).unwrap();
            let end = start + bytes[start..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
            let row = RowLine::decode(&bytes[start..end]).unwrap();
            let wanted = output(row.row);
            prop_assert_eq!(row.output, wanted.as_slice());
        }
    }
}
