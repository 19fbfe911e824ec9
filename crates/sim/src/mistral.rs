//! Mistral's way of speaking: chat, agents, fill-in-the-middle, embeddings, judgements, conversations, models.

use http::Method;
use serde_json::Value;

use crate::call::{Call, Endpoint};
use crate::config::Hints;
use crate::meters::Refused;
use crate::prose::Prose;
use crate::shelf::{Ask, Shelf, Stored};
use crate::voice::{Headers, Problem, Remembered, Scene, Trouble, Voice};

mod answer;
mod conversations;
mod errors;
mod headers;
mod stored;
mod stream;

/// Mistral.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mistral;

impl Voice for Mistral {
    fn endpoint(&self, method: &Method, path: &str) -> Option<Endpoint> {
        match (method, path) {
            (&Method::POST, "/v1/chat/completions" | "/v1/agents/completions") => Some(Endpoint::Chat),
            (&Method::POST, "/v1/fim/completions") => Some(Endpoint::Completion),
            (
                &Method::POST,
                "/v1/moderations"
                | "/v1/chat/moderations"
                | "/v1/classifications"
                | "/v1/chat/classifications",
            ) => Some(Endpoint::Moderations),
            (&Method::POST, "/v1/embeddings") => Some(Endpoint::Embeddings),
            (&Method::POST, "/v1/conversations") => Some(Endpoint::Conversations(None)),
            (&Method::POST, path) => conversations::endpoint(path),
            (&Method::GET, "/v1/models") => Some(Endpoint::Models),
            (&Method::GET, path) => {
                path.strip_prefix("/v1/models/").map(|model| Endpoint::Model(model.to_owned()))
            }
            _ => None,
        }
    }

    fn base_headers(&self, scene: &Scene<'_>) -> Headers {
        headers::base(scene)
    }

    fn rate_headers(&self, scene: &Scene<'_>) -> Headers {
        headers::rates_of_success(scene)
    }

    /// No recorded stream has rate headers (0 of 24, 2025-09 to 2026-08).
    fn rates_on_streams(&self) -> bool {
        false
    }

    /// What remains is stated after the call's own `query-cost` (recorded, 2026-07).
    fn states_own_charge(&self) -> bool {
        true
    }

    fn answer(&self, scene: &Scene<'_>, prose: &Prose) -> Value {
        answer::answer(scene, prose)
    }

    fn stream(&self, scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
        stream::stream(scene, prose)
    }

    fn stored(&self, shelf: &mut Shelf, ask: &Ask<'_>) -> Option<Stored> {
        stored::stored(shelf, ask)
    }

    fn keep(&self, shelf: &mut Shelf, scene: &Scene<'_>, prose: &Prose) {
        stored::keep(shelf, scene, prose);
    }

    fn remembered(&self, shelf: &Shelf, call: &Call) -> Remembered {
        stored::remembered(shelf, call)
    }

    fn refusal(&self, scene: &Scene<'_>, refused: &Refused, _hints: Hints) -> Problem {
        errors::refusal(scene, refused)
    }

    fn trouble(&self, _scene: &Scene<'_>, trouble: &Trouble) -> Problem {
        errors::trouble(trouble)
    }
}
