//! `Probed`: what the answer to one small call states of limits.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;
use tidegate::call::CallPolicy;
use tidegate::{Clock, Limiter, RealClock};
use tidegate_client::{Answer, Memory, Outgoing, Paced, Terms, Transport};
use tidegate_core::{Class, Learning, Observation};
use tidegate_provider::{Dialect, Ignored, ResponseHead};

use super::Asking;
use crate::exit::Failure;

/// The version of Anthropic's API that is asked for.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// How long the call may wait for its turn, where something that was learned earlier holds it.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// What the answer to one small call states.
pub(super) struct Probed {
    /// The model that was asked.
    pub(super) model: String,
    /// The limits of its headers.
    pub(super) limits: Vec<Observation>,
    /// Headers that look like limits but were not heeded.
    pub(super) ignored: Vec<Ignored>,
}

/// Makes the call, once, and keeps what its answer teaches.
pub(super) async fn probe(
    asking: &Asking<'_>,
    transport: Arc<dyn Transport>,
    model: &str,
) -> Result<Probed, Failure> {
    let (resolved, name) = (asking.resolved, asking.name);
    let learned = asking.state.as_ref().and_then(|state| state.recall(&asking.account)).unwrap_or_default();
    let limiter = Limiter::builder().name(name).limits(resolved.limits.clone()).learning(Learning::On);
    let limiter = limiter.learned(learned).build();
    let limiter = limiter.map_err(|error| Failure::usage(format!("limits of {name}: {error}")))?;
    let paced = Paced::new(transport, resolved.adapter, limiter.clone(), resolved.base.clone());
    let paced = paced.key(asking.key.clone()).policy(CallPolicy::default().max_attempts(1));
    let outgoing = small_call(resolved.dialect, model);
    let (method, path) = (outgoing.method.clone(), outgoing.path.clone());
    let terms = Terms { max_wait: Some(MAX_WAIT), ..Terms::default() };
    let answer = paced.request(outgoing, terms).await;
    let answer = answer.map_err(|error| {
        Failure::unanswered(format!("the call to {model} at {name}: {error}"))
            .hint("try again later, or check --base-url")
    })?;
    let head = ResponseHead {
        status: answer.status.as_u16(),
        headers: &answer.headers,
        received_at: RealClock.wall(),
    };
    let observed = resolved.adapter.read_head(resolved.adapter.endpoint(&method, &path), &head);
    if observed.limits.is_empty() && answer.class != Class::Ok {
        return Err(refused(asking, model, &answer));
    }
    if let Some(state) = &asking.state {
        state.keep(&asking.account, &limiter.learned());
    }
    Ok(Probed { model: model.to_owned(), limits: observed.limits, ignored: observed.ignored })
}

/// The smallest call that the dialect has.
fn small_call(dialect: Dialect, model: &str) -> Outgoing {
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "1"}]});
    let path = match dialect {
        Dialect::Anthropic => {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
            "/v1/messages"
        }
        _ => "/v1/chat/completions",
    };
    // OpenAI's newer models know only the longer name, and need at least 16 (documentation, 2026-08).
    match dialect {
        Dialect::OpenAi | Dialect::Azure => body["max_completion_tokens"] = 16.into(),
        _ => body["max_tokens"] = 1.into(),
    }
    let body = Bytes::from(body.to_string());
    Outgoing { method: Method::POST, path: path.to_owned(), headers, body }
}

/// The provider refused the call and its headers state nothing. Its own words are left out: they may quote the key.
fn refused(asking: &Asking<'_>, model: &str, answer: &Answer) -> Failure {
    let name = asking.name;
    let status = answer.status.as_u16();
    let what = format!(
        "{name} answered the call to {model} with status {status} ({}), and states no limits",
        answer.class
    );
    let hint = match answer.class {
        Class::Auth => format!("check {}", asking.resolved.key_variable(name)),
        Class::Invalid => format!("check the model's name: {model}"),
        Class::QuotaExhausted => "the account's quota or credit is used up".to_owned(),
        _ => "try again later".to_owned(),
    };
    Failure::unanswered(what).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_asks_for_next_to_nothing_in_each_dialects_words() {
        for dialect in Dialect::ALL {
            let call = small_call(dialect, "m");
            let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
            let most = body["max_tokens"].as_u64().or(body["max_completion_tokens"].as_u64());
            assert!(most.is_some_and(|most| most <= 16), "{dialect}");
            assert_eq!(call.headers.contains_key("anthropic-version"), dialect == Dialect::Anthropic);
        }
    }
}
