//! `OpenRouter`'s errors: `{"error": {"message", "code", "metadata"}, "user_id"}`.

use serde_json::{Map, Value, json};
use tidegate_core::Dimension;

use super::headers;
use crate::config::Hints;
use crate::meters::Refused;
use crate::voice::{Problem, Scene, Trouble};

/// `OpenRouter`'s own 429 (recorded, 2025-08): the rate headers stand in the body too.
pub(super) fn refusal(scene: &Scene<'_>, refused: &Refused, hints: Hints) -> Problem {
    let (model, limit) = (scene.model(), refused.level.limit);
    let (tag, unit) = match refused.dimension {
        Dimension::Requests => ("limit_rpm", "requests"),
        _ => ("limit_tpm", "tokens"),
    };
    let message = format!(
        "Rate limit exceeded: {tag}/{model}/00000000-0000-0000-0000-000000000000. High demand for {model} on \
         OpenRouter - limited to {limit} {unit} per minute. Please retry shortly."
    );
    if hints == Hints::Withheld {
        return problem(429, &message, &json!({"provider_name": null}));
    }
    let headers = headers::rates_of_refusal(refused);
    let shown: Map<String, Value> = headers
        .iter()
        .zip(["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
        .map(|((_, value), name)| (name.to_owned(), json!(value)))
        .collect();
    Problem { headers, ..problem(429, &message, &json!({"headers": shown, "provider_name": null})) }
}

/// Every other error. A 429 that no limit explains is that of a provider behind `OpenRouter` (recorded, 2025-12).
pub(super) fn trouble(scene: &Scene<'_>, trouble: &Trouble) -> Problem {
    let none = json!({});
    match trouble {
        Trouble::ServerError => problem(500, "Internal Server Error", &json!({"error_type": "server"})),
        Trouble::Overloaded => {
            problem(503, "Provider overloaded", &json!({"error_type": "provider_overloaded"}))
        }
        Trouble::Throttled => {
            let raw = format!(
                "{} is temporarily rate-limited upstream. Please retry shortly, or add your own key to \
                 accumulate your rate limits: https://openrouter.ai/settings/integrations",
                scene.model()
            );
            problem(429, "Provider returned error", &json!({"raw": raw, "provider_name": "Emulated"}))
        }
        Trouble::Unauthorised => problem(401, "No auth credentials found", &none),
        Trouble::NotFound { .. } => problem(404, "Not Found", &none),
        Trouble::Invalid(mistake) => problem(400, &mistake.message, &none),
    }
}

fn problem(status: u16, message: &str, metadata: &Value) -> Problem {
    let mut error = json!({"message": message, "code": status});
    if metadata.as_object().is_some_and(|fields| !fields.is_empty()) {
        error["metadata"] = metadata.clone();
    }
    Problem::new(status, json!({"error": error, "user_id": "user_emulated"}))
}
