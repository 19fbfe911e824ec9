//! `Event`: what happens to a call on its way, for metrics and logs. Nothing depends on who listens.

use std::sync::Arc;
use std::time::Duration;

use tidegate_core::{Class, Comparison, Usage};
use tidegate_provider::Ignored;

/// Who listens to a call.
pub type Watch = Arc<dyn Fn(&Event) + Send + Sync>;

/// What happens to a call on its way, in this order; one attempt is one round from `Granted` to `Answered`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Its turn has come.
    Granted {
        /// How long it waited for this attempt.
        waited: Duration,
    },
    /// The head of an answer arrived, or failed to.
    Answered {
        /// How the attempt ended, as far as the head and an error's body tell.
        class: Class,
        /// From sending to the head.
        after: Duration,
    },
    /// A header of its answer looks like a limit or a wait but was not heeded: its name is not known or its value
    /// means nothing. Told once for each host, header and reason.
    Ignored {
        /// The header and the reason, never its value.
        ignored: Ignored,
    },
    /// Money is limited, but nobody knows what its model costs: its calls are not charged before they are answered. Told
    /// once for each model.
    Unpriced {
        /// The model.
        model: String,
    },
    /// It goes back to the queue.
    Retried {
        /// How the attempt ended.
        class: Class,
    },
    /// The first byte of the answer's body arrived.
    FirstByte {
        /// From sending to the first byte.
        after: Duration,
    },
    /// The answer's body came to an end.
    Ended {
        /// Which.
        end: BodyEnd,
        /// How the call ended, errors inside the body included.
        class: Class,
        /// What the answer says it used.
        usage: Option<Usage>,
        /// What was reserved for the call, beside what it used, where that is known.
        compared: Option<Comparison>,
        /// From sending to the end.
        after: Duration,
    },
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// All of it came.
    Whole,
    /// It stopped before its end: the connection to the provider broke, or was closed before the event that ends the
    /// stream or the last brace of the document.
    Broken,
    /// Its reader went away.
    GivenUp,
}

/// Nobody listens.
pub(crate) fn ignore() -> Watch {
    Arc::new(|_| ())
}
