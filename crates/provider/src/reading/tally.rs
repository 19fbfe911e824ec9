//! `Tally`: what the documents of one answer told so far, and the usage objects that they told it with.

use serde_json::Value;
use tidegate_core::Usage;

use crate::fault::Fault;

/// What the documents of one answer told so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    parts: Option<UsageParts>,
    /// The first error.
    pub(crate) error: Option<Fault>,
    /// Whether the end was seen.
    pub(crate) complete: bool,
}

/// The parts of a usage that one object names. Later objects replace the parts that they name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsageParts {
    pub(crate) input: Option<u64>,
    pub(crate) cached: Option<u64>,
    pub(crate) cache_write: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) total: Option<u64>,
    /// Whether `input` leaves cached and newly cached tokens out, as Anthropic's does.
    pub(crate) input_is_uncached: bool,
}

impl Tally {
    /// The usage so far.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.parts.map(UsageParts::usage)
    }

    /// Takes in a usage object; anything that is no object names nothing.
    pub(crate) fn note_usage(&mut self, parts: Option<UsageParts>) {
        if let Some(next) = parts {
            self.parts = Some(self.parts.map_or(next, |known| known.updated(next)));
        }
    }

    /// Takes in an error, unless it is empty or another came before it.
    pub(crate) fn note_error(&mut self, fault: Fault) {
        if self.error.is_none() && !fault.is_empty() {
            self.error = Some(fault);
        }
    }
}

impl UsageParts {
    /// Reads a usage object in OpenAI's words, in all of their generations and dialects.
    pub(crate) fn openai(value: &Value) -> Option<Self> {
        value.as_object()?;
        let at = |names: &[&str]| names.iter().find_map(|name| amount(value.get(name)?));
        let within = |objects: &[&str], name: &str| {
            objects.iter().find_map(|object| amount(value.get(object)?.get(name)?))
        };
        let details = ["prompt_tokens_details", "prompt_token_details", "input_tokens_details"];
        Some(Self {
            input: at(&["prompt_tokens", "input_tokens"]),
            output: at(&["completion_tokens", "output_tokens"]),
            total: at(&["total_tokens"]),
            // DeepSeek and Mistral name the cached part beside the prompt (recordings of 2025 and 2026).
            cached: within(&details, "cached_tokens")
                .or_else(|| at(&["prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"])),
            cache_write: within(&details, "cache_write_tokens"),
            input_is_uncached: false,
        })
    }

    /// Reads a usage object in Anthropic's words.
    pub(crate) fn anthropic(value: &Value) -> Option<Self> {
        value.as_object()?;
        let at = |name: &str| amount(value.get(name)?);
        Some(Self {
            input: at("input_tokens"),
            cached: at("cache_read_input_tokens"),
            cache_write: at("cache_creation_input_tokens"),
            output: at("output_tokens"),
            total: None,
            input_is_uncached: true,
        })
    }

    fn updated(self, next: Self) -> Self {
        Self {
            input: next.input.or(self.input),
            cached: next.cached.or(self.cached),
            cache_write: next.cache_write.or(self.cache_write),
            output: next.output.or(self.output),
            total: next.total.or(self.total),
            input_is_uncached: next.input_is_uncached,
        }
    }

    fn usage(self) -> Usage {
        let [input, cached, cache_write, output] =
            [self.input, self.cached, self.cache_write, self.output].map(Option::unwrap_or_default);
        let beside = if self.input_is_uncached { cached.saturating_add(cache_write) } else { 0 };
        let mut usage = Usage::new(input.saturating_add(beside), output);
        usage.cached_input_tokens = cached;
        usage.cache_write_tokens = cache_write;
        usage.total_tokens = self.total;
        usage
    }
}

/// An amount: a whole number, or a float that is one. Negative numbers and words are `None`.
fn amount(value: &Value) -> Option<u64> {
    // Floats above this are no exact integers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_u64().or_else(|| {
        let float = value.as_f64().filter(|float| (0.0..EXACT).contains(float) && float.fract() == 0.0)?;
        Some(float as u64)
    })
}
