//! Texts become vectors over loopback sockets: each its own, in order, in as few calls as the provider takes.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tidegate::call::CallPolicy;
use tidegate::{Learning, Limiter};
use tidegate_batch::{
    Account, Answer, AnswerBody, Concurrency, Destination, EmbedBody, Embedder, ItemEnd, Items, PacedRows,
    PackSize, Stop, Text,
};
use tidegate_client::{BaseUrl, HttpTransport, Paced, TransportConfig};
use tidegate_core::Class;
use tidegate_provider::{Dialect, adapter};
use tidegate_sim::{Emulator, EmulatorConfig, Latency, Limits, serve};
use tokio::net::TcpListener;

/// An embedder of an emulated provider that takes so many texts a call.
async fn embedder(inputs_max: usize) -> Embedder {
    let limits = Limits { requests: Some(100_000), total_tokens: Some(100_000_000), ..Limits::default() };
    let config = EmulatorConfig {
        limits,
        embedding_inputs_max: inputs_max,
        ..EmulatorConfig::new(tidegate_sim::Dialect::OpenAi)
    };
    let config = config.with_latency(Latency::fixed(Duration::from_millis(1)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(serve(Arc::new(Emulator::new(config)), listener, std::future::pending::<()>()));
    let transport = Arc::new(HttpTransport::new(&TransportConfig::default()).unwrap());
    let limiter = Limiter::builder().learning(Learning::On).build().unwrap();
    let paced = Paced::new(transport, adapter(Dialect::OpenAi), limiter, base).policy(CallPolicy::default());
    let rows = PacedRows::new(Account {
        name: "openai".into(),
        dialect: Dialect::OpenAi,
        headers: http::HeaderMap::new(),
        destination: Destination::Calls(paced),
    });
    let body =
        EmbedBody { model: "text-embedding-3-small".into(), dimensions: Some(3), dialect: Dialect::OpenAi };
    Embedder::new(rows, body, PackSize::default())
}

async fn run(embedder: &Embedder, texts: impl IntoIterator<Item = String>) -> Vec<ItemEnd<Answer>> {
    let all = Items::new().concurrency(Concurrency::AtMost(NonZeroUsize::new(8_192).unwrap()));
    let ends = all.run(texts.into_iter().map(Text::new), embedder, &Stop::new()).await;
    ends.into_iter().map(Option::unwrap).collect()
}

fn vector(end: &ItemEnd<Answer>) -> String {
    let Some(Answer { body: AnswerBody::Json(body), .. }) = &end.output else { panic!("{end:?}") };
    let body: serde_json::Value = serde_json::from_str(body.get()).unwrap();
    assert_eq!(body["data"].as_array().unwrap().len(), 1);
    assert_eq!(body["data"][0]["index"], 0);
    body["data"][0]["embedding"].to_string()
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("text number {number}")).collect()
}

#[tokio::test]
async fn texts_share_calls_and_keep_their_order_and_their_tokens() {
    let embedder = embedder(2_048).await;
    let ends = run(&embedder, texts(5_000)).await;
    let (sent, _) = embedder.packs();
    assert_eq!(sent, 3, "5 000 texts fit into three calls");
    let alone = run(&embedder, texts(5_000).into_iter().skip(4_321).take(1)).await;
    assert_eq!(vector(&alone[0]), vector(&ends[4_321]));
    assert_ne!(vector(&ends[0]), vector(&ends[1]));
    assert!(ends.iter().all(|end| end.is_ok() && end.effort.input_tokens > Some(0)));
}

#[tokio::test]
async fn a_pack_that_is_too_large_is_halved_and_the_next_ones_are_smaller() {
    let embedder = embedder(100).await;
    let ends = run(&embedder, texts(1_000)).await;
    assert!(ends.iter().all(ItemEnd::is_ok));
    let (sent, largest) = embedder.packs();
    assert_eq!(largest, 62, "1 000, 500, 250 and 125 were too many");
    let before = sent;
    run(&embedder, texts(124)).await;
    assert_eq!(embedder.packs().0 - before, 2, "what was learned stays");
}

#[tokio::test]
async fn one_bad_text_costs_its_neighbours_nothing() {
    let embedder = embedder(2_048).await;
    let mut all = texts(64);
    all[17] = String::new();
    let ends = run(&embedder, all).await;
    let bad: Vec<usize> = (0..64).filter(|at| !ends[*at].is_ok()).collect();
    assert_eq!(bad, [17]);
    assert_eq!(ends[17].class, Class::Invalid);
    assert!(ends[17].message.as_deref().unwrap().contains("empty"), "{:?}", ends[17].message);
    assert_eq!(embedder.packs().1, 2_048, "the size was not what was wrong");
}
