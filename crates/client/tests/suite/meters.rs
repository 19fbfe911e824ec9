//! Metrics: a client records its limiter's under their names, and the wait for the first byte, which only it sees.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use tidegate::ManualClock;
use tidegate_client::FakeTransport;
use tidegate_client::openai::{Client, Message};
use tidegate_client::{Async, OpenAi};

use crate::harness::{COMPLETION, json};

/// What was recorded, by name and labels.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<BTreeMap<String, f64>>>);

struct Series(Page, String);

impl Series {
    fn add(&self, value: f64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.add(u32::try_from(value).unwrap().into());
    }

    fn absolute(&self, _value: u64) {}
}

impl GaugeFn for Series {
    fn increment(&self, _value: f64) {}

    fn decrement(&self, _value: f64) {}

    fn set(&self, value: f64) {
        self.0.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl HistogramFn for Series {
    /// How many values there were.
    fn record(&self, _value: f64) {
        self.add(1.0);
    }
}

impl Page {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Series(self.clone(), format!("{}{{{}}}", key.name(), labels.join(","))))
    }
}

impl Recorder for Page {
    fn describe_counter(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_gauge(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

fn client() -> Client<Async> {
    let builder = OpenAi::builder().key("sk-secret").clock(ManualClock::new());
    let limited = builder.base_url("http://models.test").requests_per_minute(60);
    limited.transport(FakeTransport::new([json(COMPLETION)])).build().unwrap()
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
    let page = page.0.lock().unwrap();
    for (series, value) in [
        ("tidegate_requests_total{provider=openai,model=gpt-4o,band=standard,outcome=ok}", 1.0),
        ("tidegate_upstream_responses_total{provider=openai,model=gpt-4o,class=ok}", 1.0),
        ("tidegate_queue_wait_seconds{band=standard}", 1.0),
        ("tidegate_first_token_seconds{provider=openai,model=gpt-4o}", 1.0),
        ("tidegate_upstream_seconds{provider=openai,model=gpt-4o}", 1.0),
        ("tidegate_tokens_total{provider=openai,model=gpt-4o,direction=input}", 9.0),
        ("tidegate_tokens_total{provider=openai,model=gpt-4o,direction=output}", 4.0),
        ("tidegate_limit_value{account=models.test,scope=account,dimension=requests}", 60.0),
    ] {
        assert_eq!(page.get(series), Some(&value), "{series} in {page:#?}");
    }
    assert!(page.keys().all(|series| !series.contains("sk-secret")), "{page:#?}");
}
