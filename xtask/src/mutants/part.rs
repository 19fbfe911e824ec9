//! `Part`: which mutants are made, by area and by sample.

use crate::failure::Failure;

/// The areas of core whose arithmetic and order everything rests on.
const AREAS: [&str; 4] = ["bucket", "ledger", "queue", "lease"];

/// Where the areas are.
const SOURCES: &str = "crates/core/src";

/// Which mutants are made.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// One area, or all of them.
    area: Option<String>,
    /// The K-th of N samples, which take turns at the mutants.
    sample: Option<String>,
}

impl Part {
    /// `AREA`, `K/N`, both, or neither.
    pub(super) fn read(words: &[&str]) -> Result<Self, Failure> {
        let mut part = Self::default();
        for word in words {
            let slot = if AREAS.contains(word) { &mut part.area } else { &mut part.sample };
            if !AREAS.contains(word) && !is_sample(word) {
                return Err(Failure::new(format!(
                    "`{word}` is neither one of {} nor a sample such as 0/8, the first of eight",
                    AREAS.join(", ")
                )));
            }
            if slot.replace((*word).to_owned()).is_some() {
                return Err(Failure::new(format!("`{word}` is one too many; name one area and one sample")));
            }
        }
        Ok(part)
    }

    /// What cargo-mutants is told.
    pub(super) fn arguments(&self) -> Vec<String> {
        let areas = AREAS.iter().filter(|area| self.area.as_deref().is_none_or(|wanted| wanted == **area));
        let files = areas.flat_map(|area| [format!("{SOURCES}/{area}.rs"), format!("{SOURCES}/{area}/*.rs")]);
        let mut arguments: Vec<String> = files.flat_map(|file| ["--file".to_owned(), file]).collect();
        if let Some(sample) = &self.sample {
            arguments.extend(["--sharding", "round-robin", "--shard", sample].map(str::to_owned));
        }
        arguments
    }

    /// The area of a file.
    pub(super) fn area_of(file: &str) -> Option<&'static str> {
        let inside = file.strip_prefix(SOURCES)?.strip_prefix('/')?;
        let area = inside.split(['/', '.']).next()?;
        AREAS.into_iter().find(|known| *known == area)
    }
}

fn is_sample(word: &str) -> bool {
    let numbers =
        word.split_once('/').and_then(|(k, n)| Some((k.parse::<u32>().ok()?, n.parse::<u32>().ok()?)));
    numbers.is_some_and(|(k, n)| k < n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_and_a_sample_may_be_named_in_either_sequence() {
        let both = Part::read(&["1/4", "queue"]).unwrap();
        assert_eq!(both, Part::read(&["queue", "1/4"]).unwrap());
        let wanted = "--file crates/core/src/queue.rs --file crates/core/src/queue/*.rs --sharding round-robin --shard 1/4";
        assert_eq!(both.arguments().join(" "), wanted);
        assert_eq!(Part::read(&[]).unwrap().arguments().len(), 16);
    }

    #[test]
    fn other_words_are_told() {
        for words in [&["engine"] as &[_], &["4/4"], &["1/"], &["queue", "ledger"], &["0/2", "1/2"]] {
            let told = Part::read(words).unwrap_err().to_string();
            assert!(told.contains(&format!("`{}`", words[words.len() - 1])), "{told}");
        }
    }

    #[test]
    fn files_are_told_by_their_area() {
        assert_eq!(Part::area_of("crates/core/src/lease/pool.rs"), Some("lease"));
        assert_eq!(Part::area_of("crates/core/src/bucket.rs"), Some("bucket"));
        assert_eq!(Part::area_of("crates/core/src/limit.rs"), None);
    }
}
