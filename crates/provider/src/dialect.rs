//! `Dialect`: the wire formats that have an adapter, and the way from one to the other.

use std::fmt;

use crate::anthropic::Anthropic;
use crate::compatible::Compatible;
use crate::mistral::Mistral;
use crate::openai::OpenAi;
use crate::openrouter::OpenRouter;
use crate::{Adapter, builtin};

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// OpenAI's own API.
    OpenAi,
    /// Anthropic's messages API.
    Anthropic,
    /// Mistral's API, conversations included.
    Mistral,
    /// OpenRouter's API.
    OpenRouter,
    /// Any host that speaks OpenAI's bodies; its headers are read by their shape, its enforcement is unknown.
    Compatible,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 5] =
        [Self::OpenAi, Self::Anthropic, Self::Mistral, Self::OpenRouter, Self::Compatible];

    /// The name that config and messages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Mistral => "mistral",
            Self::OpenRouter => "openrouter",
            Self::Compatible => "compatible",
        }
    }

    /// The dialect of that name; the name of a built-in provider means the dialect that it speaks.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let own = Self::ALL.into_iter().find(|dialect| dialect.name() == name);
        own.or_else(|| builtin(name).map(|provider| provider.dialect))
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The adapter of a dialect.
#[must_use]
pub fn adapter(dialect: Dialect) -> &'static dyn Adapter {
    match dialect {
        Dialect::OpenAi => &OpenAi,
        Dialect::Anthropic => &Anthropic,
        Dialect::Mistral => &Mistral,
        Dialect::OpenRouter => &OpenRouter,
        Dialect::Compatible => &Compatible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_by_its_name_and_has_its_own_adapter() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
            assert_eq!(adapter(dialect).dialect(), dialect);
        }
    }

    #[test]
    fn a_provider_without_a_dialect_of_its_own_means_the_compatible_one() {
        assert_eq!(Dialect::from_name("groq"), Some(Dialect::Compatible));
        assert_eq!(Dialect::from_name("nowhere"), None);
    }
}
