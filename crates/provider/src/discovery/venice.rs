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
    // Calls are paid in DIEM first, whose worth and daily allowance no dollar tells. Only where an account has nothing
    // but dollars are they all it has (documentation, 2026-08).
    let has_others = ["DIEM", "VCU"].iter().any(|other| {
        data.get("balances")
            .and_then(|all| all.get(other))
            .and_then(Value::as_f64)
            .is_some_and(|left| left > 0.0)
    });
    found.balance = remaining.filter(|_| !has_others);
    Ok(Told { found, next: Vec::new() })
}

fn one(limit: &Value, whose: Whose) -> Option<FoundLimit> {
    let (dimension, window) = match limit.get("type")?.as_str()? {
        "RPM" => (Dimension::Requests, MINUTE),
        "RPD" => (Dimension::Requests, DAY),
        "TPM" => (Dimension::TotalTokens, MINUTE),
        _ => return None,
    };
    Some(FoundLimit {
        whose,
        dimension,
        window: Some(window),
        limit: amount(limit.get("amount"))?,
        used_today: None,
    })
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
        assert_eq!((found.credit.remaining, found.balance), (Some(50_230_000), None));
        let limits: Vec<_> = found.limits.iter().map(|limit| (limit.dimension, limit.limit)).collect();
        assert_eq!(limits, [(Dimension::Requests, 50), (Dimension::TotalTokens, 750_000)]);
    }

    #[test]
    fn dollars_are_all_that_an_account_has_only_where_it_has_nothing_else() {
        let balance = |balances: Value| {
            let body = json!({"data": {"balances": balances, "rateLimits": []}});
            read(&questions()[0], &body).unwrap().found.balance
        };
        assert_eq!(balance(json!({"USD": 2.5, "DIEM": 0, "VCU": null})), Some(2_500_000));
        assert_eq!(balance(json!({"USD": 0, "DIEM": 90.5})), None);
        assert_eq!(balance(json!({"DIEM": 0})), None);
    }
}
