//! Anthropic: the rate limits of the organization by group of models, with an admin key (documentation, 2026-08).

use serde_json::Value;
use tidegate_core::Dimension;

use super::{Found, FoundLimit, MINUTE, Question, Told, Unreadable, Whose, amount, escaped, list};

const LIMITS: &str = "/v1/organizations/rate_limits";

pub(super) fn questions() -> Vec<Question> {
    vec![Question::admin(LIMITS)]
}

pub(super) fn read(_: &Question, body: &Value) -> Result<Told, Unreadable> {
    let mut found = Found::default();
    for group in list(body, "data")? {
        let whose = whose(group);
        let limits = group.get("limits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        found.limits.extend(limits.iter().filter_map(|limit| one(limit, &whose)));
    }
    let page = body.get("next_page").and_then(Value::as_str).filter(|page| !page.is_empty());
    let next = page.map(|page| Question::admin(format!("{LIMITS}?page={}", escaped(page))));
    Ok(Told { found, next: next.into_iter().collect() })
}

/// The models of a group, which share its limits, else what kind of group it is.
fn whose(group: &Value) -> Whose {
    let kind = group.get("group_type").and_then(Value::as_str).unwrap_or("model_group");
    let models = group.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> = models.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match kind {
        "model_group" if names.is_empty() => Whose::Account,
        "model_group" => Whose::Models(names),
        other => Whose::Other(other.to_owned()),
    }
}

fn one(limit: &Value, whose: &Whose) -> Option<FoundLimit> {
    let (dimension, window) = match limit.get("type")?.as_str()? {
        "requests_per_minute" => (Dimension::Requests, Some(MINUTE)),
        "input_tokens_per_minute" => (Dimension::InputTokens, Some(MINUTE)),
        "output_tokens_per_minute" => (Dimension::OutputTokens, Some(MINUTE)),
        "enqueued_batch_requests" => (Dimension::Requests, None),
        _ => return None,
    };
    Some(FoundLimit {
        whose: whose.clone(),
        dimension,
        window,
        limit: amount(limit.get("value"))?,
        used_today: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_read_by_group_and_page() {
        let body = json!({"data": [
            {"type": "rate_limit", "group_type": "model_group", "models": ["claude-opus-4-5", "claude-opus-4-8"],
             "limits": [{"type": "requests_per_minute", "value": 4000}, {"type": "input_tokens_per_minute", "value": 2000000},
                        {"type": "output_tokens_per_minute", "value": 400000}, {"type": "of_next_year", "value": 1}]},
            {"type": "rate_limit", "group_type": "batch", "models": null,
             "limits": [{"type": "enqueued_batch_requests", "value": 200000}]}],
            "next_page": "p/2"});
        let told = read(&questions()[0], &body).unwrap();
        assert_eq!(told.found.limits.len(), 4);
        assert_eq!(told.found.limits[1].dimension, Dimension::InputTokens);
        assert_eq!(told.found.limits[0].whose.to_string(), "claude-opus-4-5, claude-opus-4-8");
        let batch = &told.found.limits[3];
        assert_eq!((&batch.whose, batch.window), (&Whose::Other("batch".into()), None));
        assert_eq!(told.next[0].path, "/v1/organizations/rate_limits?page=p%2F2");
    }
}
