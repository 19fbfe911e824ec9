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

    /// So many hundredths of each, and at least one.
    #[must_use]
    pub fn percent(&self, percent: u32) -> Self {
        let part = |limit: Option<u64>| {
            limit.map(|limit| (limit.saturating_mul(percent.into()) / 100).max(limit.min(1)))
        };
        Self {
            requests: part(self.requests),
            total_tokens: part(self.total_tokens),
            input_tokens: part(self.input_tokens),
            output_tokens: part(self.output_tokens),
        }
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

    #[test]
    fn a_part_of_a_limit_is_at_least_one() {
        assert_eq!(Limits::requests_and_tokens(300, 1).percent(50), Limits::requests_and_tokens(150, 1));
        assert_eq!(Limits::requests_and_tokens(0, 10).percent(200), Limits::requests_and_tokens(0, 20));
    }
}
