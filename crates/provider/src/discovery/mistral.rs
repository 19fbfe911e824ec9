//! Mistral: rate and spend limits of the organization, with an admin key (API description of 2026-08-21).

use std::time::Duration;

use serde_json::Value;
use tidegate_core::Dimension;

use super::{
    Credit, Found, FoundLimit, MINUTE, Period, Question, Told, Unreadable, Whose, amount, microdollars,
};
use crate::limits::MONTH;

const RATES: &str = "/v1/admin/rate-limit";
const SPENDING: &str = "/v1/admin/spend-limit";

pub(super) fn questions() -> Vec<Question> {
    vec![Question::admin(RATES), Question::admin(SPENDING)]
}

pub(super) fn read(question: &Question, body: &Value) -> Result<Told, Unreadable> {
    let found = if question.path == SPENDING { spending(body)? } else { rates(body)? };
    Ok(Told { found, next: Vec::new() })
}

fn rates(body: &Value) -> Result<Found, Unreadable> {
    let field = "tokens_limits_by_model";
    let models = body.get(field).and_then(Value::as_object).ok_or(Unreadable { field })?;
    let all = amount(body.get("requests_per_second")).map(|limit| FoundLimit {
        whose: Whose::Account,
        dimension: Dimension::Requests,
        window: Some(Duration::from_secs(1)),
        limit,
        used_today: None,
    });
    let of_model = |(model, limits): (&String, &Value)| {
        let windows = [("tokens_per_minute", MINUTE), ("tokens_per_month", MONTH)];
        windows.map(|(field, window)| {
            let limit = amount(limits.get(field))?;
            let (whose, dimension) = (Whose::model(Some(model.clone())), Dimension::TotalTokens);
            Some(FoundLimit { whose, dimension, window: Some(window), limit, used_today: None })
        })
    };
    let limits = all.into_iter().chain(models.iter().flat_map(of_model).flatten());
    Ok(Found { limits: limits.collect(), ..Found::default() })
}

/// Amounts are in the organization's own currency; only dollars are told as money.
fn spending(body: &Value) -> Result<Found, Unreadable> {
    let limits =
        body.get("limits").filter(|limits| limits.is_object()).ok_or(Unreadable { field: "limits" })?;
    let currency = limits.get("currency").and_then(Value::as_str).unwrap_or_default();
    let Some(spent) = limits.get("completion").filter(|_| currency.eq_ignore_ascii_case("usd")) else {
        return Ok(Found::default());
    };
    let used = microdollars(spent.get("total_usage")).or_else(|| microdollars(spent.get("usage")));
    let unlimited = spent.get("no_monthly_limit").and_then(Value::as_bool).unwrap_or(false);
    let limit = microdollars(spent.get("usage_limit")).filter(|_| !unlimited);
    let remaining = limit.zip(used).map(|(limit, used)| limit.saturating_sub(used));
    // Spending is limited by the month, and counted in UTC (the usage page's own words, 2026-08).
    let renews = limit.map(|_| Period::Month);
    Ok(Found { credit: Credit { limit, remaining, used, renews }, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rates_are_read_by_model() {
        let body = json!({"requests_per_second": 6, "tokens_limits_by_model": {
            "mistral-small-latest": {"tokens_per_minute": 500000, "tokens_per_month": 1000000000_u64}}});
        let limits = read(&questions()[0], &body).unwrap().found.limits;
        assert_eq!((&limits[0].whose, limits[0].limit), (&Whose::Account, 6));
        assert_eq!((limits[1].window, limits[1].limit), (Some(MINUTE), 500_000));
        assert_eq!((limits[2].window, limits[2].limit), (Some(MONTH), 1_000_000_000));
    }

    #[test]
    fn spending_in_another_currency_is_no_money_of_ours() {
        let body = |currency: &str| {
            json!({"limits": {"completion": {"monthly_limit_reached": false, "usage": 3.5, "usage_limit": 10},
                "currency": currency, "last_payment_failure": false}})
        };
        let credit = |currency| read(&questions()[1], &body(currency)).unwrap().found.credit;
        assert_eq!(credit("USD").remaining, Some(6_500_000));
        assert_eq!(credit("EUR"), Credit::default());
    }
}
