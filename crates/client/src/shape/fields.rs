//! How the fields of a part of an answer are read: those that are known into their places, all others into `extra`.
//!
//! `#[serde(flatten)]` would do the same, but reads an object into a list of values first and those into the fields
//! then, which takes several times as long.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;

/// Reads a struct of fields and `extra`. A field that comes twice counts as it came last; one that is absent is what
/// its type makes of that, or its default where `[default]` follows it.
macro_rules! fields {
    ($name:ident { $( $field:ident $wire:expr, $type:ty, [$($absent:tt)*]; )* }) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("struct ", stringify!($name)))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        $( let mut $field: Option<$type> = None; )*
                        let mut extra = crate::Extra::new();
                        while let Some(name) = map.next_key::<crate::shape::Word<'de>>()? {
                            match &*name {
                                $( word if word == $wire => $field = Some(map.next_value()?), )*
                                _ => {
                                    extra.insert(name.into_owned(), map.next_value()?);
                                }
                            }
                        }
                        $(
                            let $field = match $field {
                                Some(value) => value,
                                None => crate::shape::otherwise!($wire, $($absent)*),
                            };
                        )*
                        Ok($name { $($field,)* extra })
                    }
                }

                deserializer.deserialize_map(Fields)
            }
        }
    };
}

/// What a field is that did not come.
macro_rules! otherwise {
    ($wire:expr, default) => {
        Default::default()
    };
    ($wire:expr, $($other:tt)*) => {
        crate::shape::absent($wire)?
    };
}

pub(crate) use {fields, otherwise};

/// What a field is that did not come: nothing, where its type has a word for that.
///
/// # Errors
///
/// When its type has none.
pub(crate) fn absent<'de, T: Deserialize<'de>, E: Error>(field: &'static str) -> Result<T, E> {
    T::deserialize(Absent { field, error: PhantomData })
}

/// A value that is not there.
struct Absent<E> {
    field: &'static str,
    error: PhantomData<E>,
}

impl<'de, E: Error> Deserializer<'de> for Absent<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(self.field))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A text that is borrowed from the answer where it stands there as it is, which is so for nearly all names and words.
pub(crate) struct Word<'de>(Cow<'de, str>);

impl Word<'_> {
    pub(crate) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Word<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;

        impl<'de> Visitor<'de> for Words {
            type Value = Word<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(Words)
    }
}
