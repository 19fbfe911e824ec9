//! `OpenAI`'s way of speaking: chat, completions, Responses, embeddings, moderations, models.

use http::Method;
use serde_json::Value;

use crate::call::{Call, Endpoint};
use crate::config::Hints;
use crate::meters::Refused;
use crate::prose::Prose;
use crate::shelf::{Ask, Shelf, Stored};
use crate::voice::{Headers, Problem, Remembered, Scene, Trouble, Voice};

pub(crate) mod answer;
pub(crate) mod errors;
mod headers;
mod responses;
pub(crate) mod stream;

/// `OpenAI`, and hosts that speak its API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenAi;

impl Voice for OpenAi {
    fn endpoint(&self, method: &Method, path: &str) -> Option<Endpoint> {
        endpoint(method, path)
    }

    fn base_headers(&self, scene: &Scene<'_>) -> Headers {
        headers::base(scene)
    }

    fn rate_headers(&self, scene: &Scene<'_>) -> Headers {
        headers::rates(scene)
    }

    fn answer(&self, scene: &Scene<'_>, prose: &Prose) -> Value {
        answer::answer(scene, prose)
    }

    fn stream(&self, scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
        stream::stream(scene, prose)
    }

    fn stored(&self, shelf: &mut Shelf, ask: &Ask<'_>) -> Option<Stored> {
        responses::stored(shelf, ask)
    }

    fn keep(&self, shelf: &mut Shelf, scene: &Scene<'_>, prose: &Prose) {
        responses::keep(shelf, scene, prose);
    }

    fn remembered(&self, shelf: &Shelf, call: &Call) -> Remembered {
        responses::remembered(shelf, call)
    }

    fn refusal(&self, scene: &Scene<'_>, refused: &Refused, hints: Hints) -> Problem {
        errors::refusal(scene, refused, hints)
    }

    fn trouble(&self, _scene: &Scene<'_>, trouble: &Trouble) -> Problem {
        errors::trouble(trouble)
    }
}

/// What `OpenAI`'s paths ask for.
fn endpoint(method: &Method, path: &str) -> Option<Endpoint> {
    match (method, path) {
        (&Method::POST, "/v1/chat/completions") => Some(Endpoint::Chat),
        (&Method::POST, "/v1/completions") => Some(Endpoint::Completion),
        (&Method::POST, "/v1/responses") => Some(Endpoint::Responses),
        (&Method::POST, "/v1/embeddings") => Some(Endpoint::Embeddings),
        (&Method::POST, "/v1/moderations") => Some(Endpoint::Moderations),
        (&Method::GET, "/v1/models") => Some(Endpoint::Models),
        (&Method::GET, path) => {
            path.strip_prefix("/v1/models/").map(|model| Endpoint::Model(model.to_owned()))
        }
        _ => None,
    }
}
