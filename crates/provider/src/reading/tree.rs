//! `Tree`: a small JSON value as it takes least to read: names and texts stay where they stand, and the fields of an
//! object are a list.
//!
//! Every answer has a usage object of a handful of fields; to make a map of owned names of it takes three times as long.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Room for the fields that most usage objects have.
const FIELDS: usize = 8;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree<'de> {
    /// Nothing that tells an amount: null, true, false.
    Nothing,
    /// A whole number.
    Count(u64),
    /// Any other number.
    Number(f64),
    Text(Cow<'de, str>),
    List(Vec<Self>),
    /// The fields; of two that have one name the later counts.
    Object(Vec<(Cow<'de, str>, Self)>),
}

impl<'de> Tree<'de> {
    /// The same as a value.
    pub(crate) fn of(value: &'de Value) -> Self {
        Self::deserialize(value).unwrap_or(Self::Nothing)
    }

    /// The fields, if it is an object.
    pub(crate) fn fields(&self) -> Option<&[(Cow<'de, str>, Self)]> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.fields()?.iter().rfind(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The entries of a list.
    pub(crate) fn entries(&self) -> &[Self] {
        match self {
            Self::List(entries) => entries,
            _ => &[],
        }
    }

    /// Whether it is this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self, Self::Text(own) if own == text)
    }

    pub(crate) const fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(*count),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "as every reader of JSON does it")]
    pub(crate) const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Count(count) => Some(*count as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Trees)
    }
}

struct Trees;

impl<'de> Visitor<'de> for Trees {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Nothing)
    }

    fn visit_u64<E>(self, count: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Count(count))
    }

    #[expect(clippy::cast_precision_loss, reason = "as every reader of JSON does it")]
    fn visit_i64<E>(self, number: i64) -> Result<Tree<'de>, E> {
        Ok(u64::try_from(number).map_or(Tree::Number(number as f64), Tree::Count))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Tree::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree<'de>, A::Error> {
        let mut fields = Vec::with_capacity(FIELDS);
        while let Some(Name(name)) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Tree::Object(fields))
    }
}

/// The name of a field.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(Trees)? {
            Tree::Text(name) => Ok(Self(name)),
            _ => Err(serde::de::Error::custom("a name is a text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_tells_what_a_value_tells() {
        let text = r#"{"a":1,"b":-2,"c":1.5,"d":[{"e":"f"},null,true],"g\u0041":"h\n","a":3,"i":18446744073709551616}"#;
        let (tree, value): (Tree<'_>, Value) =
            (serde_json::from_str(text).unwrap(), serde_json::from_str(text).unwrap());
        for name in ["a", "b", "c", "d", "gA", "i", "none"] {
            let (of_tree, of_value) = (tree.get(name), value.get(name));
            assert_eq!(of_tree.is_some(), of_value.is_some(), "{name}");
            assert_eq!(of_tree.and_then(Tree::as_u64), of_value.and_then(Value::as_u64), "{name}");
            assert_eq!(of_tree.and_then(Tree::as_f64), of_value.and_then(Value::as_f64), "{name}");
        }
        let entries = tree.get("d").unwrap().entries();
        assert!(entries.len() == 3 && entries[0].get("e").unwrap().is("f") && entries[2] == Tree::Nothing);
        assert!(tree.get("gA").unwrap().is("h\n"));
        assert_eq!(Tree::of(&value).get("d"), tree.get("d"));
    }

    #[test]
    fn what_is_no_json_is_no_tree() {
        for text in ["", "{\"a\":", "{\"a\":1e999}", "{1:2}", "[1,]"] {
            assert!(serde_json::from_str::<Tree<'_>>(text).is_err(), "{text}");
        }
    }
}
