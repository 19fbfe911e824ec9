//! `Demand`: what one call takes from each limit, at admission and at completion, by the provider's rule.

use tidegate_core::Dimension;

use crate::call::Call;
use crate::config::TokenCharge;

/// What `OpenAI` took for the output of a call without `max_tokens` (measured until 2025-02).
const UNSET_MAX_TOKENS: u64 = 16;

/// Amounts of each dimension. `None`: the limit does not concern the call. Zero: the limit must have something
/// left, but nothing is taken yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    pub(crate) requests: u64,
    pub(crate) input: Option<u64>,
    pub(crate) output: Option<u64>,
    pub(crate) total: Option<u64>,
    /// Output that was counted before and is given back.
    pub(crate) back: u64,
}

impl Demand {
    /// What a refused call takes where refusals count.
    pub(crate) const ONE_REQUEST: Self =
        Self { requests: 1, input: None, output: None, total: None, back: 0 };

    /// What `call` takes at admission.
    pub(crate) fn at_admission(call: &Call, rule: TokenCharge) -> Self {
        if !call.endpoint.has_tokens() {
            return Self::ONE_REQUEST;
        }
        let (input, output) = match rule {
            TokenCharge::InputThenOutput | TokenCharge::InputOnly => (call.content.tokens, 0),
            TokenCharge::Reserved | TokenCharge::ReservedThenReturned => {
                (call.content.tokens, call.max_tokens.unwrap_or(UNSET_MAX_TOKENS))
            }
            TokenCharge::AfterCompletion => (0, 0),
        };
        let has_output = call.endpoint.has_output();
        let output = has_output.then_some(output);
        let total = input.saturating_add(output.unwrap_or(0));
        Self { requests: 1, input: Some(input), output, total: Some(total), back: 0 }
    }

    /// What `call` takes when its answer of `output` tokens is complete.
    pub(crate) fn at_completion(call: &Call, answered: u64, rule: TokenCharge) -> Self {
        let output = answered;
        let (input, output, total) = match rule {
            _ if !call.endpoint.has_tokens() => (0, 0, 0),
            TokenCharge::InputThenOutput => (0, output, output),
            TokenCharge::InputOnly => (0, output, 0),
            TokenCharge::Reserved | TokenCharge::ReservedThenReturned => (0, 0, 0),
            TokenCharge::AfterCompletion => {
                let all = call.content.tokens.saturating_add(output).saturating_add(call.connector_tokens());
                (call.content.tokens, output, all)
            }
        };
        let back = match rule {
            TokenCharge::ReservedThenReturned if call.endpoint.has_output() => {
                call.max_tokens.unwrap_or(UNSET_MAX_TOKENS).saturating_sub(answered)
            }
            _ => 0,
        };
        Self { requests: 0, input: Some(input), output: Some(output), total: Some(total), back }
    }

    /// What of a dimension is given back.
    pub(crate) fn back(&self, dimension: Dimension) -> u64 {
        if matches!(dimension, Dimension::OutputTokens | Dimension::TotalTokens) { self.back } else { 0 }
    }

    /// The amount of one dimension.
    pub(crate) fn of(&self, dimension: Dimension) -> Option<u64> {
        match dimension {
            Dimension::Requests => Some(self.requests),
            Dimension::InputTokens => self.input,
            Dimension::OutputTokens => self.output,
            Dimension::TotalTokens => self.total,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Endpoint;

    fn call() -> Call {
        let body = br#"{"model":"m","max_tokens":50,"messages":[{"role":"user","content":"12345678"}]}"#;
        Call::read(Endpoint::Chat, body).unwrap()
    }

    #[test]
    fn each_rule_takes_input_and_output_at_its_own_time() {
        let both = |rule| {
            let admission = Demand::at_admission(&call(), rule).total;
            (admission, Demand::at_completion(&call(), 20, rule).total)
        };
        assert_eq!(both(TokenCharge::InputThenOutput), (Some(5), Some(20)));
        assert_eq!(both(TokenCharge::InputOnly), (Some(5), Some(0)));
        assert_eq!(both(TokenCharge::Reserved), (Some(55), Some(0)));
        assert_eq!(both(TokenCharge::AfterCompletion), (Some(0), Some(25)));
        assert_eq!(both(TokenCharge::ReservedThenReturned), (Some(55), Some(0)));
        let completed = Demand::at_completion(&call(), 20, TokenCharge::ReservedThenReturned);
        let back = [Dimension::TotalTokens, Dimension::OutputTokens, Dimension::InputTokens];
        assert_eq!(back.map(|dimension| completed.back(dimension)), [30, 30, 0]);
    }

    #[test]
    fn a_call_without_tokens_meets_no_token_limit() {
        let call = Call::read(Endpoint::Moderations, br#"{"input":"x"}"#).unwrap();
        assert_eq!(Demand::at_admission(&call, TokenCharge::InputThenOutput), Demand::ONE_REQUEST);
    }
}
