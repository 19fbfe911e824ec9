//! A table of a provider's public names, and the comparison of it with ours.
//!
//! Each line is a kind of entry, a name, and its parts: `operation METHOD PATH field ...`, `stream METHOD PATH`, `schema
//! Name field ...`, `kinds Name kind ...`. `left` lists what the description has and no type of ours carries (`extra` and
//! `Other` do), `beyond` what ours has and the description does not.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_client::{Operation, Streams};

type Names = BTreeSet<&'static str>;

/// Our side of a table.
#[derive(Default)]
pub(crate) struct Ours {
    operations: BTreeMap<&'static str, Names>,
    streams: Names,
    schemas: BTreeMap<&'static str, Names>,
    kinds: BTreeMap<&'static str, Names>,
}

impl Ours {
    pub(crate) fn operation<O: Operation>(mut self) -> Self {
        let fields = O::FIELDS.iter().copied().collect();
        assert!(self.operations.insert(O::ROUTE, fields).is_none(), "{} twice", O::ROUTE);
        self
    }

    pub(crate) fn stream<O: Streams>(mut self) -> Self {
        self.streams.insert(O::ROUTE);
        self.operation::<O>()
    }

    pub(crate) fn schema(mut self, name: &'static str, fields: &[&'static str]) -> Self {
        self.schemas.insert(name, fields.iter().copied().collect());
        self
    }

    pub(crate) fn kinds(mut self, name: &'static str, kinds: &[&'static str]) -> Self {
        self.kinds.insert(name, kinds.iter().copied().collect());
        self
    }

    /// Every entry of the table is ours, with just its parts, and nothing of ours is missing in the table.
    pub(crate) fn must_be(&self, table: &'static str) {
        let lines = || table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let of = |kind: &'static str| {
            let found = lines().filter_map(move |line| line.strip_prefix(kind)?.strip_prefix(' '));
            found.map(move |line| entry(kind, line)).collect::<BTreeMap<&str, Names>>()
        };
        let (left, beyond) = (of("left"), of("beyond"));
        let expected = |kind: &'static str| {
            let mut entries = of(kind);
            for (name, parts) in &mut entries {
                let none = Names::new();
                let gone = left.get(name).unwrap_or(&none);
                assert!(gone.is_subset(parts), "{name} has none of {gone:?} to leave out");
                *parts = parts.difference(gone).chain(beyond.get(name).unwrap_or(&none)).copied().collect();
            }
            entries
        };
        assert_eq!(self.operations, expected("operation"));
        assert_eq!(self.streams, of("stream").into_keys().collect::<Names>());
        assert_eq!(self.schemas, expected("schema"));
        assert_eq!(self.kinds, expected("kinds"));
        assert!(lines().count() > 10, "the table is not whole");
    }
}

/// The name of an entry and its parts; a route is two words.
fn entry(kind: &str, line: &'static str) -> (&'static str, Names) {
    let first = line.split(' ').next().unwrap();
    let is_route = matches!(kind, "operation" | "stream") || matches!(first, "GET" | "POST" | "DELETE");
    let cut = line.match_indices(' ').nth(usize::from(is_route)).map_or(line.len(), |(at, _)| at);
    let (name, parts) = line.split_at(cut);
    (name, parts.split(' ').filter(|part| !part.is_empty()).collect())
}

/// A tag that an enum of ours carries is a field of the description's.
pub(crate) fn tagged(fields: &[&'static str]) -> Vec<&'static str> {
    fields.iter().copied().chain(["type"]).collect()
}
