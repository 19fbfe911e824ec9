//! `Usage`: what a call really used, in tokens, as the provider reported it.

/// What a call really used.
///
/// Normalised over providers: `input_tokens` is everything sent, cached and newly cached included;
/// `cached_input_tokens` is the part of it that was read from a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens sent, cached ones included.
    pub input_tokens: u64,
    /// The part of the input that was read from a cache.
    pub cached_input_tokens: u64,
    /// The part of the input that was written to a cache.
    pub cache_write_tokens: u64,
    /// Tokens produced, reasoning included.
    pub output_tokens: u64,
    /// The provider's own total where it states one (tool runs can make it more than the sum).
    pub total_tokens: Option<u64>,
}

impl Usage {
    /// `input_tokens` sent and `output_tokens` produced, nothing cached.
    #[must_use]
    pub const fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            cached_input_tokens: 0,
            cache_write_tokens: 0,
            output_tokens,
            total_tokens: None,
        }
    }

    /// The provider's own total, or input plus output.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total_tokens.unwrap_or_else(|| self.input_tokens.saturating_add(self.output_tokens))
    }
}
