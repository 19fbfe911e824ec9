//! `Dimension`: what a limit counts.

use core::fmt;

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dimension {
    /// Calls.
    Requests,
    /// Tokens sent.
    InputTokens,
    /// Tokens produced.
    OutputTokens,
    /// Tokens sent and produced, as one number.
    TotalTokens,
    /// Calls under way at once.
    Concurrency,
    /// Money, in millionths of a US dollar.
    Money,
    /// Images.
    Images,
    /// Seconds of audio.
    AudioSeconds,
    /// Pages of documents.
    Pages,
    /// Characters of text.
    Characters,
}

impl Dimension {
    /// How many dimensions there are.
    pub const COUNT: usize = 10;

    /// Every dimension, in the order of [`Dimension::index`].
    pub const ALL: [Self; Self::COUNT] = [
        Self::Requests,
        Self::InputTokens,
        Self::OutputTokens,
        Self::TotalTokens,
        Self::Concurrency,
        Self::Money,
        Self::Images,
        Self::AudioSeconds,
        Self::Pages,
        Self::Characters,
    ];

    /// The dimension's place in [`Dimension::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name that output, metrics and messages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::InputTokens => "input_tokens",
            Self::OutputTokens => "output_tokens",
            Self::TotalTokens => "total_tokens",
            Self::Concurrency => "concurrency",
            Self::Money => "money",
            Self::Images => "images",
            Self::AudioSeconds => "audio_seconds",
            Self::Pages => "pages",
            Self::Characters => "characters",
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dimension_stands_at_its_own_index() {
        for (place, dimension) in Dimension::ALL.iter().enumerate() {
            assert_eq!(dimension.index(), place, "{dimension}");
        }
    }
}
