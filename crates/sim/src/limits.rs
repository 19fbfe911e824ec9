//! `Limits`: which amounts a minute the emulated provider allows.

use tidegate_core::Dimension;

/// What is allowed a minute; `None` is no limit of that kind. A limit of zero admits nothing, ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute.
    pub requests: Option<u64>,
    /// Input and output tokens a minute, as one number.
    pub total_tokens: Option<u64>,
    /// Input tokens a minute.
    pub input_tokens: Option<u64>,
    /// Output tokens a minute.
    pub output_tokens: Option<u64>,
}

impl Limits {
    /// Limits on requests and on total tokens, the pair that most providers have.
    #[must_use]
    pub const fn requests_and_tokens(requests: u64, total_tokens: u64) -> Self {
        Self {
            requests: Some(requests),
            total_tokens: Some(total_tokens),
            input_tokens: None,
            output_tokens: None,
        }
    }

    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The limits that exist, with their dimensions.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Dimension, u64)> {
        [
            (Dimension::Requests, self.requests),
            (Dimension::TotalTokens, self.total_tokens),
            (Dimension::InputTokens, self.input_tokens),
            (Dimension::OutputTokens, self.output_tokens),
        ]
        .into_iter()
        .filter_map(|(dimension, limit)| Some((dimension, limit?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_given_limits_exist() {
        let limits = Limits::requests_and_tokens(300, 60_000);
        let listed: Vec<_> = limits.each().collect();
        assert_eq!(listed, [(Dimension::Requests, 300), (Dimension::TotalTokens, 60_000)]);
        assert!(Limits::default().is_empty());
    }
}
