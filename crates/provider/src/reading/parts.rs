//! `UsageParts`: the parts of a usage that one object names, in the words of each family of providers.

use tidegate_core::Usage;

use super::paths::kind;
use super::{Details, Tree};
use crate::value::ONE_CALL_MAX;

/// The parts of a usage that one object names. Later objects replace the parts that they name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsageParts {
    pub(crate) input: Option<u64>,
    pub(crate) cached: Option<u64>,
    pub(crate) cache_write: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) total: Option<u64>,
    pub(crate) details: Details,
    /// Whether `input` leaves cached and newly cached tokens out, as Anthropic's does.
    pub(crate) input_is_uncached: bool,
}

impl UsageParts {
    /// Reads a usage object in OpenAI's words, in all of their generations and dialects.
    pub(crate) fn openai(value: &Tree<'_>) -> Option<Self> {
        let fields = value.fields()?;
        let told = Told::by(value);
        let input_details = told.groups(&[
            "prompt_tokens_details",
            "prompt_token_details",
            "input_tokens_details",
            "input_token_details",
        ]);
        let output_details =
            told.groups(&["completion_tokens_details", "completion_token_details", "output_tokens_details"]);
        let parts = Self {
            input: told.at(&["prompt_tokens", "input_tokens"]),
            output: told.at(&["completion_tokens", "output_tokens"]),
            total: told.at(&["total_tokens"]),
            // DeepSeek, Mistral and Together name the cached part beside the prompt (recordings of 2025 and 2026).
            cached: within(&input_details, "cached_tokens")
                .or_else(|| told.at(&["prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"])),
            cache_write: within(&input_details, "cache_write_tokens"),
            details: Details {
                reasoning_tokens: within(&output_details, "reasoning_tokens"),
                input_audio_tokens: within(&input_details, "audio_tokens"),
                output_audio_tokens: within(&output_details, "audio_tokens"),
                input_image_tokens: within(&input_details, "image_tokens"),
                output_image_tokens: within(&output_details, "image_tokens"),
                connector_tokens: told.at(&["connector_tokens"]),
                cost_microdollars: told.cost(),
                // OpenAI bills transcriptions by the second, Mistral any sound in a prompt (recordings, 2026).
                audio_seconds: told.seconds(&["seconds", "prompt_audio_seconds"]),
                ..Details::default()
            },
            input_is_uncached: false,
        };
        // An object of other things tells no zeros (the units of a policy at Bedrock, recorded 2025).
        (fields.is_empty() || parts != Self::default()).then_some(parts)
    }

    /// Reads a usage object in Anthropic's words.
    pub(crate) fn anthropic(value: &Tree<'_>) -> Option<Self> {
        value.fields()?;
        let told = Told::by(value);
        Some(Self {
            input: told.at(&["input_tokens"]),
            cached: told.at(&["cache_read_input_tokens"]),
            cache_write: told.at(&["cache_creation_input_tokens"]),
            output: told.at(&["output_tokens"]),
            total: None,
            details: Details {
                reasoning_tokens: within(&told.groups(&["output_tokens_details"]), "thinking_tokens"),
                cost_microdollars: told.cost(),
                ..Details::default()
            },
            input_is_uncached: true,
        })
    }

    /// Reads a usage object of Bedrock, whose input leaves out what was read from a cache or written to one (recorded
    /// 2025 and 2026: 12, 1 028 of the cache and 185 make 1 225).
    pub(crate) fn bedrock(value: &Tree<'_>) -> Option<Self> {
        let told = Told::by(value);
        Some(Self {
            input: told.at(&["inputTokens", "inputTokenCount"]),
            cached: told.at(&["cacheReadInputTokens", "cacheReadInputTokenCount"]),
            cache_write: told.at(&["cacheWriteInputTokens", "cacheWriteInputTokenCount"]),
            output: told.at(&["outputTokens", "outputTokenCount"]),
            total: told.at(&["totalTokens"]),
            input_is_uncached: true,
            ..Self::default()
        })
    }

    /// Reads a usage object of Gemini's interactions, whose thoughts and tools stand beside input and output
    /// (recordings of 2026: 266, 3 and 57 of thoughts make 326).
    pub(crate) fn interactions(value: &Tree<'_>) -> Option<Self> {
        let told = Told::by(value);
        Some(Self {
            input: told.sum(["total_input_tokens", "total_tool_use_tokens"]),
            cached: told.at(&["total_cached_tokens"]),
            output: told.sum(["total_output_tokens", "total_thought_tokens"]),
            total: told.at(&["total_tokens"]),
            details: Details { reasoning_tokens: told.at(&["total_thought_tokens"]), ..Details::default() },
            ..Self::default()
        })
    }

    /// Reads a usage object in Cohere's words: tokens that were used and units that are billed, which differ by the
    /// frame around a prompt (recordings to 2026). Limits count what was used.
    pub(crate) fn cohere(value: &Tree<'_>) -> Option<Self> {
        let within = |group: &str, name: &str| amount(value.get(group)?.get(name)?);
        let [billed_input, billed_output] =
            ["input_tokens", "output_tokens"].map(|name| within("billed_units", name));
        let parts = Self {
            input: within("tokens", "input_tokens").or(billed_input),
            output: within("tokens", "output_tokens").or(billed_output),
            cached: Told::by(value).at(&["cached_tokens"]),
            details: Details {
                billed_input_tokens: billed_input,
                billed_output_tokens: billed_output,
                reasoning_tokens: within("tokens", "reasoning_tokens"),
                input_image_tokens: within("tokens", "image_tokens")
                    .or_else(|| within("billed_units", "image_tokens")),
                ..Details::default()
            },
            ..Self::default()
        };
        (parts.input.is_some() || parts.output.is_some()).then_some(parts)
    }

    /// Reads a usage object in the words of Gemini's own API, whose thoughts stand beside the candidates
    /// (recordings to 2026-08).
    pub(crate) fn gemini(value: &Tree<'_>) -> Option<Self> {
        value.fields()?;
        let told = Told::by(value);
        let of_modality = |list: &str, modality: &str| {
            let is_of = |entry: &&Tree<'_>| entry.get("modality").is_some_and(|own| own.is(modality));
            amount(value.get(list)?.entries().iter().find(is_of)?.get("tokenCount")?)
        };
        Some(Self {
            input: told.sum(["promptTokenCount", "toolUsePromptTokenCount"]),
            cached: told.at(&["cachedContentTokenCount"]),
            output: told.sum(["candidatesTokenCount", "thoughtsTokenCount"]),
            total: told.at(&["totalTokenCount"]),
            details: Details {
                reasoning_tokens: told.at(&["thoughtsTokenCount"]),
                input_audio_tokens: of_modality("promptTokensDetails", "AUDIO"),
                output_audio_tokens: of_modality("candidatesTokensDetails", "AUDIO"),
                input_image_tokens: of_modality("promptTokensDetails", "IMAGE"),
                output_image_tokens: of_modality("candidatesTokensDetails", "IMAGE"),
                ..Details::default()
            },
            ..Self::default()
        })
    }

    pub(crate) fn updated(self, next: Self) -> Self {
        Self {
            input: next.input.or(self.input),
            cached: next.cached.or(self.cached),
            cache_write: next.cache_write.or(self.cache_write),
            output: next.output.or(self.output),
            total: next.total.or(self.total),
            details: self.details.updated(next.details),
            input_is_uncached: next.input_is_uncached,
        }
    }

    pub(crate) fn usage(self) -> Usage {
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

/// What an object tells.
#[derive(Clone, Copy)]
struct Told<'a> {
    object: &'a Tree<'a>,
    /// Which kinds of names it has: most names that are looked for are of none of them.
    kinds: u64,
}

impl<'a> Told<'a> {
    fn by(object: &'a Tree<'a>) -> Self {
        let fields = object.fields().unwrap_or_default();
        Self { object, kinds: fields.iter().fold(0, |kinds, (name, _)| kinds | kind(name.as_bytes())) }
    }

    fn get(self, name: &str) -> Option<&'a Tree<'a>> {
        if self.kinds & kind(name.as_bytes()) == 0 { None } else { self.object.get(name) }
    }

    /// The first of these amounts that is there.
    fn at(self, names: &[&str]) -> Option<u64> {
        names.iter().find_map(|name| amount(self.get(name)?))
    }

    /// The sum of those of two amounts that are there.
    fn sum(self, names: [&str; 2]) -> Option<u64> {
        let parts = names.map(|name| self.at(&[name]));
        (parts != [None, None]).then(|| parts.into_iter().flatten().fold(0, u64::saturating_add))
    }

    /// Those of these objects that are there: mostly one, and often none.
    fn groups(self, names: &[&str]) -> Vec<&'a Tree<'a>> {
        names.iter().filter_map(|name| self.get(name)).collect()
    }

    /// The first of these durations, in whole seconds, rounded up.
    fn seconds(self, names: &[&str]) -> Option<u64> {
        names.iter().find_map(|name| scaled(self.get(name)?, 1.0)).filter(|seconds| *seconds <= ONE_CALL_MAX)
    }

    /// The cost: a number of dollars (OpenRouter's credits are dollars), or an object with a total (Perplexity). xAI
    /// counts in ticks, of which a dollar has ten thousand million (recordings of 2026: 289 tokens of input, 128 of
    /// them cached, and 171 of output come to 6 543 500).
    fn cost(self) -> Option<u64> {
        const TICKS_PER_MICRODOLLAR: f64 = 10_000.0;
        let dollars = self.get("cost").map(|cost| cost.get("total_cost").unwrap_or(cost));
        dollars
            .and_then(|dollars| scaled(dollars, 1_000_000.0))
            .or_else(|| scaled(self.get("cost_in_usd_ticks")?, 1.0 / TICKS_PER_MICRODOLLAR))
    }
}

/// The amount of that name in the first of these objects that has it.
fn within(groups: &[&Tree<'_>], name: &str) -> Option<u64> {
    groups.iter().find_map(|group| amount(group.get(name)?))
}

/// The most that one call costs, in millionths of a dollar: a million dollars. What is beyond is garbage.
const SCALED_MAX: f64 = 1e12;

/// An amount: a whole number, or a float that is one. Negative numbers, words, and more than a call can have are `None`.
pub(crate) fn amount(value: &Tree<'_>) -> Option<u64> {
    let whole = |float: f64| (float >= 0.0 && float.fract() == 0.0).then_some(float as u64);
    value.as_u64().or_else(|| whole(value.as_f64()?)).filter(|amount| *amount <= ONE_CALL_MAX)
}

/// A number times a factor, rounded up to a whole one. Negative numbers, words, and more than a call can cost are `None`.
fn scaled(value: &Tree<'_>, factor: f64) -> Option<u64> {
    // What a decimal fraction is off by in binary must not round it up.
    const SLACK: f64 = 1e-6;
    let scaled = value.as_f64()? * factor;
    (0.0..SCALED_MAX).contains(&scaled).then(|| (scaled - SLACK).ceil().max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn money_is_counted_in_whole_millionths_rounded_up() {
        let cost = |value: Value| UsageParts::openai(&Tree::of(&value))?.details.cost_microdollars;
        assert_eq!(cost(json!({"cost": 0.01})), Some(10_000));
        assert_eq!(cost(json!({"cost": 0.0000121})), Some(13));
        assert_eq!(cost(json!({"cost": 0})), Some(0));
        assert_eq!(cost(json!({"cost": -1})), None);
        assert_eq!(cost(json!({"cost": {"currency": "USD", "total_cost": 0.005}})), Some(5_000));
        assert_eq!(cost(json!({"cost_in_usd_ticks": 6_543_500_u64})), Some(655));
        assert_eq!(cost(json!({"cost": "free"})), None);
    }

    #[test]
    fn parts_of_a_usage_are_kept_apart() {
        let usage = json!({"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 5, "image_tokens": 6},
            "completion_tokens_details": {"reasoning_tokens": 7, "audio_tokens": 1, "image_tokens": 2}});
        let details = UsageParts::openai(&Tree::of(&usage)).unwrap().details;
        assert_eq!((details.reasoning_tokens, details.input_audio_tokens), (Some(7), Some(5)));
        assert_eq!((details.output_audio_tokens, details.input_image_tokens), (Some(1), Some(6)));
        assert_eq!(details.output_image_tokens, Some(2));
    }

    #[test]
    fn an_object_of_other_things_is_no_usage() {
        assert_eq!(UsageParts::openai(&Tree::of(&json!({"topicPolicyUnits": 1}))), None);
        assert_eq!(UsageParts::openai(&Tree::of(&json!({}))), Some(UsageParts::default()));
    }

    #[test]
    fn bedrock_leaves_its_cache_out_of_the_input() {
        let usage = json!({"inputTokens": 12, "outputTokens": 185, "totalTokens": 1225,
            "cacheReadInputTokens": 1028, "cacheWriteInputTokens": 0});
        let usage = UsageParts::bedrock(&Tree::of(&usage)).unwrap().usage();
        assert_eq!((usage.input_tokens, usage.cached_input_tokens), (1_040, 1_028));
        assert_eq!((usage.output_tokens, usage.total()), (185, 1_225));
    }

    #[test]
    fn an_interaction_thinks_beside_its_output() {
        let usage = json!({"total_tokens": 331, "total_input_tokens": 266, "total_cached_tokens": 8,
            "total_output_tokens": 3, "total_tool_use_tokens": 5, "total_thought_tokens": 57});
        let parts = UsageParts::interactions(&Tree::of(&usage)).unwrap();
        let usage = parts.usage();
        assert_eq!((usage.input_tokens, usage.cached_input_tokens), (271, 8));
        assert_eq!((usage.output_tokens, usage.total()), (60, 331));
        assert_eq!(parts.details.reasoning_tokens, Some(57));
    }

    #[test]
    fn cohere_uses_other_tokens_than_it_bills() {
        let usage = json!({"billed_units": {"input_tokens": 5, "output_tokens": 3},
            "tokens": {"input_tokens": 70, "output_tokens": 3}, "cached_tokens": 48});
        let parts = UsageParts::cohere(&Tree::of(&usage)).unwrap();
        assert_eq!((parts.usage().input_tokens, parts.usage().cached_input_tokens), (70, 48));
        assert_eq!(parts.details.billed_input_tokens, Some(5));
        assert_eq!(UsageParts::cohere(&Tree::of(&json!({"api_version": {"version": "2"}}))), None);
    }

    #[test]
    fn gemini_thinks_beside_its_candidates() {
        let usage = json!({"promptTokenCount": 10, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 7,
            "thoughtsTokenCount": 20, "totalTokenCount": 42, "cachedContentTokenCount": 3,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}, {"modality": "IMAGE", "tokenCount": 2}]});
        let parts = UsageParts::gemini(&Tree::of(&usage)).unwrap();
        let usage = parts.usage();
        assert_eq!((usage.input_tokens, usage.output_tokens, usage.total()), (15, 27, 42));
        assert_eq!((parts.details.reasoning_tokens, parts.details.input_image_tokens), (Some(20), Some(2)));
    }
}
