//! Credit: calls at a price, what they are charged, and what is done when they cannot be paid for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tidegate::{Dimension, Learning, Limit, Limiter, ManualClock, Quota, Rejection};
use tidegate_client::{
    Answer, BaseUrl, Event, FakeAnswer, FakeTransport, Key, Outgoing, Paced, PacedError, Terms,
};
use tidegate_core::{Class, Price};
use tidegate_provider::{Dialect, Prices, adapter};

use crate::harness::json;

/// 9 tokens of input and 4 of output, without a word on their cost.
const UNPRICED: &str =
    r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#;
const PRICED: &str =
    r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"cost":0.00021}}"#;
const TOO_DEAR: &str = r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 2666.","code":402}}"#;

struct Bench {
    clock: ManualClock,
    transport: FakeTransport,
    paced: Paced,
    unpriced: Arc<Mutex<Vec<String>>>,
}

/// So much credit, at a dollar for a million tokens of input and ten for as many of output.
fn bench(credit: Option<u64>, script: impl IntoIterator<Item = FakeAnswer>) -> Bench {
    let clock = ManualClock::new();
    let limits = credit.map(|left| Limit::new(Dimension::Money, Quota::credit(left)));
    let limiter = Limiter::builder().limits(limits).learning(Learning::On).clock(clock.clone());
    let transport = FakeTransport::new(script);
    let mut prices = Prices::default();
    prices.list([("a/m".to_owned(), Price::per_million(1_000_000, 10_000_000))]);
    let base = BaseUrl::parse("https://api.example").unwrap();
    let dialect = adapter(Dialect::OpenRouter);
    let paced = Paced::new(Arc::new(transport.clone()), dialect, limiter.build().unwrap(), base);
    Bench { clock, transport, paced: paced.prices(Arc::new(prices)), unpriced: Arc::default() }
}

impl Bench {
    async fn call(&self, model: &str, max_tokens: u64) -> Result<Answer, PacedError> {
        let body = format!(
            r#"{{"model":"{model}","max_tokens":{max_tokens},"messages":[{{"role":"user","content":"hello"}}]}}"#
        );
        let outgoing = Outgoing {
            method: Method::POST,
            path: "/v1/chat/completions".to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::from(body),
        };
        let unpriced = Arc::clone(&self.unpriced);
        let watch = Arc::new(move |event: &Event| {
            if let Event::Unpriced { model } = event {
                unpriced.lock().unwrap().push(model.clone());
            }
        });
        let (paced, clock) = (self.paced.clone(), self.clock.clone());
        let call =
            tokio::spawn(async move { paced.request_watched(outgoing, Terms::default(), watch).await });
        for _ in 0..600 {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            if call.is_finished() {
                break;
            }
            clock.advance(Duration::from_millis(10));
        }
        call.await.unwrap()
    }

    /// What is left, in millionths of a dollar.
    fn left(&self) -> u64 {
        let limits = self.paced.limiter().snapshot().limits;
        let money = limits.into_iter().find(|limit| limit.dimension == Dimension::Money).unwrap();
        money.limit - money.used
    }
}

#[tokio::test]
async fn a_call_is_settled_with_what_its_answer_says_it_cost_else_by_its_price() {
    let bench = bench(Some(1_000_000), [json(PRICED), json(UNPRICED)]);
    bench.call("a/m", 100).await.unwrap();
    assert_eq!(bench.left(), 1_000_000 - 210);
    bench.call("a/m", 100).await.unwrap();
    assert_eq!(bench.left(), 1_000_000 - 210 - 9 - 40);
}

#[tokio::test]
async fn a_call_whose_maximum_credit_can_never_pay_is_not_sent() {
    let bench = bench(Some(1_000), [json(PRICED)]);
    let error = bench.call("a/m", 1_000).await.unwrap_err();
    assert_eq!(error.class(), Class::RequestRejected);
    let PacedError::Rejected { rejection: Rejection::Unaffordable { cost, left }, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(*cost > 10_000 && *left == 1_000, "{error}");
    assert!(error.to_string().contains("add credit"), "{error}");
    assert_eq!(bench.transport.seen().len(), 0);
    bench.call("a/m", 50).await.unwrap();
}

#[tokio::test]
async fn with_nothing_left_the_quota_is_exhausted() {
    let bench = bench(Some(0), []);
    assert_eq!(bench.call("a/m", 1).await.unwrap_err().class(), Class::QuotaExhausted);
}

#[tokio::test]
async fn a_model_of_no_known_price_is_charged_when_it_is_answered_and_told_of_once() {
    let bench = bench(Some(1_000), [json(PRICED), json(PRICED)]);
    for _ in 0..2 {
        bench.call("b/unknown", 64_000).await.unwrap();
    }
    assert_eq!(*bench.unpriced.lock().unwrap(), ["b/unknown"]);
    assert_eq!(bench.left(), 1_000 - 2 * 210);
}

#[tokio::test]
async fn what_a_refusal_says_is_affordable_holds_for_the_calls_after_it_and_for_half_a_minute() {
    let refused = || FakeAnswer::http(402, &[], TOO_DEAR);
    let bench = bench(None, [refused(), json(PRICED), json(PRICED)]);
    let answer = bench.call("a/m", 64_000).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.class), (402, Class::QuotaExhausted));
    let error = bench.call("a/m", 64_000).await.unwrap_err();
    assert!(matches!(error, PacedError::Rejected { rejection: Rejection::Unaffordable { .. }, .. }));
    assert_eq!(bench.call("a/m", 100).await.unwrap().status, 200, "a smaller one goes on");
    bench.clock.advance(Duration::from_secs(30));
    assert_eq!(bench.call("a/m", 64_000).await.unwrap().status, 200, "somebody may have paid");
    assert_eq!(bench.transport.seen().len(), 3);
}

#[tokio::test]
async fn credit_that_was_added_meanwhile_is_asked_for_before_a_call_is_refused() {
    let key = |left: &str| {
        let body = format!(r#"{{"data":{{"limit":5,"limit_remaining":{left},"usage":1}}}}"#);
        FakeAnswer::http(200, &[("content-type", "application/json")], body)
    };
    let mut bench = bench(Some(1_000), [key("2.5"), json(PRICED), key("0.001")]);
    bench.paced = bench.paced.asks_for_credit(Key::new("sk-test"), None);
    bench.call("a/m", 1_000).await.unwrap();
    let paths: Vec<String> = bench.transport.seen().iter().map(|seen| seen.uri.path().to_owned()).collect();
    assert_eq!(paths, ["/v1/key", "/v1/chat/completions"]);
    assert_eq!(bench.left(), 2_500_000 - 210);
    for _ in 0..3 {
        bench.call("a/m", 900_000).await.unwrap_err();
    }
    assert_eq!(bench.transport.seen().len(), 2, "it has just been asked");
    bench.clock.advance(Duration::from_secs(30));
    bench.call("a/m", 900_000).await.unwrap_err();
    assert_eq!((bench.transport.seen().len(), bench.left()), (3, 1_000));
}
