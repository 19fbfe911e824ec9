//! `Shelf`: what an emulated provider stores for its callers: agents, conversations, jobs. Bounded; the oldest goes.

use std::collections::{BTreeMap, VecDeque};

use http::Method;
use serde_json::Value;

use crate::wall::WallTime;

/// The most things of one kind that are kept. A test has a handful; a mock that runs for weeks must not grow.
const THINGS_MAX: usize = 1_000;

/// What is stored, by kind and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    kinds: BTreeMap<&'static str, Kind>,
}

/// The things of one kind, and their names in the order in which they came.
#[derive(Clone, Debug, Default)]
struct Kind {
    things: BTreeMap<String, Value>,
    order: VecDeque<String>,
}

impl Shelf {
    /// Stores a thing, in the place of the one of that name.
    pub(crate) fn put(&mut self, kind: &'static str, name: &str, thing: Value) {
        let kind = self.kinds.entry(kind).or_default();
        if kind.things.insert(name.to_owned(), thing).is_some() {
            return;
        }
        kind.order.push_back(name.to_owned());
        if kind.order.len() > THINGS_MAX
            && let Some(oldest) = kind.order.pop_front()
        {
            kind.things.remove(&oldest);
        }
    }

    /// The thing of that name.
    pub(crate) fn get(&self, kind: &'static str, name: &str) -> Option<&Value> {
        self.kinds.get(kind)?.things.get(name)
    }

    /// Takes the thing of that name away.
    pub(crate) fn take(&mut self, kind: &'static str, name: &str) -> Option<Value> {
        let kind = self.kinds.get_mut(kind)?;
        kind.order.retain(|other| other != name);
        kind.things.remove(name)
    }

    /// The things of a kind whose names begin like this, oldest first.
    pub(crate) fn all<'shelf>(
        &'shelf self,
        kind: &'static str,
        beginning: &'shelf str,
    ) -> impl Iterator<Item = &'shelf Value> {
        let kind = self.kinds.get(kind);
        kind.into_iter().flat_map(move |kind| {
            let names = kind.order.iter().filter(move |name| name.starts_with(beginning));
            names.filter_map(|name| kind.things.get(name))
        })
    }
}

/// A question about what is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a Method,
    /// Below the provider's root, beginning with `/v1`.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) at: WallTime,
    /// What tells this call from every other.
    pub(crate) id: u64,
}

impl Ask<'_> {
    /// A parameter of the query. Names and numbers need no decoding.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// A parameter that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name)?.parse().ok()
    }
}

/// The answer to such a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stored {
    /// Found, or made.
    Thing(Value),
    /// Done, and nothing to say.
    Done,
    /// There is no such thing.
    Missing,
}

impl From<Option<Value>> for Stored {
    fn from(found: Option<Value>) -> Self {
        found.map_or(Self::Missing, Self::Thing)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let mut shelf = Shelf::default();
        for number in 0..=THINGS_MAX {
            shelf.put("agents", &format!("{number}"), json!(number));
        }
        assert_eq!(shelf.get("agents", "0"), None);
        assert_eq!(shelf.all("agents", "").count(), THINGS_MAX);
        assert_eq!(shelf.take("agents", "5"), Some(json!(5)));
        assert_eq!(shelf.all("agents", "").next(), Some(&json!(1)));
    }
}
