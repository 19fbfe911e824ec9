//! `Dialect`: the wire formats that have an adapter, and the way from one to the other.

use std::fmt;

use crate::anthropic::Anthropic;
use crate::mistral::Mistral;
use crate::openai::OpenAi;
use crate::openrouter::OpenRouter;
use crate::{Adapter, hosts};

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
    /// Azure OpenAI and AI Foundry.
    Azure,
    /// Groq.
    Groq,
    /// Together.
    Together,
    /// Fireworks.
    Fireworks,
    /// DeepSeek.
    DeepSeek,
    /// xAI.
    Xai,
    /// Cerebras.
    Cerebras,
    /// Venice.
    Venice,
    /// Gemini's endpoint that is compatible with OpenAI's.
    Gemini,
    /// Cohere.
    Cohere,
    /// Hugging Face's router.
    HuggingFace,
    /// Perplexity.
    Perplexity,
    /// Any other host that speaks OpenAI's bodies; its headers are read by their shape, its enforcement is unknown.
    Compatible,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 17] = [
        Self::OpenAi,
        Self::Anthropic,
        Self::Mistral,
        Self::OpenRouter,
        Self::Azure,
        Self::Groq,
        Self::Together,
        Self::Fireworks,
        Self::DeepSeek,
        Self::Xai,
        Self::Cerebras,
        Self::Venice,
        Self::Gemini,
        Self::Cohere,
        Self::HuggingFace,
        Self::Perplexity,
        Self::Compatible,
    ];

    /// The name that config and messages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Mistral => "mistral",
            Self::OpenRouter => "openrouter",
            Self::Azure => "azure",
            Self::Groq => "groq",
            Self::Together => "together",
            Self::Fireworks => "fireworks",
            Self::DeepSeek => "deepseek",
            Self::Xai => "xai",
            Self::Cerebras => "cerebras",
            Self::Venice => "venice",
            Self::Gemini => "gemini",
            Self::Cohere => "cohere",
            Self::HuggingFace => "huggingface",
            Self::Perplexity => "perplexity",
            Self::Compatible => "compatible",
        }
    }

    /// The dialect of that name; every built-in provider has one of its own name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
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
        _ => hosts::of(dialect),
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
    fn every_built_in_provider_has_the_dialect_of_its_name() {
        for provider in crate::builtins() {
            assert_eq!(Dialect::from_name(provider.name), Some(provider.dialect));
        }
        assert_eq!(Dialect::from_name("nowhere"), None);
    }
}
