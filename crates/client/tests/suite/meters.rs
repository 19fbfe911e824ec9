//! Metrics: a client records its limiter's under their names, and what only it sees: the wait for the first byte, headers
//! that are not heeded.

use tidegate::ManualClock;
use tidegate_client::openai::{Client, Message};
use tidegate_client::{Async, OpenAi};
use tidegate_client::{FakeAnswer, FakeTransport};

use crate::harness::COMPLETION;
use crate::page::Page;

fn client() -> Client<Async> {
    let builder = OpenAi::builder().key("sk-secret").clock(ManualClock::new());
    let limited = builder.base_url("http://models.test").requests_per_minute(60);
    let unheeded = ("x-ratelimit-limit-tides", "9");
    let answer = FakeAnswer::http(200, &[("content-type", "application/json"), unheeded], COMPLETION);
    limited.transport(FakeTransport::new([answer])).build().unwrap()
}

#[test]
fn a_call_is_recorded_under_the_names_of_the_gateways_page() {
    let page = Page::default();
    metrics::with_local_recorder(&page, || {
        let client = client();
        let call = client.chat("gpt-4o", [Message::user("hi")]).send();
        tidegate::block_on(call).unwrap();
        client.api().limiter().record_levels();
    });
    let model = "provider=openai,model=gpt-4o";
    for (series, value) in [
        ("tidegate_requests_total{MODEL,band=standard,outcome=ok}", 1.0),
        ("tidegate_upstream_responses_total{MODEL,class=ok}", 1.0),
        ("tidegate_headers_ignored_total{provider=openai,why=unknown_name}", 1.0),
        ("tidegate_tokens_total{MODEL,direction=input}", 9.0),
        ("tidegate_tokens_total{MODEL,direction=output}", 4.0),
    ] {
        let series = series.replace("MODEL", model);
        assert_eq!(page.sum(&series), value, "{series} in {page:#?}");
    }
    for series in [
        "tidegate_queue_wait_seconds{band=standard}",
        "tidegate_first_token_seconds{MODEL}",
        "tidegate_upstream_seconds{MODEL}",
    ] {
        let series = series.replace("MODEL", model);
        assert_eq!(page.values(&series).len(), 1, "{series} in {page:#?}");
    }
    let limit = "tidegate_limit_value{account=models.test,scope=account,dimension=requests}";
    assert_eq!(page.last(limit), Some(60.0), "{page:#?}");
    assert!(page.names().iter().all(|series| !series.contains("sk-secret")), "{page:#?}");
}
