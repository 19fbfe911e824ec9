//! What an answer says it cost.

use serde::Deserialize;

#[derive(Deserialize)]
struct Priced {
    usage: Option<PricedUsage>,
}

#[derive(Deserialize)]
struct PricedUsage {
    cost: Option<f64>,
}

/// The money of an answer in millionths of a dollar; `None` where it names none. `OpenRouter` has `usage.cost` in
/// credits, which are dollars (documentation, 2026-08).
pub(super) fn told(body: &[u8]) -> Option<u64> {
    // Looked for first: most answers name none, and reading each as JSON once more would be for nothing.
    memchr::memmem::find(body, b"\"cost\"")?;
    let cost = serde_json::from_slice::<Priced>(body).ok()?.usage?.cost?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a number of dollars that fits; a figure to look at"
    )]
    (0.0..1e12).contains(&cost).then(|| (cost * 1e6).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_where_one_is_told() {
        assert_eq!(told(br#"{"usage":{"cost":0.00012}}"#), Some(120));
        assert_eq!(told(br#"{"usage":{"total_tokens":3}}"#), None);
        assert_eq!(told(br#"{"usage":{"cost":-1}}"#), None);
        assert_eq!(told(br#"{"text":"the \"cost\" of it"}"#), None);
    }
}
