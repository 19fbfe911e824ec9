//! `Verdict`: how a call ended, as an adapter judges an answer.

use std::time::Duration;

use tidegate_core::{Class, Feedback, Observation, Reach};

use crate::fault::figure;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The class.
    pub class: Class,
    /// Whether the same request can succeed later. Never true for a class that is permanent; a provider's
    /// `x-should-retry: false` can make it false for the others.
    pub retryable: bool,
    /// How long the provider asks to wait. `None` unless the class is one that waiting helps.
    pub retry_after: Option<Duration>,
    /// Where that wait was stated.
    pub waits_by: Option<WaitSource>,
    /// How far it reaches: a model's own throttling leaves the account's other models alone.
    pub reach: Reach,
    /// Limits that the error's text or details state, for want of headers or beside them. Only of a refusal that
    /// waiting helps.
    pub limits: Vec<Observation>,
    /// What the body says of the error.
    pub error: Option<ErrorBody>,
}

/// Where a wait was stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WaitSource {
    /// The header `retry-after`.
    RetryAfter,
    /// The header `retry-after-ms`.
    RetryAfterMs,
    /// The end of the window that refused, in a header or repeated in the body.
    Reset,
    /// A field of the error body.
    Body,
    /// The text of the error's message.
    Message,
    /// A header that the user's config names.
    Configured,
    /// The midnight at which the provider's daily quotas begin, told by the name of the quota.
    Midnight,
}

impl WaitSource {
    /// The name that output uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RetryAfter => "retry-after",
            Self::RetryAfterMs => "retry-after-ms",
            Self::Reset => "reset",
            Self::Body => "body",
            Self::Message => "message",
            Self::Configured => "configured",
            Self::Midnight => "midnight",
        }
    }
}

/// What an error body says, in whatever shape it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// The provider's code, or its type where it has no code.
    pub code: Option<String>,
    /// The provider's message.
    pub message: Option<String>,
}

impl Verdict {
    /// Answered, without an error.
    pub const OK: Self = Self::of(Class::Ok);

    /// A verdict of that class, with nothing else known.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        Self {
            class,
            retryable: class.is_retryable(),
            retry_after: None,
            waits_by: None,
            reach: Reach::Lane,
            limits: Vec::new(),
            error: None,
        }
    }

    /// What the engine is told: this verdict and the limits that the head of the same answer stated. Where head and
    /// text speak of the same dimension, the head counts.
    #[must_use]
    pub fn feedback(&self, limits: Vec<Observation>) -> Feedback {
        let mut feedback = Feedback::of(self.class);
        feedback.limits = limits;
        for told in &self.limits {
            if feedback.limits.iter().all(|stated| stated.dimension != told.dimension) {
                feedback.limits.push(*told);
            }
        }
        feedback.retry_after = self.retry_after;
        feedback
    }

    /// How many tokens of output the credit that is left would pay, where a refusal says so: "You requested up to 64000
    /// tokens, but can only afford 2666" (OpenRouter, report of 2025). Then a smaller call may pass.
    #[must_use]
    pub fn affordable_output(&self) -> Option<u64> {
        if self.class != Class::QuotaExhausted {
            return None;
        }
        figure(self.error.as_ref()?.message.as_ref()?, "can only afford ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_may_say_what_credit_would_pay() {
        let message = "This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, \
                       but can only afford 2666.";
        let error = ErrorBody { code: None, message: Some(message.to_owned()) };
        let refused = Verdict { error: Some(error.clone()), ..Verdict::of(Class::QuotaExhausted) };
        assert_eq!(refused.affordable_output(), Some(2_666));
        let other = Verdict { error: Some(error), ..Verdict::of(Class::Invalid) };
        assert_eq!(
            (other.affordable_output(), Verdict::of(Class::QuotaExhausted).affordable_output()),
            (None, None)
        );
    }
}
