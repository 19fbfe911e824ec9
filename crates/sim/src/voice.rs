//! `Voice`: the seam between the emulator and a provider's way of speaking. It holds no state.

use std::fmt;

use http::Method;
use serde_json::Value;

use crate::call::{Call, Endpoint, Mistake};
use crate::config::Hints;
use crate::dialect::Dialect;
use crate::meters::{Reading, Refused};
use crate::prose::Prose;
use crate::shelf::{Ask, Shelf, Stored};
use crate::wall::WallTime;
use crate::{anthropic, mistral, openai, openrouter};

/// Names and values of headers.
pub(crate) type Headers = Vec<(&'static str, String)>;

/// A provider's way of speaking.
///
/// # Contract
///
/// Implementations are pure functions: the same arguments give the same bytes. They decide paths, headers and
/// bodies; what is counted, and whether a call is admitted, was decided before. Each states where its shapes come from.
pub(crate) trait Voice: fmt::Debug + Send + Sync {
    /// What a path asks for, if this provider has it. Paths begin with `/v1`.
    fn endpoint(&self, method: &Method, path: &str) -> Option<Endpoint>;

    /// Headers of every answer.
    fn base_headers(&self, scene: &Scene<'_>) -> Headers;

    /// Rate headers of an admitted and metered call's answer, plain or stream.
    fn rate_headers(&self, scene: &Scene<'_>) -> Headers;

    /// Whether streams have rate headers too.
    fn rates_on_streams(&self) -> bool {
        true
    }

    /// Whether a plain answer's rate headers state the limits after its own charge, at the moment it leaves.
    fn states_own_charge(&self) -> bool {
        false
    }

    /// The body of a plain answer.
    fn answer(&self, scene: &Scene<'_>, prose: &Prose) -> Value;

    /// What stands before the JSON of a plain answer.
    fn answer_prefix(&self) -> &'static str {
        ""
    }

    /// The events of a streamed answer, each with its blank line.
    fn stream(&self, scene: &Scene<'_>, prose: &Prose) -> Vec<String>;

    /// Answers what is stored and needs no model; `None` for everything else. A provider that stores nothing has no
    /// such answers.
    fn stored(&self, _shelf: &mut Shelf, _ask: &Ask<'_>) -> Option<Stored> {
        None
    }

    /// Stores what an answer leaves behind.
    fn keep(&self, _shelf: &mut Shelf, _scene: &Scene<'_>, _prose: &Prose) {}

    /// What the provider remembers of the conversation that a call continues: nothing, by default.
    fn remembered(&self, _shelf: &Shelf, _call: &Call) -> Remembered {
        Remembered::default()
    }

    /// The refusal of a call that a limit does not admit.
    fn refusal(&self, scene: &Scene<'_>, refused: &Refused, hints: Hints) -> Problem;

    /// The answer to everything else that goes wrong.
    fn trouble(&self, scene: &Scene<'_>, trouble: &Trouble) -> Problem;
}

/// What an answer may depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// The call, when it was understood.
    pub(crate) call: Option<&'a Call>,
    /// The levels of the limits that the call met.
    pub(crate) levels: &'a [Reading],
    /// What the call's answer is charged in tokens, where it is known.
    pub(crate) query_cost: u64,
    /// When the headers are written.
    pub(crate) at: WallTime,
    /// What tells this answer from every other.
    pub(crate) id: u64,
}

impl Scene<'_> {
    /// An identifier with this prefix, the same for the same seed and calls.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}{:016x}", self.id)
    }

    /// The model that the call named.
    pub(crate) fn model(&self) -> &str {
        self.call.map_or("", |call| call.model.as_str())
    }

    /// How many input tokens the call has.
    pub(crate) fn input_tokens(&self) -> u64 {
        self.call.map_or(0, |call| call.content.tokens)
    }
}

/// What a provider remembers of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// The tokens of its history, which the model reads again.
    pub(crate) tokens: u64,
    /// The model that it began with.
    pub(crate) model: Option<String>,
}

/// An answer that is an error.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Value,
}

impl Problem {
    /// An error without headers of its own.
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Headers::new(), body }
    }
}

/// What can go wrong besides a limit.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The provider itself fails: a 500.
    ServerError,
    /// The provider has no capacity.
    Overloaded,
    /// A 429 that no limit explains.
    Throttled,
    /// No key.
    Unauthorised,
    /// No such path.
    NotFound { method: Method, path: String },
    /// A body that is not understood.
    Invalid(Mistake),
}

/// The voice of a dialect.
pub(crate) fn voice(dialect: Dialect) -> &'static dyn Voice {
    match dialect {
        Dialect::OpenAi | Dialect::Compatible => &openai::OpenAi,
        Dialect::Anthropic => &anthropic::Anthropic,
        Dialect::Mistral => &mistral::Mistral,
        Dialect::OpenRouter => &openrouter::OpenRouter,
    }
}
