//! What a provider's JSON is made of: declarations of request bodies, answers, tagged kinds and open words.
//!
//! The macros write what every such type needs and nobody wants to write twice: unknown fields are kept, unknown
//! kinds and words too, optional fields are left out when they are not set, and `FIELDS` names the fields as they
//! are on the wire, so that a test can hold them against the provider's own description.

mod fields;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use fields::{Word, absent, fields, otherwise};

/// Fields that this version does not know, as they came.
pub type Extra = Map<String, Value>;

/// The name of a field on the wire.
macro_rules! wire {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $wire:literal) => {
        $wire
    };
}

/// A part of an answer: every field public, whatever else came kept in `extra`.
macro_rules! shape {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( #[doc = $doc:literal] $(#[serde($($attr:tt)*)])* $field:ident $(as $wire:literal)? : $type:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[non_exhaustive]
        pub struct $name {
            $(
                #[doc = $doc]
                $(#[serde($($attr)*)])*
                $(#[serde(rename = $wire)])?
                pub $field: $type,
            )*
            /// Whatever else the provider sent.
            #[serde(flatten)]
            pub extra: crate::Extra,
        }

        crate::shape::fields! {
            $name { $( $field crate::shape::wire!($field $($wire)?), $type, [$($($attr)*)*]; )* }
        }

        impl $name {
            /// The fields as they are on the wire.
            pub const FIELDS: &'static [&'static str] = &[$(crate::shape::wire!($field $($wire)?)),*];
        }
    };
}

/// A part of a request that may come back in an answer: every field may be left out and has a setter.
///
/// `name: Type` takes anything that becomes the type, `name = Type` the type itself (numbers and switches).
macro_rules! options {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( #[doc = $doc:literal] $field:ident $(as $wire:literal)? $(: $type:ty)? $(= $exact:ty)?, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
        #[non_exhaustive]
        pub struct $name {
            $(
                #[doc = $doc]
                #[serde(skip_serializing_if = "Option::is_none" $(, rename = $wire)?)]
                pub $field: Option<$($type)? $($exact)?>,
            )*
            /// Fields that this version does not know.
            #[serde(flatten)]
            pub extra: crate::Extra,
        }

        crate::shape::fields! {
            $name {
                $( $field crate::shape::wire!($field $($wire)?), Option<$($type)? $($exact)?>, [default]; )*
            }
        }

        impl $name {
            /// The fields as they are on the wire.
            pub const FIELDS: &'static [&'static str] = &[$(crate::shape::wire!($field $($wire)?)),*];

            /// Nothing set.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(
                    #[doc = $doc]
                    #[must_use]
                    pub fn $field(mut self, value: impl Into<$type>) -> Self {
                        self.$field = Some(value.into());
                        self
                    }
                )?
                $(
                    #[doc = $doc]
                    #[must_use]
                    pub fn $field(mut self, value: $exact) -> Self {
                        self.$field = Some(value);
                        self
                    }
                )?
            )*

            /// A field that this version does not know.
            #[must_use]
            pub fn extra(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }
        }
    };
}

/// Objects that a field tells apart; a kind that is not known is kept as it came.
macro_rules! tagged {
    (
        $(#[$meta:meta])*
        pub enum $name:ident by $tag:literal {
            $( #[doc = $doc:literal] $variant:ident($type:ty) = $word:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $( #[doc = $doc] $variant($type), )*
            /// A kind that this version does not know, as it came.
            Other(serde_json::Value),
        }

        impl $name {
            /// The kinds as they are named on the wire.
            pub const KINDS: &'static [&'static str] = &[$($word),*];

            /// The kind as it is named on the wire; empty when it has no name.
            #[must_use]
            pub fn kind(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $word, )*
                    Self::Other(value) => crate::shape::tag_of(value, $tag),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(inner) => {
                        crate::shape::Tagged { tag: $tag, word: $word, inner }.serialize(serializer)
                    } )*
                    Self::Other(value) => value.serialize(serializer),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut value = serde_json::Value::deserialize(deserializer)?;
                let word = crate::shape::tag_of(&value, $tag).to_owned();
                match word.as_str() {
                    $( $word => {
                        crate::shape::untag(&mut value, $tag);
                        let inner = serde_json::from_value(value).map_err(|error| {
                            serde::de::Error::custom(format_args!(concat!("`", $word, "`: {}"), error))
                        })?;
                        Ok(Self::$variant(inner))
                    } )*
                    _ => Ok(Self::Other(value)),
                }
            }
        }
    };
}

/// Words of a closed list that may grow: one that is not known is kept as it came.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( #[doc = $doc:literal] $variant:ident = $word:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( #[doc = $doc] $variant, )*
            /// A word that this version does not know, as it came.
            Other(String),
        }

        impl $name {
            /// The words as they are on the wire.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word as it is on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = crate::shape::Word::deserialize(deserializer)?;
                Ok(Self::from(&*word))
            }
        }
    };
}

/// A request: its fields, its route, its answer, and a setter for each field that may be left out.
///
/// Fields are written as in `options!`. `body` or `query` says where they go.
macro_rules! request {
    (
        $(#[$meta:meta])*
        $name:ident = $route:literal, $place:ident, $act:ident, $answer:ty $(, stream $event:ty)?;
        $(check $check:path;)?
        $(act $acts:path;)?
        required { $( #[doc = $rdoc:literal] $rfield:ident $(as $rwire:literal)? : $rtype:ty, )* }
        optional { $( #[doc = $odoc:literal] $ofield:ident $(as $owire:literal)? $(: $otype:ty)? $(= $oexact:ty)?, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Serialize)]
        pub struct $name {
            $(
                $(#[serde(rename = $rwire)])?
                pub(crate) $rfield: $rtype,
            )*
            $(
                #[serde(skip_serializing_if = "Option::is_none" $(, rename = $owire)?)]
                pub(crate) $ofield: Option<$($otype)? $($oexact)?>,
            )*
        }

        impl $name {
            pub(crate) fn new($($rfield: $rtype),*) -> Self {
                Self { $($rfield,)* $($ofield: None,)* }
            }
        }

        impl crate::call::Operation for $name {
            const ROUTE: &'static str = $route;
            const ACT: crate::call::Act = crate::call::Act::$act;
            const PLACE: crate::call::Place = crate::call::Place::$place;
            const FIELDS: &'static [&'static str] = &[
                $(crate::shape::wire!($rfield $($rwire)?),)*
                $(crate::shape::wire!($ofield $($owire)?),)*
            ];
            type Answer = $answer;
            $(
                fn check(&self) -> Result<(), crate::RequestError> {
                    $check(self)
                }
            )?
            $(
                fn act(&self) -> crate::call::Act {
                    $acts(self)
                }
            )?
        }

        $(
            impl crate::call::Streams for $name {
                type Event = $event;
            }
        )?

        impl<M> crate::Call<$name, M> {
            $(
                $(
                    #[doc = $odoc]
                    pub fn $ofield(mut self, value: impl Into<$otype>) -> Self {
                        self.operation.$ofield = Some(value.into());
                        self
                    }
                )?
                $(
                    #[doc = $odoc]
                    pub fn $ofield(mut self, value: $oexact) -> Self {
                        self.operation.$ofield = Some(value);
                        self
                    }
                )?
            )*
        }
    };
}

pub(crate) use {options, request, shape, tagged, wire, words};

/// The word of a tag; empty when there is none.
pub(crate) fn tag_of<'value>(value: &'value Value, tag: &str) -> &'value str {
    value.get(tag).and_then(Value::as_str).unwrap_or_default()
}

/// Takes the tag out, so that it does not end up among the unknown fields.
pub(crate) fn untag(value: &mut Value, tag: &str) {
    if let Some(fields) = value.as_object_mut() {
        fields.remove(tag);
    }
}

/// An object with its tag in it.
pub(crate) struct Tagged<'inner, T> {
    pub(crate) tag: &'static str,
    pub(crate) word: &'static str,
    pub(crate) inner: &'inner T,
}

impl<T: Serialize> Serialize for Tagged<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut value = serde_json::to_value(self.inner).map_err(serde::ser::Error::custom)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert(self.tag.to_owned(), Value::from(self.word));
        }
        value.serialize(serializer)
    }
}

/// One thing or several of it, as many fields have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl OneOrMany<String> {
    /// Whether there is nothing in it but blanks.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::One(text) => text.trim().is_empty(),
            Self::Many(texts) => texts.iter().all(|text| text.trim().is_empty()),
        }
    }
}

impl From<&str> for OneOrMany<String> {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for OneOrMany<String> {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<Vec<String>> for OneOrMany<String> {
    fn from(texts: Vec<String>) -> Self {
        Self::Many(texts)
    }
}

impl From<&[&str]> for OneOrMany<String> {
    fn from(texts: &[&str]) -> Self {
        Self::Many(texts.iter().map(|&text| text.to_owned()).collect())
    }
}

impl<const N: usize> From<[&str; N]> for OneOrMany<String> {
    fn from(texts: [&str; N]) -> Self {
        Self::from(texts.as_slice())
    }
}

/// A version of an agent: its number, or an alias that points to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Version {
    /// Its number.
    Number(u64),
    /// An alias.
    Alias(String),
}

impl From<u64> for Version {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Version {
    fn from(alias: &str) -> Self {
        Self::Alias(alias.to_owned())
    }
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macros write public items")]
mod tests {
    use serde_json::json;

    shape! {
        /// A test's shape.
        pub struct Leaf {
            /// Its name.
            name: String,
            /// Its size, which has another name on the wire.
            size as "size_cm": Option<u64>,
        }
    }

    tagged! {
        /// A test's kinds.
        pub enum Plant by "type" {
            /// A leaf.
            Leaf(Leaf) = "leaf",
        }
    }

    words! {
        /// A test's words.
        pub enum Season {
            /// Spring.
            Spring = "spring",
        }
    }

    #[test]
    fn what_is_not_known_is_kept_and_sent_back_as_it_came() {
        for value in [
            json!({"type": "leaf", "name": "oak", "size_cm": 9, "colour": {"r": 1}}),
            json!({"type": "stone", "weight": [1, 2]}),
        ] {
            let plant: Plant = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(&plant).unwrap(), value);
            assert_eq!(plant.kind(), value["type"]);
        }
        assert_eq!(Leaf::FIELDS, ["name", "size_cm"]);
        assert_eq!(Plant::KINDS, ["leaf"]);
        let word: Season = serde_json::from_value(json!("monsoon")).unwrap();
        assert_eq!((word.as_str(), Season::from("spring")), ("monsoon", Season::Spring));
        assert_eq!(Season::WORDS, ["spring"]);
    }

    #[test]
    fn a_known_kind_with_a_wrong_field_is_an_error_that_names_it() {
        let error = serde_json::from_value::<Plant>(json!({"type": "leaf", "name": 7})).unwrap_err();
        assert!(error.to_string().starts_with("`leaf`: "), "{error}");
    }
}
