//! `OpenRouter`'s way of speaking: `OpenAI`'s shapes with additions, and headers on refusals only.

use http::Method;
use serde_json::Value;

use crate::call::Endpoint;
use crate::config::Hints;
use crate::meters::Refused;
use crate::prose::Prose;
use crate::voice::{Headers, Problem, Scene, Trouble, Voice};

mod answer;
mod errors;
mod headers;
mod stream;

/// `OpenRouter`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenRouter;

impl Voice for OpenRouter {
    fn endpoint(&self, method: &Method, path: &str) -> Option<Endpoint> {
        match (method, path) {
            (&Method::POST, "/v1/chat/completions") => Some(Endpoint::Chat),
            (&Method::POST, "/v1/completions") => Some(Endpoint::Completion),
            (&Method::POST, "/v1/embeddings") => Some(Endpoint::Embeddings),
            (&Method::GET, "/v1/models") => Some(Endpoint::Models),
            _ => None,
        }
    }

    fn base_headers(&self, _scene: &Scene<'_>) -> Headers {
        headers::base()
    }

    /// None on a success (recorded and documented, 2026-08).
    fn rate_headers(&self, _scene: &Scene<'_>) -> Headers {
        Headers::new()
    }

    fn answer(&self, scene: &Scene<'_>, prose: &Prose) -> Value {
        answer::answer(scene, prose)
    }

    /// Plain answers begin with white space that keeps the connection open (recorded, 2025-06).
    fn answer_prefix(&self) -> &'static str {
        "\n         \n"
    }

    fn stream(&self, scene: &Scene<'_>, prose: &Prose) -> Vec<String> {
        stream::stream(scene, prose)
    }

    fn refusal(&self, scene: &Scene<'_>, refused: &Refused, hints: Hints) -> Problem {
        errors::refusal(scene, refused, hints)
    }

    fn trouble(&self, scene: &Scene<'_>, trouble: &Trouble) -> Problem {
        errors::trouble(scene, trouble)
    }
}
