//! `Format`: how a line of the input becomes an item; the seam between files and processors.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How a line of the input becomes an item.
///
/// The same line at the same number must give the same reading each time: a resumed run reads the input again.
pub trait Format: Send + Sync {
    /// What a line becomes.
    type Item: Send;

    /// Reads one line that is not blank. `number` is its 1-based line number. Never fails: a line that is of no use
    /// is a [`Reading`] whose item says why.
    fn read(&self, line: &[u8], number: u64) -> Reading<Self::Item>;
}

/// What a line was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    /// The row's `custom_id`: its own, or `row-N`.
    pub custom_id: String,
    /// The item, or why the line is of no use, for a person to read.
    pub item: Result<T, String>,
}

/// The `custom_id` of a row that names none.
#[must_use]
pub fn default_id(number: u64) -> String {
    format!("row-{number}")
}

/// Each line is one JSON value of type `T`; a top-level `custom_id` string names the row.
pub struct JsonRows<T>(PhantomData<fn() -> T>);

impl<T> JsonRows<T> {
    /// The format of any type that reads from JSON.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for JsonRows<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for JsonRows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonRows")
    }
}

#[derive(Deserialize)]
struct Named {
    custom_id: Option<String>,
}

impl<T: DeserializeOwned + Send> Format for JsonRows<T> {
    type Item = T;

    fn read(&self, line: &[u8], number: u64) -> Reading<T> {
        let named = serde_json::from_slice::<Named>(line).ok().and_then(|named| named.custom_id);
        Reading {
            custom_id: named.unwrap_or_else(|| default_id(number)),
            item: serde_json::from_slice(line).map_err(|error| format!("line {number}: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_json_value_is_a_row() {
        let format = JsonRows::<u32>::new();
        assert_eq!(format.read(b"7", 3), Reading { custom_id: "row-3".into(), item: Ok(7) });
        assert!(format.read(b"\"x\"", 4).item.unwrap_err().starts_with("line 4: "));
    }

    #[test]
    fn a_custom_id_names_the_row() {
        let format = JsonRows::<serde_json::Value>::new();
        assert_eq!(format.read(br#"{"custom_id":"a","x":1}"#, 1).custom_id, "a");
    }
}
