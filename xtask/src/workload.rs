//! The workload that batches are measured with: 600 chat rows at 300 requests and 60 000 tokens a minute.

use serde_json::{Value, json};

use crate::failure::Failure;

/// How many rows there are.
pub const ROWS: u64 = 600;
/// What the provider allows, as its flags want it.
pub const REQUESTS_PER_MINUTE: &str = "300";
/// The same of tokens.
pub const TOKENS_PER_MINUTE: &str = "60000";
/// The same two numbers, to reckon with.
const LIMITS: (f64, f64) = (300.0, 60_000.0);

/// What the emulated provider says of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Calls that it refused.
    pub refused: u64,
    /// Tokens that it counted.
    pub tokens: f64,
    /// Seconds from the first call's arrival to the last one's admission.
    pub span_s: f64,
}

/// The input: chat rows of two lengths, each with its own `user`.
#[must_use]
pub fn rows() -> String {
    let row = |n: u64| {
        let words = "tide ".repeat(if n.is_multiple_of(3) { 270 } else { 90 });
        let messages = json!([{"role": "user", "content": words}]);
        let body = json!({"model": "gpt-4o-mini", "user": format!("row-{n}"), "max_tokens": 64, "messages": messages});
        let line = json!({"custom_id": format!("row-{n}"), "method": "POST", "url": "/v1/chat/completions", "body": body});
        format!("{line}\n")
    };
    (1..=ROWS).map(row).collect()
}

/// The shortest time in which the provider could admit the work, its full initial burst included.
#[must_use]
pub fn ideal_s(tokens: f64) -> f64 {
    let (requests_a_minute, tokens_a_minute) = LIMITS;
    let requests_s = (ROWS as f64 - requests_a_minute) / (requests_a_minute / 60.0);
    let tokens_s = (tokens - tokens_a_minute) / (tokens_a_minute / 60.0);
    requests_s.max(tokens_s)
}

/// How many of the rows have exactly one answer of status 200.
#[must_use]
pub fn answered_once(answers: &str) -> u64 {
    let lines: Vec<Value> = answers.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let once = |n: &u64| {
        let id = format!("row-{n}");
        let mut mine = lines.iter().filter(|line| line["custom_id"] == id.as_str());
        mine.next().is_some_and(|line| line["response"]["status_code"] == 200) && mine.next().is_none()
    };
    (1..=ROWS).filter(once).count() as u64
}

impl Figures {
    /// Reads the answer of the emulated provider's `/_mock/stats`.
    ///
    /// # Errors
    /// When a figure is missing.
    pub fn read(stats: &Value) -> Result<Self, Failure> {
        let number = |value: &Value, name: &str| {
            value
                .as_f64()
                .ok_or_else(|| Failure::new(format!("the provider's figures have no `{name}`: {stats}")))
        };
        let tokens = number(&stats["charged"]["total_tokens"], "charged.total_tokens")?;
        let first_ms = number(&stats["first_arrival_ms"], "first_arrival_ms")?;
        let last_ms = number(&stats["last_admission_ms"], "last_admission_ms")?;
        let refused = stats["refused"].as_u64().unwrap_or(u64::MAX);
        Ok(Self { refused, tokens, span_s: (last_ms - first_ms) / 1_000.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ideal_is_set_by_the_slower_limit() {
        assert_eq!(ideal_s(60_000.0), 60.0);
        assert_eq!(ideal_s(150_000.0), 90.0);
    }

    #[test]
    fn a_row_answered_twice_is_not_answered_once() {
        let line = "{\"custom_id\":\"row-1\",\"response\":{\"status_code\":200}}\n";
        assert_eq!(answered_once(line), 1);
        assert_eq!(answered_once(&line.repeat(2)), 0);
        assert_eq!(answered_once("{\"custom_id\":\"row-1\",\"response\":{\"status_code\":500}}"), 0);
    }
}
