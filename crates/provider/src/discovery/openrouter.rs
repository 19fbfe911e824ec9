//! OpenRouter: `GET /api/v1/key` for any key, `/api/v1/credits` besides (documentation, 2026-08).

use serde_json::Value;
use tidegate_core::Dimension;

use super::{Credit, Found, FoundUsage, Period, Question, Told, Unreadable, microdollars};

/// The key itself tells its limit and usage; the credit of the whole account takes a management key.
pub(super) fn questions() -> Vec<Question> {
    vec![Question::usual("/v1/key"), Question::admin("/v1/credits")]
}

pub(super) fn read(question: &Question, body: &Value) -> Result<Told, Unreadable> {
    let data = body.get("data").filter(|data| data.is_object()).ok_or(Unreadable { field: "data" })?;
    let dollars = |field: &str| microdollars(data.get(field));
    if question.path.starts_with("/v1/credits") {
        let (limit, used) = (dollars("total_credits"), dollars("total_usage"));
        let remaining = limit.zip(used).map(|(limit, used)| limit.saturating_sub(used));
        let credit = Credit { limit, remaining, used };
        return Ok(Told { found: Found { credit, ..Found::default() }, next: Vec::new() });
    }
    // A key without a limit of its own has null there, and spends what the account has.
    let credit =
        Credit { limit: dollars("limit"), remaining: dollars("limit_remaining"), used: dollars("usage") };
    let periods =
        [(Period::Day, "usage_daily"), (Period::Week, "usage_weekly"), (Period::Month, "usage_monthly")];
    let usage = periods.into_iter().filter_map(|(period, field)| {
        Some(FoundUsage { period, dimension: Dimension::Money, amount: dollars(field)? })
    });
    let found = Found { usage: usage.collect(), credit, ..Found::default() };
    Ok(Told { found, next: Vec::new() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_tells_its_credit_and_usage() {
        let body = json!({"data": {"label": "sk-or-v1-x", "limit": 20, "limit_remaining": 7.5, "usage": 12.5,
            "usage_daily": 0.000001, "usage_weekly": 3, "usage_monthly": 12.5, "is_free_tier": false,
            "rate_limit": {"requests": -1, "interval": "10s"}}});
        let found = read(&questions()[0], &body).unwrap().found;
        let credit = Credit { limit: Some(20_000_000), remaining: Some(7_500_000), used: Some(12_500_000) };
        assert_eq!(found.credit, credit);
        assert_eq!((found.usage[0].period, found.usage[0].amount, found.usage.len()), (Period::Day, 1, 3));
        assert_eq!(found.limits, [], "the field rate_limit is out of use and means nothing");
    }

    #[test]
    fn a_key_without_a_limit_has_none_and_debt_is_nothing_left() {
        let body = json!({"data": {"limit": null, "limit_remaining": null, "usage": 1}});
        assert_eq!(read(&questions()[0], &body).unwrap().found.credit.limit, None);
        let body = json!({"data": {"total_credits": 10, "total_usage": 11.5}});
        let credit = read(&questions()[1], &body).unwrap().found.credit;
        assert_eq!((credit.limit, credit.remaining), (Some(10_000_000), Some(0)));
    }
}
