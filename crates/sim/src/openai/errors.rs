//! `OpenAI`'s errors: `{"error": {"message", "type", "param", "code"}}`.

use serde_json::{Value, json};
use tidegate_core::Dimension;

use super::headers;
use crate::config::Hints;
use crate::go_duration::go_duration;
use crate::meters::Refused;
use crate::voice::{Problem, Scene, Trouble};

/// The 429 of a limit (texts reported 2025-01 to 2026-05).
///
/// A call above the limit itself gets "Request too large", with no wait in it: it can never pass. The same
/// `code` for both is `OpenAI`'s, not ours.
pub(crate) fn refusal(scene: &Scene<'_>, refused: &Refused, hints: Hints) -> Problem {
    let (kind, name) = match refused.dimension {
        Dimension::Requests => ("requests", "requests per min (RPM)"),
        Dimension::InputTokens => ("tokens", "input tokens per min (ITPM)"),
        Dimension::OutputTokens => ("tokens", "output tokens per min (OTPM)"),
        _ => ("tokens", "tokens per min (TPM)"),
    };
    let (limit, used, requested) = (refused.level.limit, refused.level.used, refused.requested.max(1));
    let place = format!("for {} in organization org-emulated on {name}: Limit {limit}", scene.model());
    let Some(until) = refused.until else {
        let message = format!(
            "Request too large {place}, Requested {requested}. The input or output tokens must be reduced in order \
             to run successfully. Visit https://platform.openai.com/account/rate-limits to learn more."
        );
        return Problem {
            headers: headers::rates(scene),
            ..Problem::new(429, error(&message, kind, "rate_limit_exceeded"))
        };
    };
    if hints == Hints::Withheld {
        let message = format!("Rate limit reached {place}, Used {used}, Requested {requested}.");
        return Problem::new(429, error(&message, kind, "rate_limit_exceeded"));
    }
    // Rounded up, so that a caller who comes at the told instant is let in.
    let millis = u64::try_from(until.since(scene.at).as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    let message = format!(
        "Rate limit reached {place}, Used {used}, Requested {requested}. Please try again in {}. Visit \
         https://platform.openai.com/account/rate-limits to learn more.",
        go_duration(millis)
    );
    let mut problem = Problem::new(429, error(&message, kind, "rate_limit_exceeded"));
    problem.headers = headers::rates(scene);
    problem.headers.push(("retry-after-ms", millis.to_string()));
    problem.headers.push(("retry-after", millis.div_ceil(1_000).to_string()));
    problem
}

/// Every other error.
pub(crate) fn trouble(trouble: &Trouble) -> Problem {
    match trouble {
        Trouble::ServerError => {
            let message = "The server had an error while processing your request. Sorry about that!";
            Problem::new(500, full("server_error", message, &Value::Null, &Value::Null))
        }
        Trouble::Overloaded => {
            let message = "The engine is currently overloaded, please try again later";
            Problem::new(503, full("server_error", message, &Value::Null, &Value::Null))
        }
        Trouble::Throttled => {
            let message = "Rate limit reached for requests";
            Problem::new(429, error(message, "requests", "rate_limit_exceeded"))
        }
        Trouble::Unauthorised => {
            let message = "You didn't provide an API key.";
            Problem::new(401, full("invalid_request_error", message, &Value::Null, &Value::Null))
        }
        Trouble::NotFound { method, path } => {
            let message = format!("Invalid URL ({method} {path})");
            Problem::new(404, full("invalid_request_error", &message, &Value::Null, &Value::Null))
        }
        Trouble::Invalid(mistake) => {
            let body = full("invalid_request_error", &mistake.message, &json!(mistake.field), &Value::Null);
            Problem::new(400, body)
        }
    }
}

fn error(message: &str, kind: &str, code: &str) -> Value {
    full(kind, message, &Value::Null, &json!(code))
}

fn full(kind: &str, message: &str, param: &Value, code: &Value) -> Value {
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}
