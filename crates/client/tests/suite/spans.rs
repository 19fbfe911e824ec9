//! Spans: the names of OpenTelemetry's conventions, each with its value; prompts and answers only where that is wished.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use tidegate::ManualClock;
use tidegate_client::openai::Message;
use tidegate_client::{
    CallId, FakeAnswer, FakeTransport, Mistral, OpenAi, TransportError, TransportErrorKind,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::harness::{COMPLETION, CONVERSATION, json, run};

/// What was traced: each span's number and fields, in the order in which they began, and each event's fields with the
/// span that it belongs to.
#[derive(Clone, Debug, Default)]
struct Traced {
    spans: Arc<Mutex<Vec<(u64, Fields)>>>,
    events: Arc<Mutex<Vec<Told>>>,
    closed: Arc<Mutex<Vec<u64>>>,
}

type Fields = BTreeMap<String, String>;

/// The span that an event belongs to, and its fields.
type Told = (Option<u64>, Fields);

struct Writer<'a>(&'a mut Fields);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").trim_matches('"').to_owned());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traced {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _context: Context<'_, S>) {
        let mut fields = Fields::from([("target".to_owned(), attributes.metadata().target().to_owned())]);
        attributes.record(&mut Writer(&mut fields));
        self.spans.lock().unwrap().push((id.into_u64(), fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _context: Context<'_, S>) {
        let mut spans = self.spans.lock().unwrap();
        // Numbers are given again: the last that has it is meant.
        let span = spans.iter_mut().rfind(|(number, _)| *number == id.into_u64());
        values.record(&mut Writer(&mut span.expect("it has begun").1));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::from([("target".to_owned(), event.metadata().target().to_owned())]);
        event.record(&mut Writer(&mut fields));
        let span = context.event_span(event).map(|span| span.id().into_u64());
        self.events.lock().unwrap().push((span, fields));
    }

    fn on_close(&self, id: Id, _context: Context<'_, S>) {
        self.closed.lock().unwrap().push(id.into_u64());
    }
}

impl Traced {
    fn begin() -> (Self, DefaultGuard) {
        // Whether anybody wants a span is asked once for each place in the code. A test that listens to nothing may be the
        // first to come by there, and must not answer for all.
        static SOMEBODY_LISTENS: Once = Once::new();
        SOMEBODY_LISTENS.call_once(|| {
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        });
        let traced = Self::default();
        let subscriber = tracing_subscriber::registry().with(traced.clone());
        (traced, tracing::subscriber::set_default(subscriber))
    }

    /// The spans of calls.
    fn calls(&self) -> Vec<Fields> {
        let spans = self.spans.lock().unwrap();
        let fields = spans.iter().map(|(_, fields)| fields);
        fields.filter(|fields| fields["target"] == "tidegate::call").cloned().collect()
    }

    /// The events of a target, with whether they belong to a span.
    fn events(&self, target: &str) -> Vec<Told> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|(_, fields)| fields["target"] == target).cloned().collect()
    }
}

#[track_caller]
fn assert_fields(fields: &Fields, wanted: &[(&str, &str)]) {
    for (name, value) in wanted {
        assert_eq!(fields.get(*name).map(String::as_str), Some(*value), "{name} in {fields:#?}");
    }
}

#[tokio::test]
async fn a_call_is_a_span_with_the_names_of_the_conventions() {
    let (traced, _guard) = Traced::begin();
    let exact = COMPLETION.replace("gpt-4o", "gpt-4o-2024-08-06");
    let fake = FakeTransport::new([json(exact)]);
    let builder = OpenAi::builder().key("sk-secret").clock(ManualClock::new()).transport(fake);
    let client = builder.base_url("http://models.test:8000/v1").build().unwrap();
    let call = client.chat("gpt-4o", [Message::user("hi")]).max_tokens(20).temperature(0.5);
    call.send().await.unwrap();
    let span = &traced.calls()[0];
    assert_fields(
        span,
        &[
            ("otel.name", "chat gpt-4o"),
            ("otel.kind", "client"),
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.request.model", "gpt-4o"),
            ("gen_ai.request.stream", "false"),
            ("gen_ai.request.max_tokens", "20"),
            ("gen_ai.request.temperature", "0.5"),
            ("gen_ai.response.id", "c1"),
            ("gen_ai.response.model", "gpt-4o-2024-08-06"),
            ("gen_ai.response.finish_reasons", "[\"stop\"]"),
            ("gen_ai.usage.input_tokens", "9"),
            ("gen_ai.usage.output_tokens", "4"),
            ("server.address", "models.test"),
            ("server.port", "8000"),
            ("http.response.status_code", "200"),
            ("tidegate.attempts", "1"),
            ("tidegate.waited_ms", "0"),
        ],
    );
    assert!(!span.contains_key("gen_ai.conversation.id") && !span.contains_key("gen_ai.agent.id"));
    assert!(!span.contains_key("error.type") && !span.contains_key("gen_ai.response.time_to_first_chunk"));
    assert_eq!(traced.closed.lock().unwrap().len(), 1);
}

const STREAM: &str = "data: {\"type\":\"message.output.delta\",\"id\":\"m1\",\"content\":\"Up\"}\n\ndata: {\"type\":\"conversation.response.done\",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n";

fn mistral(
    answers: impl IntoIterator<Item = FakeAnswer>,
) -> (tidegate_client::Builder<Mistral>, ManualClock) {
    let clock = ManualClock::new();
    let fake = FakeTransport::new(answers);
    (Mistral::builder().key("sk-secret").clock(clock.clone()).transport(fake), clock)
}

#[tokio::test]
async fn a_stream_is_a_span_from_its_first_wait_to_its_last_byte() {
    let (traced, _guard) = Traced::begin();
    let (builder, _clock) =
        mistral([FakeAnswer::http(200, &[("content-type", "text/event-stream")], STREAM)]);
    let client = builder.build().unwrap();
    let mut events = client.conversations().start("hi").model("m").stream().await.unwrap();
    assert!(traced.closed.lock().unwrap().is_empty());
    while events.next().await.is_some() {}
    let span = &traced.calls()[0];
    assert_fields(
        span,
        &[
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "mistral_ai"),
            ("gen_ai.request.stream", "true"),
            ("gen_ai.response.time_to_first_chunk", "0.0"),
            ("gen_ai.usage.output_tokens", "4"),
            ("server.port", "443"),
            ("http.response.status_code", "200"),
        ],
    );
    drop(events);
    assert_eq!(traced.closed.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn agents_and_conversations_are_named_however_the_answer_comes() {
    let (traced, _guard) = Traced::begin();
    let stream = "data: {\"type\":\"conversation.response.started\",\"conversation_id\":\"conv_2\"}\n\n";
    let stream = FakeAnswer::http(
        200,
        &[("content-type", "text/event-stream")],
        [stream, &STREAM.replace("\"m1\"", "\"m1\",\"model\":\"exact\"")].concat(),
    );
    let agent = r#"{"object":"agent","id":"ag_2","model":"m","name":"n","version":0,"versions":[0],"created_at":"2026-03-01T00:00:00Z",
        "updated_at":"2026-03-01T00:00:00Z","deployment_chat":false,"source":"api"}"#;
    let (builder, clock) = mistral([json(CONVERSATION), json(CONVERSATION), stream, json(agent)]);
    let client = builder.learned_limits().build().unwrap();
    let step = std::time::Duration::from_millis(100);
    run(&clock, step, async move {
        let talks = client.conversations();
        talks.start("hi").agent_id("ag_1").send().await.unwrap();
        talks.append("conv_1", "And?").send().await.unwrap();
        let mut events = talks.restart("conv_1", "e1").inputs("Again.").stream().await.unwrap();
        while events.next().await.is_some() {}
        drop(events);
        client.agents().create("m", "n").send().await.unwrap();
    })
    .await;
    let spans = traced.calls();
    let [started, continued, streamed, made] = &spans[..] else { panic!("{spans:#?}") };
    assert_fields(
        started,
        &[
            ("otel.name", "invoke_agent"),
            ("gen_ai.operation.name", "invoke_agent"),
            ("gen_ai.agent.id", "ag_1"),
            ("gen_ai.conversation.id", "conv_1"),
        ],
    );
    assert_fields(continued, &[("gen_ai.operation.name", "chat"), ("gen_ai.conversation.id", "conv_1")]);
    assert_fields(streamed, &[("gen_ai.conversation.id", "conv_2"), ("gen_ai.response.model", "exact")]);
    assert_fields(made, &[("gen_ai.operation.name", "create_agent"), ("gen_ai.agent.id", "ag_2")]);
    assert!(!made.contains_key("gen_ai.response.id") && !streamed.contains_key("gen_ai.response.id"));
}

#[tokio::test]
async fn a_failure_is_told_by_its_class_and_a_retry_by_an_event() {
    let (traced, _guard) = Traced::begin();
    let refused = |status| FakeAnswer::http(status, &[], r#"{"object":"error","message":"no"}"#);
    let (builder, clock) = mistral([refused(500), refused(401)]);
    let client = builder.build().unwrap();
    let step = std::time::Duration::from_millis(100);
    run(&clock, step, async move { client.conversations().start("hi").model("m").send().await.unwrap_err() })
        .await;
    let span = &traced.calls()[0];
    assert_fields(
        span,
        &[("error.type", "auth"), ("http.response.status_code", "401"), ("tidegate.attempts", "2")],
    );
    let retried = &traced.events("tidegate::call");
    assert!(retried.len() == 1 && retried[0].0.is_some());
    assert_fields(&retried[0].1, &[("class", "server_error"), ("message", "retried")]);
}

#[tokio::test]
async fn prompts_and_answers_are_told_only_where_that_is_wished_and_streams_piece_by_piece() {
    let (traced, _guard) = Traced::begin();
    let stream = || FakeAnswer::http(200, &[("content-type", "text/event-stream")], STREAM);
    let use_it = |client: Mistral| async move {
        client.conversations().start("What of sk-secret?").model("m").send().await.unwrap();
        let streamed = client.conversations().start("hi").model("m");
        let mut events = streamed.stream().await.unwrap();
        while events.next().await.is_some() {}
    };
    let (builder, clock) = mistral([json(CONVERSATION), stream()]);
    let step = std::time::Duration::from_millis(100);
    run(&clock, step, use_it(builder.build().unwrap())).await;
    assert!(traced.events("tidegate::content").is_empty());
    let shown = format!("{traced:?}");
    assert!(!shown.contains("Up and down") && !shown.contains("What of"), "{shown}");

    let (builder, clock) = mistral([json(CONVERSATION), stream()]);
    run(&clock, step, use_it(builder.log_content().build().unwrap())).await;
    let told = traced.events("tidegate::content");
    let of = |name: &str| told.iter().filter_map(|(_, fields)| fields.get(name).cloned()).collect::<Vec<_>>();
    let (prompts, answers) = (of("tidegate.request.body"), of("tidegate.response.body"));
    assert_eq!((prompts.len(), answers.len()), (2, 3), "{told:#?}");
    assert!(prompts[0].contains("What of [key]?") && answers[0].contains("Up and down."));
    assert!(answers[1].contains("message.output.delta") && answers[2].contains("conversation.response.done"));
    assert!(told.iter().all(|(span, _)| span.is_some()), "{told:#?}");
    assert!(!format!("{traced:?}").contains("sk-secret"));
}

/// The names of calls that a hook hears, each once, in order.
fn told(heard: &Mutex<Vec<CallId>>) -> Vec<String> {
    let mut heard = heard.lock().unwrap().clone();
    heard.dedup();
    heard.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_events_the_span_the_answer_and_the_error_of_a_call_share_its_name() {
    let (traced, _guard) = Traced::begin();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let chunk = "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n";
    let fake = FakeTransport::new([
        json(COMPLETION),
        FakeAnswer::http(400, &[], "{}"),
        json("{\"cho"),
        FakeAnswer::http(200, &[("content-type", "text/event-stream")], chunk),
        FakeAnswer::Fail(TransportError::new(TransportErrorKind::Reset, "host", "reset by peer")),
    ]);
    let builder = OpenAi::builder().key("k").clock(ManualClock::new()).transport(fake.clone()).max_retries(0);
    let builder = builder.idempotency_keys().limits(|limits| limits.requests_per_minute(5).burst(5));
    let client = builder.on_event(move |call, _| hears.lock().unwrap().push(call)).build().unwrap();
    let ask = || client.chat("gpt-4o", [Message::user("hi")]);

    let mut names = vec![ask().send().await.unwrap().meta.call];
    for _ in 0..2 {
        names.extend(ask().send().await.unwrap_err().call_id());
    }
    let mut events = ask().stream().await.unwrap();
    assert!(events.next().await.unwrap().is_ok());
    let of_answer = events.meta().call;
    names.extend(events.next().await.unwrap().unwrap_err().call_id());
    assert_eq!(names.last(), Some(&of_answer));
    names.extend(ask().send().await.unwrap_err().call_id());
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!((names.len(), told(&heard)), (5, names.clone()));

    // A call that is not admitted has no events, but a span and an error.
    let late = ask().max_wait(Duration::ZERO).send().await.unwrap_err();
    assert!(late.is_unsent() && late.call_id().is_some(), "{late}");
    // A mistake in the request is told before it is a call.
    assert_eq!(client.chat("", [Message::user("hi")]).send().await.unwrap_err().call_id(), None);
    let of_late = late.call_id().map(|call| call.to_string());
    let spans: Vec<_> = traced.calls().iter().map(|span| span["tidegate.call_id"].clone()).collect();
    assert_eq!(spans, names.iter().cloned().chain(of_late).collect::<Vec<_>>());
    let sent: Vec<_> = fake.seen().iter().map(|request| request.headers["idempotency-key"].clone()).collect();
    assert_eq!(sent, names.iter().map(|name| format!("tidegate-{name}")).collect::<Vec<_>>());
}
