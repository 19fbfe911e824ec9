//! Venice: `GET /api/v1/api_keys/rate_limits` for any key (documentation, 2026-08).

use serde_json::Value;
use tidegate_core::Dimension;

use super::{
    Credit, DAY, Found, FoundLimit, MINUTE, Question, Told, Unreadable, Whose, amount, microdollars,
};

pub(super) fn questions() -> Vec<Question> {
    vec![Question::usual("/v1/api_keys/rate_limits")]
}

pub(super) fn read(_: &Question, body: &Value) -> Result<Told, Unreadable> {
    let data = body.get("data").filter(|data| data.is_object()).ok_or(Unreadable { field: "data" })?;
    let mut found = Found::default();
    for model in super::list(data, "rateLimits")? {
        let whose = Whose::model(model.get("apiModelId").and_then(Value::as_str).map(str::to_owned));
        let limits = model.get("rateLimits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        found.limits.extend(limits.iter().filter_map(|limit| one(limit, whose.clone())));
    }
    let remaining = microdollars(data.pointer("/balances/USD"));
    found.credit = Credit { remaining, ..Credit::default() };
    Ok(Told { found, next: Vec::new() })
}

fn one(limit: &Value, whose: Whose) -> Option<FoundLimit> {
    let (dimension, window) = match limit.get("type")?.as_str()? {
        "RPM" => (Dimension::Requests, MINUTE),
        "RPD" => (Dimension::Requests, DAY),
        "TPM" => (Dimension::TotalTokens, MINUTE),
        _ => return None,
    };
    Some(FoundLimit { whose, dimension, window: Some(window), limit: amount(limit.get("amount"))? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_read_by_model_with_the_balance() {
        let body = json!({"data": {"accessPermitted": true, "apiTier": {"id": "paid", "isCharged": true},
            "balances": {"USD": 50.23, "DIEM": 1}, "rateLimits": [{"apiModelId": "llama-3.3-70b",
            "rateLimits": [{"amount": 50, "type": "RPM"}, {"amount": 750000, "type": "TPM"}, {"amount": 1, "type": "X"}]}]}});
        let found = read(&questions()[0], &body).unwrap().found;
        assert_eq!(found.credit.remaining, Some(50_230_000));
        let limits: Vec<_> = found.limits.iter().map(|limit| (limit.dimension, limit.limit)).collect();
        assert_eq!(limits, [(Dimension::Requests, 50), (Dimension::TotalTokens, 750_000)]);
    }
}
