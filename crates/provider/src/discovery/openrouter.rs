//! OpenRouter: `GET /api/v1/key` for any key, `/api/v1/credits` besides (documentation, 2026-08 and 2026-10).

use serde_json::Value;
use tidegate_core::Dimension;

use super::{
    Credit, DAY, Found, FoundLimit, FoundUsage, Period, Question, Told, Unreadable, Whose, amount,
    microdollars,
};
use crate::openrouter::{FREE, FREE_A_DAY};

/// The key itself tells its limit and usage; the credit of the whole account takes a management key.
pub(super) fn questions() -> Vec<Question> {
    vec![Question::usual("/v1/key"), Question::admin("/v1/credits")]
}

pub(super) fn read(question: &Question, body: &Value) -> Result<Told, Unreadable> {
    let data = body.get("data").filter(|data| data.is_object()).ok_or(Unreadable { field: "data" })?;
    let found = if question.path.starts_with("/v1/credits") { of_account(data) } else { of_key(data) };
    Ok(Told { found, next: Vec::new() })
}

/// The account's credit, all that was ever bought and all that was spent.
fn of_account(data: &Value) -> Found {
    let dollars = |field: &str| microdollars(data.get(field));
    let (limit, used) = (dollars("total_credits"), dollars("total_usage"));
    let remaining = limit.zip(used).map(|(limit, used)| limit.saturating_sub(used));
    let credit = Credit { limit, remaining, used, renews: None };
    Found {
        limits: limit.and_then(of_bought).into_iter().collect(),
        credit,
        balance: remaining,
        ..Found::default()
    }
}

/// The key's own limit, if it has one, and what was spent with it. A key without a limit has null there, and spends
/// what the account has.
fn of_key(data: &Value) -> Found {
    let dollars = |field: &str| microdollars(data.get(field));
    let renews = data.get("limit_reset").and_then(Value::as_str).and_then(period);
    let (limit, remaining, used) = (dollars("limit"), dollars("limit_remaining"), dollars("usage"));
    let periods =
        [(Period::Day, "usage_daily"), (Period::Week, "usage_weekly"), (Period::Month, "usage_monthly")];
    let usage = periods.into_iter().filter_map(|(period, field)| {
        Some(FoundUsage { period, dimension: Dimension::Money, amount: dollars(field)? })
    });
    Found {
        limits: free_today(data).into_iter().collect(),
        usage: usage.collect(),
        credit: Credit { limit, remaining, used, renews },
        balance: None,
    }
}

/// With which period a key's limit begins anew. Days and months are UTC's, weeks begin on Monday.
fn period(word: &str) -> Option<Period> {
    match word {
        "daily" => Some(Period::Day),
        "weekly" => Some(Period::Week),
        "monthly" => Some(Period::Month),
        _ => None,
    }
}

/// How many calls to free models a day has room for, all such models and keys of the account together. The key tells
/// its count of the day (documentation, 2026-10); before that it told only whether credit was ever bought.
fn free_today(data: &Value) -> Option<FoundLimit> {
    let told = data.get("free_model_daily_requests");
    if let Some(limit) = told.and_then(|told| amount(told.get("limit"))) {
        return Some(free(limit, told.and_then(|told| amount(told.get("used"))).unwrap_or(0)));
    }
    let never_paid = data.get("is_free_tier").and_then(Value::as_bool)?;
    never_paid.then(|| free(FREE_A_DAY.without_credit, 0))
}

/// The same by all the credit that was ever bought, in millionths of a dollar: what is spent since still counts.
fn of_bought(total: u64) -> Option<FoundLimit> {
    let day = FREE_A_DAY;
    let limit = if total < day.credit { day.without_credit } else { day.with_credit };
    Some(free(limit, 0))
}

fn free(limit: u64, used: u64) -> FoundLimit {
    FoundLimit {
        whose: Whose::Models(vec![FREE.to_owned()]),
        dimension: Dimension::Requests,
        window: Some(DAY),
        limit,
        used_today: Some(used),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_key(body: &Value) -> Found {
        read(&questions()[0], body).unwrap().found
    }

    #[test]
    fn a_key_tells_its_credit_and_usage() {
        let body = json!({"data": {"label": "sk-or-v1-x", "limit": 20, "limit_remaining": 7.5, "usage": 12.5,
            "usage_daily": 0.000001, "usage_weekly": 3, "usage_monthly": 12.5, "is_free_tier": false,
            "rate_limit": {"requests": -1, "interval": "10s"}}});
        let found = of_key(&body);
        let credit = Credit {
            limit: Some(20_000_000),
            remaining: Some(7_500_000),
            used: Some(12_500_000),
            renews: None,
        };
        assert_eq!(found.credit, credit);
        assert_eq!((found.usage[0].period, found.usage[0].amount, found.usage.len()), (Period::Day, 1, 3));
        assert_eq!(found.limits, [], "the field rate_limit is out of use and means nothing");
    }

    #[test]
    fn a_key_without_a_limit_has_none_and_debt_is_nothing_left() {
        let body = json!({"data": {"limit": null, "limit_remaining": null, "usage": 1}});
        assert_eq!(of_key(&body).credit.limit, None);
        let body = json!({"data": {"total_credits": 10, "total_usage": 11.5}});
        let found = read(&questions()[1], &body).unwrap().found;
        assert_eq!((found.credit.limit, found.credit.remaining), (Some(10_000_000), Some(0)));
        assert_eq!(found.balance, Some(0));
    }

    #[test]
    fn a_limit_of_a_key_may_begin_anew() {
        for (word, renews) in [
            ("daily", Some(Period::Day)),
            ("weekly", Some(Period::Week)),
            ("monthly", Some(Period::Month)),
            ("never", None),
        ] {
            let body = json!({"data": {"limit": 5, "limit_remaining": 2, "limit_reset": word}});
            assert_eq!(of_key(&body).credit.renews, renews, "{word}");
        }
    }

    #[test]
    fn free_models_have_calls_a_day_by_what_was_ever_bought() {
        let told = json!({"data": {"is_free_tier": true, "free_model_daily_requests":
            {"limit": 50, "used": 12, "remaining": 38}}});
        let limit = &of_key(&told).limits[0];
        assert_eq!((limit.limit, limit.used_today, limit.window), (50, Some(12), Some(DAY)));
        assert_eq!(limit.whose, Whose::Models(vec!["*:free".to_owned()]));
        let by_tier = |free: bool| of_key(&json!({"data": {"is_free_tier": free}})).limits;
        assert_eq!(
            (by_tier(true)[0].limit, by_tier(false).len()),
            (50, 0),
            "ten dollars, or less, nobody knows"
        );
        let bought = |dollars: f64| {
            let body = json!({"data": {"total_credits": dollars, "total_usage": 1}});
            read(&questions()[1], &body).unwrap().found.limits[0].limit
        };
        assert_eq!((bought(9.99), bought(10.0)), (50, 1000));
    }
}
