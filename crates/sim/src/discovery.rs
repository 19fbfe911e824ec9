//! Discovery: what an emulated provider's own endpoints tell of limits, usage and credit.
//!
//! Written from the providers' documentation, as the rest of the emulator is, and not from what reads it. A key is one
//! of an organization's administration if it says so: real ones begin with `sk-admin-` (`OpenAI`) and `sk-ant-admin`
//! (Anthropic); Mistral's and `OpenRouter`'s look like any other (documentation, 2026-08).

use http::{Method, Request};
use serde_json::{Value, json};

use crate::config::EmulatorConfig;
use crate::dialect::Dialect;
use crate::limits::Limits;
use crate::stats::Charged;

/// The models whose limits are told, `OpenAI`'s and Anthropic's in the words of their lists.
const MODELS: [&str; 2] = ["emulated-1", "emulated-2"];

/// What the emulated account may spend altogether, in US dollars.
const CREDIT: f64 = 10.0;

/// What a question is answered with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// This.
    Document(Value),
    /// The key is none for it.
    NotWithThisKey,
}

/// The answer to a question about limits, usage or credit; `None` if the request is none. `path` begins with `/v1`,
/// `spent` is what was charged so far, and a token costs a millionth of a dollar.
pub(crate) fn tell<B>(
    config: &EmulatorConfig,
    spent: &Charged,
    request: &Request<B>,
    path: &str,
    key: Option<&[u8]>,
) -> Option<Told> {
    if request.method() != Method::GET {
        return None;
    }
    let limits = config.effective_limits();
    let micros = spent.input_tokens.saturating_add(spent.output_tokens);
    let used = f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1e6;
    let document = match (config.dialect, path) {
        (Dialect::OpenRouter, "/v1/key" | "/v1/auth/key") => {
            return Some(Told::Document(key_of_router(used)));
        }
        (Dialect::Compatible, "/v1/api_keys/rate_limits") => {
            return Some(Told::Document(rate_limits_of_venice(&limits, used)));
        }
        (Dialect::OpenRouter, "/v1/credits") => {
            json!({"data": {"total_credits": CREDIT, "total_usage": used}})
        }
        (Dialect::OpenAi, "/v1/organization/projects") => projects(),
        (Dialect::OpenAi, "/v1/organization/projects/proj_emulated/rate_limits") => project_limits(&limits),
        (Dialect::Anthropic, "/v1/organizations/rate_limits") => {
            group_limits(&limits, request.uri().query().unwrap_or_default())
        }
        (Dialect::Mistral, "/v1/admin/rate-limit") => rate_limit_of_mistral(&limits),
        (Dialect::Mistral, "/v1/admin/spend-limit") => spend_limit(used),
        _ => return None,
    };
    let is_admin = key.is_some_and(|key| String::from_utf8_lossy(key).contains("admin"));
    Some(if is_admin { Told::Document(document) } else { Told::NotWithThisKey })
}

fn key_of_router(used: f64) -> Value {
    json!({"data": {"label": "emulated", "limit": CREDIT, "limit_reset": null, "limit_remaining": CREDIT - used,
        "include_byok_in_limit": false, "usage": used, "usage_daily": used, "usage_weekly": used,
        "usage_monthly": used, "byok_usage": 0, "is_free_tier": false,
        "rate_limit": {"requests": -1, "interval": "10s", "note": "deprecated"}}})
}

fn rate_limits_of_venice(limits: &Limits, used: f64) -> Value {
    let amount = |amount: Option<u64>, kind: &str| Some(json!({"amount": amount?, "type": kind}));
    let of_model = [amount(limits.requests, "RPM"), amount(limits.total_tokens, "TPM")];
    let of_model: Vec<Value> = of_model.into_iter().flatten().collect();
    let models = MODELS.map(|model| json!({"apiModelId": model, "rateLimits": of_model}));
    json!({"data": {"accessPermitted": true, "apiTier": {"id": "paid", "isCharged": true},
        "balances": {"USD": CREDIT - used, "VCU": 0, "DIEM": 0}, "keyExpiration": null,
        "nextEpochBegins": "2026-09-01T00:00:00.000Z", "rateLimits": models}})
}

fn projects() -> Value {
    let project = json!({"id": "proj_emulated", "object": "organization.project", "name": "Default project",
        "created_at": 1_700_000_000, "archived_at": null, "status": "active"});
    json!({"object": "list", "data": [project], "first_id": "proj_emulated", "last_id": "proj_emulated",
        "has_more": false})
}

fn project_limits(limits: &Limits) -> Value {
    let of_model = |model: &str| {
        let mut limit = json!({"object": "project.rate_limit", "id": format!("rl-{model}"), "model": model});
        let fields = [
            ("max_requests_per_1_minute", limits.requests),
            ("max_tokens_per_1_minute", limits.total_tokens),
        ];
        for (field, amount) in fields {
            if let Some(amount) = amount {
                limit[field] = amount.into();
            }
        }
        limit
    };
    json!({"object": "list", "data": MODELS.map(of_model), "first_id": "rl-emulated-1",
        "last_id": "rl-emulated-2", "has_more": false})
}

/// Two pages, so that whoever asks has to turn one.
fn group_limits(limits: &Limits, query: &str) -> Value {
    let group = |kind: &str, models: Value, limits: Value| json!({"type": "rate_limit", "group_type": kind, "models": models, "limits": limits});
    let limit = |kind: &str, value: u64| json!({"type": kind, "value": value});
    if query.split('&').any(|pair| pair == "page=page_2") {
        let batch = json!([limit("requests_per_minute", 1_000), limit("enqueued_batch_requests", 200_000)]);
        return json!({"data": [group("batch", Value::Null, batch)], "next_page": null});
    }
    let stated = [
        ("requests_per_minute", limits.requests),
        ("input_tokens_per_minute", limits.input_tokens),
        ("output_tokens_per_minute", limits.output_tokens),
    ];
    let stated: Vec<Value> =
        stated.into_iter().filter_map(|(kind, amount)| Some(limit(kind, amount?))).collect();
    let models = MODELS.map(|model| format!("claude-{model}"));
    json!({"data": [group("model_group", json!(models), json!(stated))], "next_page": "page_2"})
}

/// Requests are told a second, as the console has them: a sixtieth of what is counted a minute.
fn rate_limit_of_mistral(limits: &Limits) -> Value {
    let model =
        json!({"tokens_per_minute": limits.total_tokens.unwrap_or(0), "tokens_per_month": 1_000_000_000});
    let a_second = limits.requests.unwrap_or(0).div_ceil(60);
    json!({"requests_per_second": a_second, "tokens_limits_by_model": {"mistral-emulated": model}})
}

fn spend_limit(used: f64) -> Value {
    json!({"limits": {"completion": {"no_monthly_limit": false, "monthly_limit_reached": false, "usage": used,
        "vibe_usage": 0, "total_usage": used, "usage_limit": CREDIT}, "last_payment_failure": false,
        "last_payment_failure_protection": null, "currency": "USD"}})
}
