//! `Verdict`: how a call ended, as an adapter judges an answer.

use std::time::Duration;

use tidegate_core::{Class, Feedback, Observation, Reach};

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
    /// How far it reaches: a model's own throttling leaves the account's other models alone.
    pub reach: Reach,
    /// What the body says of the error.
    pub error: Option<ErrorBody>,
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
    pub const OK: Self =
        Self { class: Class::Ok, retryable: false, retry_after: None, reach: Reach::Lane, error: None };

    /// A verdict of that class, with nothing else known.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        Self { class, retryable: class.is_retryable(), retry_after: None, reach: Reach::Lane, error: None }
    }

    /// What the engine is told: this verdict and the limits that the same answer stated.
    #[must_use]
    pub fn feedback(&self, limits: Vec<Observation>) -> Feedback {
        let mut feedback = Feedback::of(self.class);
        feedback.limits = limits;
        feedback.retry_after = self.retry_after;
        feedback
    }
}
