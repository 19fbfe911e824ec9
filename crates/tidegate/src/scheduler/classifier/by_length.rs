//! `ByLength`: takes a prompt's tokens from its length. For callers without a tokenizer.

use super::Classifier;
use crate::scheduler::Metadata;

/// How many bytes of text a token has, by the rule of thumb that the providers' own pages give for English. Other
/// languages have fewer, so the estimate is low for them; what it missed is settled after the answer.
const BYTES_PER_TOKEN: u64 = 4;

/// Takes the tokens of a prompt from its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByLength {
    template: Metadata,
    output_tokens: u64,
}

impl ByLength {
    /// Prompts that have everything but their tokens in common with `template`, and whose answers have about
    /// `output_tokens`.
    #[must_use]
    pub const fn new(template: Metadata, output_tokens: u64) -> Self {
        Self { template, output_tokens }
    }
}

impl Classifier<str> for ByLength {
    fn classify(&self, prompt: &str) -> Metadata {
        let bytes = u64::try_from(prompt.len()).unwrap_or(u64::MAX);
        let tokens = bytes.div_ceil(BYTES_PER_TOKEN).saturating_add(self.output_tokens);
        self.template.clone().estimated_tokens(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_has_a_token_for_each_four_bytes_begun_and_its_answer_on_top() {
        let classifier = ByLength::new(Metadata::new("m"), 10);
        let tokens = ["", "a", "four", "five5"].map(|text| classifier.classify(text).estimated_tokens);
        assert_eq!(tokens, [Some(10), Some(11), Some(11), Some(12)]);
    }
}
