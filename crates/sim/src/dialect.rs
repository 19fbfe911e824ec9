//! `Dialect`: which provider is emulated, and what holds for it unless the configuration says otherwise.

use crate::config::{Sharing, TokenCharge};
use crate::enforcement::{Enforcement, EnforcementPlan};
use crate::limits::Limits;

/// Which provider's paths, headers and bodies the emulator speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// `OpenAI`: six rate headers with Go durations on every metered answer, streams too.
    OpenAi,
    /// Anthropic: up to twelve rate headers with RFC 3339 resets on every metered answer, streams too.
    Anthropic,
    /// Mistral: rate headers on plain answers only, without any reset or retry-after.
    Mistral,
    /// `OpenRouter`: rate headers on its own refusals only.
    OpenRouter,
    /// Any other host that speaks `OpenAI`'s API: `OpenAI`'s answers and headers, limits over all models.
    Compatible,
}

impl Dialect {
    /// The dialect of a provider's name; names other than the four are [`Dialect::Compatible`].
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "openai" => Self::OpenAi,
            "anthropic" => Self::Anthropic,
            "mistral" => Self::Mistral,
            "openrouter" => Self::OpenRouter,
            _ => Self::Compatible,
        }
    }

    /// The limits that hold when none is given.
    ///
    /// `OpenAI` 500 requests and 200 000 tokens (gpt-4o-mini of tier 1, recorded 2025); Anthropic 1 000 requests,
    /// 2 000 000 input and 400 000 output tokens (documented for the Start tier, 2026-08); Mistral 100 requests and
    /// 100 000 tokens (mistral-small, recorded 2026); `OpenRouter` 20 requests (documented for free models, 2026-08).
    #[must_use]
    pub const fn default_limits(self) -> Limits {
        match self {
            Self::OpenAi | Self::Compatible => Limits::requests_and_tokens(500, 200_000),
            Self::Anthropic => Limits {
                requests: Some(1_000),
                total_tokens: None,
                input_tokens: Some(2_000_000),
                output_tokens: Some(400_000),
            },
            Self::Mistral => Limits::requests_and_tokens(100, 100_000),
            Self::OpenRouter => {
                Limits { requests: Some(20), total_tokens: None, input_tokens: None, output_tokens: None }
            }
        }
    }

    /// How this provider counts, measured or documented up to 2026-08: `OpenAI` and Anthropic by continuous buckets,
    /// Mistral requests by calendar minute and tokens by a weighted counter, `OpenRouter` requests by window.
    #[must_use]
    pub const fn default_enforcement(self) -> EnforcementPlan {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Compatible => {
                EnforcementPlan::uniform(Enforcement::Bucket)
            }
            Self::Mistral => EnforcementPlan { requests: Enforcement::Fixed, tokens: Enforcement::Counter },
            Self::OpenRouter => EnforcementPlan::uniform(Enforcement::Fixed),
        }
    }

    /// When this provider charges tokens: Mistral after completion (exact in 75 of 75 recordings, 2026-08), the
    /// others the input at admission and the output at completion.
    #[must_use]
    pub const fn default_charge(self) -> TokenCharge {
        match self {
            Self::Mistral => TokenCharge::AfterCompletion,
            _ => TokenCharge::InputThenOutput,
        }
    }

    /// Whether each model has limits of its own (`OpenAI`, Anthropic, Mistral) or all share them.
    #[must_use]
    pub const fn default_sharing(self) -> Sharing {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Mistral => Sharing::PerModel,
            Self::OpenRouter | Self::Compatible => Sharing::WholeAccount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_speak_openais_api() {
        assert_eq!(Dialect::named("mistral"), Dialect::Mistral);
        assert_eq!(Dialect::named("groq"), Dialect::Compatible);
    }
}
