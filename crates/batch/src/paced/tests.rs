//! Proof: rows become calls and answers become outputs, over a scripted transport.

mod mixed;
mod outage;

use std::future::Future;
use std::sync::Arc;

use tidegate::Limiter;
use tidegate::call::CallPolicy;
use tidegate_client::{BaseUrl, FakeAnswer, FakeTransport, Key};
use tidegate_core::Learning;
use tidegate_provider::adapter;

use super::*;
use crate::{AnswerBody, Format, RequestRows};

fn account(name: &str, dialect: Dialect, transport: &FakeTransport) -> Account {
    account_under(CallPolicy::default().max_attempts(1), name, dialect, transport)
}

fn account_under(policy: CallPolicy, name: &str, dialect: Dialect, transport: &FakeTransport) -> Account {
    account_of(Limiter::builder().build().unwrap(), policy, name, dialect, transport)
}

fn account_of(
    limiter: Limiter,
    policy: CallPolicy,
    name: &str,
    dialect: Dialect,
    transport: &FakeTransport,
) -> Account {
    let base = BaseUrl::parse("http://127.0.0.1:9/v1").unwrap();
    let paced = Paced::new(Arc::new(transport.clone()), adapter(dialect), limiter, base)
        .key(Key::new("secret"))
        .policy(policy);
    Account { name: name.into(), dialect, headers: HeaderMap::new(), destination: Destination::Calls(paced) }
}

fn row(line: &str) -> Request {
    RequestRows::new().read(line.as_bytes(), 1).item.unwrap()
}

fn process(rows: &PacedRows, line: &str) -> Result<Done<Answer>, Failure<Answer>> {
    wait(rows.process(row(line)))
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn ok(body: &'static str) -> FakeAnswer {
    let headers = [("content-type", "application/json"), ("x-request-id", "req_7")];
    FakeAnswer::http(200, &headers, body)
}

const HELLO: &str = r#"{"messages":[{"role":"user","content":"hi"}], "n": 1.0}"#;

#[test]
fn an_answer_fills_the_response_and_counts_its_tokens() {
    let answer = r#"{"usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}}"#;
    let transport = FakeTransport::new([ok(answer)]);
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &transport)).model(Some("gpt-5".into()));
    let done = process(&rows, HELLO).unwrap();
    assert_eq!((done.output.status_code, done.output.request_id.as_deref()), (200, Some("req_7")));
    assert!(matches!(&done.output.body, AnswerBody::Json(json) if json.get() == answer));
    assert_eq!((done.effort.input_tokens, done.effort.output_tokens), (Some(9), Some(4)));
    assert_eq!((done.effort.attempts, done.effort.model.as_deref()), (1, Some("gpt-5")));
    let sent = &transport.seen()[0];
    assert_eq!(sent.uri, "http://127.0.0.1:9/v1/chat/completions");
    assert_eq!(sent.body, HELLO.replacen('{', r#"{"model":"gpt-5","#, 1));
    assert_eq!(sent.headers.get("authorization").unwrap(), "Bearer secret");
}

#[test]
fn a_row_keeps_the_model_that_it_names() {
    let transport = FakeTransport::new([ok("{}"), ok("{}")]);
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &transport)).model(Some("gpt-5".into()));
    process(&rows, r#"{"model":"own","messages":[]}"#).unwrap();
    process(&rows, r#"{"model":"openai/own","messages":[]}"#).unwrap();
    let bodies: Vec<_> = transport.seen().iter().map(|sent| sent.body.clone()).collect();
    assert_eq!(bodies, [r#"{"model":"own","messages":[]}"#; 2]);
}

#[test]
fn a_row_for_another_account_goes_there() {
    let (first, second) = (FakeTransport::new([]), FakeTransport::new([ok("{}")]));
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &first)).account(account(
        "anthropic",
        Dialect::Anthropic,
        &second,
    ));
    let line = r#"{"url":"/v1/messages","body":{"model":"anthropic/claude","max_tokens":5,"messages":[]}}"#;
    process(&rows, line).unwrap();
    assert!(first.seen().is_empty());
    let sent = &second.seen()[0];
    assert_eq!(sent.headers.get("anthropic-version").unwrap(), "2023-06-01");
    assert_eq!(sent.body, r#"{"model":"claude","max_tokens":5,"messages":[]}"#);
}

#[test]
fn a_refusal_for_good_keeps_the_answer_and_says_why() {
    let body =
        r#"{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}"#;
    let transport = FakeTransport::new([FakeAnswer::http(404, &[], body)]);
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &transport));
    let Err(Failure::Failed(failed)) = process(&rows, HELLO) else { panic!("it did not fail") };
    assert_eq!((failed.class, failed.message.as_str()), (Class::Invalid, "no such model"));
    assert_eq!(failed.last.unwrap().status_code, 404);
}

#[test]
fn a_call_without_an_answer_names_the_class_and_no_response() {
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &FakeTransport::new([])));
    let Err(Failure::Failed(failed)) = process(&rows, HELLO) else { panic!("it did not fail") };
    assert_eq!(failed.class, Class::ServerError);
    assert!(failed.last.is_none());
    assert_eq!(failed.effort.attempts, 1);
}

#[test]
fn what_may_go_at_once_is_known_of_a_group_as_soon_as_its_account_stated_a_limit() {
    let stated = FakeAnswer::http(200, &[("x-ratelimit-limit-requests", "500")], "{}");
    let transport = FakeTransport::new([stated]);
    let limiter = Limiter::builder().learning(Learning::On).build().unwrap();
    let learns = account_of(limiter, CallPolicy::default(), "openai", Dialect::OpenAi, &transport);
    let silent = account("groq", Dialect::Compatible, &FakeTransport::new([]));
    let rows = PacedRows::new(learns).account(silent);
    let request = row(r#"{"model":"own","messages":[]}"#);
    let (group, other) = (rows.group(&request), rows.group(&row(r#"{"model":"groq/own","messages":[]}"#)));
    assert_eq!(rows.at_once(group), None, "nothing is known before the first answer");
    wait(rows.process(request)).unwrap();
    assert_eq!((rows.at_once(group), rows.at_once(other)), (Some(500), None));
}

#[test]
fn after_a_stop_rows_are_not_sent() {
    let transport = FakeTransport::new([ok("{}")]);
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &transport));
    rows.stop();
    assert!(matches!(process(&rows, HELLO), Err(Failure::NotSent)));
    assert!(transport.seen().is_empty());
}

#[test]
fn an_account_that_cannot_be_used_says_why() {
    let why = "MISTRAL_API_KEY is not set".to_owned();
    let mut unusable = account("mistral", Dialect::Mistral, &FakeTransport::new([]));
    unusable.destination = Destination::Unusable(why.clone());
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &FakeTransport::new([]))).account(unusable);
    let Err(Failure::Failed(failed)) = process(&rows, r#"{"model":"mistral/small","messages":[]}"#) else {
        panic!("it did not fail")
    };
    assert_eq!((failed.class, failed.message), (Class::Auth, why));
}

#[test]
fn a_row_falls_back_to_another_model_and_says_which_answered() {
    let quota = r#"{"error":{"message":"quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let transport = FakeTransport::new([FakeAnswer::http(429, &[], quota), ok("{}")]);
    let policy = CallPolicy::default().fallbacks(["other"]);
    let rows = PacedRows::new(account_under(policy, "openai", Dialect::OpenAi, &transport));
    let done = process(&rows, r#"{"model":"first","messages":[]}"#).unwrap();
    assert_eq!((done.effort.attempts, done.effort.model.as_deref()), (2, Some("other")));
    assert_eq!(transport.seen()[1].body, r#"{"model":"other","messages":[]}"#);
}

#[test]
fn refusals_are_counted_apart_from_other_failures() {
    let busy =
        FakeAnswer::http(429, &[], r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#);
    let transport = FakeTransport::new([busy]);
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &transport));
    let Err(Failure::Failed(failed)) = process(&rows, HELLO) else { panic!("it did not fail") };
    assert_eq!((failed.class, failed.effort.refusals, failed.effort.attempts), (Class::Throttled, 1, 1));
}

#[test]
fn headers_are_kept_on_demand_and_settings_go_into_every_body() {
    let transport = FakeTransport::new([ok("{}")]);
    let settings = crate::BodySettings { json_mode: true, reasoning_effort: None };
    let rows = PacedRows::new(account("openai", Dialect::OpenAi, &transport))
        .headers(Headers::Kept)
        .settings(settings);
    let done = process(&rows, r#"{"model":"m","messages":[]}"#).unwrap();
    assert_eq!(done.output.headers.unwrap()["x-request-id"], "req_7");
    let body = r#"{"response_format":{"type":"json_object"},"model":"m","messages":[]}"#;
    assert_eq!(transport.seen()[0].body, body);
}
