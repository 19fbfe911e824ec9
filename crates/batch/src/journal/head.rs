//! `Head`: the first line of a journal, which says what run it belongs to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::line;

/// The version of the journal's format. A journal of another version is refused, never guessed at.
const VERSION: u32 = 1;

/// What run a journal belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    version: u32,
    /// The content hash of the input.
    pub(crate) input: String,
    /// Rows of the input.
    pub(crate) rows: u64,
    /// Options that decide what the answers are, by name.
    pub(crate) options: BTreeMap<String, String>,
}

/// Why a first line is not this version's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoHead {
    /// It is harmed, or something else altogether.
    Unreadable,
    /// It is of another version.
    Version(u32),
}

impl Head {
    pub(crate) fn new(input: String, rows: u64, options: BTreeMap<String, String>) -> Self {
        Self { version: VERSION, input, rows, options }
    }

    /// The sealed line.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let json = serde_json::to_string(self).expect("numbers and strings are JSON");
        line::seal(format!("tidegate-journal {json}").as_bytes())
    }

    pub(crate) fn decode(line: &[u8]) -> Result<Self, NoHead> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let json = line::open(line)
            .and_then(|content| content.strip_prefix(b"tidegate-journal "))
            .ok_or(NoHead::Unreadable)?;
        let Versioned { version } = serde_json::from_slice(json).map_err(|_| NoHead::Unreadable)?;
        if version != VERSION {
            return Err(NoHead::Version(version));
        }
        serde_json::from_slice(json).map_err(|_| NoHead::Unreadable)
    }

    /// The run's short name, part of each output line's `id`: the same input and options give the same name, so an
    /// output tells by itself which run it is of.
    pub(crate) fn run_name(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.input.as_bytes());
        for (name, value) in &self.options {
            hasher.update(name.as_bytes()).update(b"\0").update(value.as_bytes()).update(b"\0");
        }
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// The first option that differs: its name, its value here, its value there (`none` where it is not given).
    pub(crate) fn other_option(&self, other: &Self) -> Option<(String, String, String)> {
        let value =
            |head: &Self, name: &String| head.options.get(name).cloned().unwrap_or_else(|| "none".to_owned());
        self.options
            .keys()
            .chain(other.options.keys())
            .map(|name| (name.clone(), value(self, name), value(other, name)))
            .find(|(_, here, there)| here != there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(model: &str) -> Head {
        Head::new("abc".into(), 3, BTreeMap::from([("model".to_owned(), model.to_owned())]))
    }

    #[test]
    fn a_head_comes_back_as_it_was_written() {
        assert_eq!(Head::decode(&head("m").encode()), Ok(head("m")));
    }

    #[test]
    fn another_version_is_told_apart_from_harm() {
        let newer = Head { version: 9, ..head("m") };
        assert_eq!(Head::decode(&newer.encode()), Err(NoHead::Version(9)));
        assert_eq!(Head::decode(b"rubbish\n"), Err(NoHead::Unreadable));
    }

    #[test]
    fn the_run_name_depends_on_input_and_options() {
        assert_eq!(head("a").run_name(), head("a").run_name());
        assert_ne!(head("a").run_name(), head("b").run_name());
        assert_eq!(head("a").run_name().len(), 16);
    }

    #[test]
    fn a_differing_option_is_named() {
        let differing = head("a").other_option(&head("b")).unwrap();
        assert_eq!(differing, ("model".into(), "a".into(), "b".into()));
        assert_eq!(head("a").other_option(&head("a")), None);
    }
}
