//! `Details`: what an answer says of its use beside the plain tokens; `Spent`: both together.

use tidegate_core::{Cost, Dimension, Usage};

/// What an answer says of its use beside input and output. A part that it does not name is `None`.
///
/// Token parts are parts of the usage, not additions to it, unless their line says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Output tokens that were thought and not shown.
    pub reasoning_tokens: Option<u64>,
    /// Input tokens of sound. Mistral's stand beside its prompt (recordings of 2026).
    pub input_audio_tokens: Option<u64>,
    /// Output tokens of sound.
    pub output_audio_tokens: Option<u64>,
    /// Input tokens of images.
    pub input_image_tokens: Option<u64>,
    /// Output tokens of images.
    pub output_image_tokens: Option<u64>,
    /// Tokens that connectors used in the course of a conversation, beside input and output (Mistral, 2026-08).
    pub connector_tokens: Option<u64>,
    /// Input tokens that the provider bills, where it bills others than it used (Cohere).
    pub billed_input_tokens: Option<u64>,
    /// Output tokens that the provider bills, where it bills others than it used (Cohere).
    pub billed_output_tokens: Option<u64>,
    /// What the answer cost, in millionths of a US dollar, rounded up.
    pub cost_microdollars: Option<u64>,
    /// Pages that were read.
    pub pages: Option<u64>,
    /// Seconds of sound that were heard, rounded up.
    pub audio_seconds: Option<u64>,
}

impl Details {
    /// Takes over each part that `next` names.
    pub(crate) fn updated(self, next: Self) -> Self {
        Self {
            reasoning_tokens: next.reasoning_tokens.or(self.reasoning_tokens),
            input_audio_tokens: next.input_audio_tokens.or(self.input_audio_tokens),
            output_audio_tokens: next.output_audio_tokens.or(self.output_audio_tokens),
            input_image_tokens: next.input_image_tokens.or(self.input_image_tokens),
            output_image_tokens: next.output_image_tokens.or(self.output_image_tokens),
            connector_tokens: next.connector_tokens.or(self.connector_tokens),
            billed_input_tokens: next.billed_input_tokens.or(self.billed_input_tokens),
            billed_output_tokens: next.billed_output_tokens.or(self.billed_output_tokens),
            cost_microdollars: next.cost_microdollars.or(self.cost_microdollars),
            pages: next.pages.or(self.pages),
            audio_seconds: next.audio_seconds.or(self.audio_seconds),
        }
    }

    /// What was counted in units other than tokens and requests, with the dimension of each.
    pub(crate) fn units(&self) -> impl Iterator<Item = (Dimension, u64)> {
        let parts = [
            (Dimension::Money, self.cost_microdollars),
            (Dimension::Pages, self.pages),
            (Dimension::AudioSeconds, self.audio_seconds),
        ];
        parts.into_iter().filter_map(|(dimension, amount)| Some((dimension, amount?)))
    }
}

/// All that a call used: its tokens, and what the answer says beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The tokens.
    pub usage: Usage,
    /// What is told beside them.
    pub details: Details,
}

impl Spent {
    /// `cost` with what was counted in units other than tokens.
    pub(crate) fn with_units(&self, cost: Cost) -> Cost {
        self.details.units().fold(cost, |cost, (dimension, amount)| cost.with(dimension, amount))
    }
}

impl From<Usage> for Spent {
    fn from(usage: Usage) -> Self {
        Self { usage, details: Details::default() }
    }
}
