//! Anthropic's way of speaking: messages, token counts, models.

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

/// Anthropic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anthropic;

impl Voice for Anthropic {
    fn endpoint(&self, method: &Method, path: &str) -> Option<Endpoint> {
        match (method, path) {
            (&Method::POST, "/v1/messages") => Some(Endpoint::Messages),
            (&Method::POST, "/v1/messages/count_tokens") => Some(Endpoint::CountTokens),
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

    fn answer(&self, scene: &Scene<'_>, prose: &Prose) -> Value {
        answer::answer(scene, prose)
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
