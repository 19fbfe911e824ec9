//! What a client tells: limits, usage, events.

use std::sync::{Arc, Mutex};

use tidegate::{Dimension, ManualClock};
use tidegate_client::openai::Message;
use tidegate_client::{Event, FakeTransport, OpenAi};

use crate::harness::{COMPLETION, json};

#[tokio::test]
async fn limits_and_usage_are_told_and_usage_can_begin_anew() {
    let fake = FakeTransport::new([json(COMPLETION), json(COMPLETION)]);
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    let client = OpenAi::builder()
        .key("k")
        .clock(ManualClock::new())
        .transport(fake)
        .limits(|limits| limits.requests_per_minute(10).tokens_per_minute(1_000).burst(10))
        .on_event(move |_, event: &Event| heard.lock().unwrap().push(format!("{event:?}")))
        .build()
        .unwrap();
    let answer = client.chat("gpt-4o", [Message::user("hi")]).send().await.unwrap();
    assert_eq!((answer.text().as_str(), answer.meta.request_id.as_deref()), ("Up and down.", Some("req-1")));
    let requests = client.limits().into_iter().find(|limit| limit.dimension == Dimension::Requests).unwrap();
    assert_eq!((requests.used, requests.limit, requests.learned), (1, 10, false));
    assert!((requests.pct - 10.0).abs() < 1e-9, "{}", requests.pct);
    assert!(requests.next_free.is_some_and(|wait| wait.is_zero()));
    let used = client.usage();
    assert_eq!((used.answered, used.attempts, used.input_tokens, used.output_tokens), (1, 1, 9, 4));
    client.reset_usage();
    assert_eq!(client.usage(), tidegate_client::Used::default());
    assert!(client.limits().iter().any(|limit| limit.used > 0));
    let events = events.lock().unwrap();
    let order: Vec<_> = ["Granted", "Answered", "FirstByte", "Ended"]
        .iter()
        .map(|name| events.iter().position(|event| event.starts_with(name)).unwrap())
        .collect();
    assert!(order.is_sorted(), "{events:?}");
}
