//! Anthropic's errors: `{"type": "error", "error": {"type", "message"}, "request_id"}`.

use serde_json::json;
use tidegate_core::Dimension;

use super::headers;
use crate::config::Hints;
use crate::meters::Refused;
use crate::voice::{Problem, Scene, Trouble};

/// The 429 of a limit (text reported, 2026). A call above the limit itself gets the same text without a
/// `retry-after`, since no wait would be true.
pub(super) fn refusal(scene: &Scene<'_>, refused: &Refused, hints: Hints) -> Problem {
    if hints == Hints::Withheld {
        let message = "This request would exceed your account's rate limit. Please try again later.";
        return problem(scene, 429, "rate_limit_error", message);
    }
    let name = match refused.dimension {
        Dimension::Requests => "requests",
        Dimension::InputTokens => "input tokens",
        Dimension::OutputTokens => "output tokens",
        _ => "tokens",
    };
    let message = format!(
        "This request would exceed your organization's rate limit of {} {name} per minute (org: \
         00000000-0000-0000-0000-000000000000, model: {}). For details, refer to: \
         https://docs.claude.com/en/api/rate-limits.",
        with_commas(refused.level.limit),
        scene.model()
    );
    let mut problem = problem(scene, 429, "rate_limit_error", &message);
    problem.headers = headers::rates(scene);
    if let Some(until) = refused.until {
        let secs = until.since(scene.at).as_nanos().div_ceil(1_000_000_000);
        problem.headers.push(("retry-after", secs.to_string()));
    }
    problem
}

/// Every other error. 529 says that it may be retried (reported, 2026).
pub(super) fn trouble(scene: &Scene<'_>, trouble: &Trouble) -> Problem {
    match trouble {
        Trouble::ServerError => problem(scene, 500, "api_error", "Internal server error"),
        Trouble::Overloaded => {
            let mut problem = problem(scene, 529, "overloaded_error", "Overloaded");
            problem.headers.push(("x-should-retry", "true".to_owned()));
            problem
        }
        Trouble::Throttled => {
            let message = "This request would exceed your account's rate limit. Please try again later.";
            problem(scene, 429, "rate_limit_error", message)
        }
        Trouble::Unauthorised => {
            let mut problem = problem(scene, 401, "authentication_error", "invalid x-api-key");
            problem.headers.push(("x-should-retry", "false".to_owned()));
            problem
        }
        Trouble::NotFound { path, .. } => {
            problem(scene, 404, "not_found_error", &format!("Not found: {path}"))
        }
        Trouble::Invalid(mistake) => problem(scene, 400, "invalid_request_error", &mistake.message),
    }
}

fn problem(scene: &Scene<'_>, status: u16, kind: &str, message: &str) -> Problem {
    let error = json!({"type": kind, "message": message});
    Problem::new(status, json!({"type": "error", "error": error, "request_id": scene.id("req_")}))
}

/// A number with a comma before each group of three digits.
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [7, 999, 1_000, 30_000, 2_000_000].map(with_commas),
            ["7", "999", "1,000", "30,000", "2,000,000"]
        );
    }
}
