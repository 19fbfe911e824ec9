//! Mistral's errors: mostly `{"object": "error", "message", "type", "param", "code"}`, with exceptions.

use serde_json::{Value, json};

use super::headers;
use crate::meters::Refused;
use crate::voice::{Problem, Scene, Trouble};

/// The 429 of a limit: the same words for every limit, and never a hint how long to wait (reported and measured
/// by several, 2026).
pub(super) fn refusal(scene: &Scene<'_>, refused: &Refused) -> Problem {
    let body = json!({"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "param": null,
        "code": "1300", "raw_status_code": 429});
    Problem { headers: headers::rates_of_refusal(scene, refused.dimension), ..Problem::new(429, body) }
}

/// Every other error. No capacity is a 429 of its own kind at Mistral, and a 429 that no limit explains comes from
/// the gateway in front of it (recorded 2024-25).
pub(super) fn trouble(trouble: &Trouble) -> Problem {
    match trouble {
        Trouble::ServerError => {
            Problem::new(500, error("Internal server error", "internal_server_error", "1000"))
        }
        Trouble::Overloaded => {
            let message = "Service tier capacity exceeded for this model.";
            Problem::new(429, error(message, "service_tier_capacity_exceeded", "3505"))
        }
        Trouble::Throttled => Problem::new(429, json!({"message": "Requests rate limit exceeded"})),
        Trouble::Unauthorised => Problem::new(401, json!({"detail": "Invalid API Key"})),
        Trouble::NotFound { .. } => {
            Problem::new(404, json!({"message": "no Route matched with those values"}))
        }
        Trouble::Invalid(mistake) => {
            let place: Vec<&str> = ["body"].into_iter().chain(mistake.field).collect();
            let kind = if mistake.field.is_some() { "missing" } else { "json_invalid" };
            Problem::new(
                422,
                json!({"detail": [{"type": kind, "loc": place, "msg": mistake.message, "input": {}}]}),
            )
        }
    }
}

fn error(message: &str, kind: &str, code: &str) -> Value {
    json!({"object": "error", "message": message, "type": kind, "param": null, "code": code})
}
