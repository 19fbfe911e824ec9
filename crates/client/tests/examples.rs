//! Every example runs against the emulated providers, with no key, and says something; together they make every call that
//! the clients have.
//!
//! `cargo test` builds the examples beside the tests; where only this test was built, they are built here.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use tidegate_sim::{Dialect, Emulator, EmulatorConfig, Latency, Limits, Recording, serve};
use tokio::net::TcpListener;

/// Examples that take an argument here: a rate at which they do not take long, a model to delete.
const ARGUMENTS: [(&str, &str); 3] =
    [("rate_limiting", "10"), ("asynchronous", "20"), ("mistral_models", "ft:small:mine")];

/// The providers with a client of their own, and the tables of their operations.
const PROVIDERS: [(&str, Dialect, &str); 4] = [
    ("MISTRAL", Dialect::Mistral, include_str!("surface/mistral.txt")),
    ("OPENAI", Dialect::OpenAi, include_str!("surface/openai.txt")),
    ("ANTHROPIC", Dialect::Anthropic, include_str!("surface/anthropic.txt")),
    ("OPENROUTER", Dialect::OpenRouter, include_str!("surface/openrouter.txt")),
];

/// What an example must say to have shown what it is for.
const SAYS: [(&str, &str); 12] = [
    ("mistral_models", "deleted: "),
    ("mistral_conversations", "deleted conv_"),
    ("mistral_agents", "stable is version 0"),
    ("mistral_tools", "allowed, and then: "),
    ("comprehensive", "all tests: PASS"),
    ("asynchronous", ", 0 refused"),
    ("terms", "not sent; its turn comes in Some("),
    ("proxy", "http://mistral.test"),
    ("unified_places", "of http://api.openai.com"),
    ("monitoring", "tidegate.response.body"),
    ("rate_limiting", "all at once: 10 starts, 0 refused; rate limit works: YES"),
    ("visualize", "call 10"),
];

/// What of the clients has no operation of its own, and is shown by some example nonetheless.
const SHOWN: [&str; 20] = [
    "Chat::at_url",
    "Chat::builder_for_listed",
    ".proxy(",
    ".http_client(",
    ".timeouts(",
    ".header(",
    ".idempotency_key(",
    ".idempotency_keys()",
    ".log_content()",
    ".on_event(",
    ".max_wait(",
    ".band(",
    ".preview()",
    ".fallbacks(",
    ".request(",
    "blocking::Mistral",
    "blocking::OpenAi",
    "blocking::Anthropic",
    "blocking::OpenRouter",
    "blocking::{Chat",
];

#[test]
fn what_a_client_can_be_told_is_in_some_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let texts =
        folder.read_dir().unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let texts = texts.collect::<String>();
    let missing: Vec<_> = SHOWN.into_iter().filter(|shown| !texts.contains(shown)).collect();
    assert!(missing.is_empty(), "no example shows {missing:?}");
}

fn examples() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// Where the built examples are: beside the folder of this test.
fn built() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("examples");
    if !examples().iter().all(|name| folder.join(name).exists()) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "tidegate-client", "--examples"]);
        assert!(cargo.status().unwrap().success(), "the examples do not build");
    }
    folder
}

/// Serves an emulated provider without narrow limits as long as the test runs; tells where. It keeps what it is asked.
async fn emulated(dialect: Dialect) -> (Arc<Emulator>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = EmulatorConfig::new(dialect)
        .with_limits(Limits::requests_and_tokens(100_000, 100_000_000))
        .with_latency(Latency::fixed(Duration::from_millis(5)));
    config.recording = Recording::Last;
    let emulator = Arc::new(Emulator::new(config));
    tokio::spawn(serve(emulator.clone(), listener, std::future::pending()));
    (emulator, format!("http://{address}"))
}

/// The operations of a table: whether they stream, method and route.
fn operations(table: &'static str) -> BTreeSet<(bool, &'static str, &'static str)> {
    let words = table.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let of = |words: Vec<&'static str>| match words.as_slice() {
        ["stream", method, route, ..] => Some((true, *method, *route)),
        ["typed" | "operation", method, route, ..] => Some((false, *method, *route)),
        _ => None,
    };
    words.filter_map(of).collect()
}

/// The route that a path follows: of several the one that leaves fewest blanks.
fn route_of<'a>(routes: impl Iterator<Item = &'a str>, path: &str) -> Option<&'a str> {
    let blanks = |route: &str| route.matches('{').count();
    let follows = |route: &&str| {
        let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
        route.len() == path.len()
            && route.iter().zip(path).all(|(step, own)| *step == own || step.starts_with('{'))
    };
    routes.filter(follows).min_by_key(|route| blanks(route))
}

/// Every operation of the table was asked for, streamed too where it can be.
fn assert_all_were_asked(emulator: &Emulator, table: &'static str) {
    let wanted = operations(table);
    assert!(wanted.len() > 4, "the table is not whole");
    let asked = emulator.recorded().into_iter().filter_map(|request| {
        let method = request.method().as_str().to_owned();
        let of_method = wanted.iter().filter(|(_, of, _)| *of == method).map(|(_, _, route)| *route);
        let route = route_of(of_method, request.uri().path())?;
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let streams = body["stream"] == true;
        wanted.iter().find(|entry| (entry.0, entry.2) == (streams, route) && entry.1 == method).copied()
    });
    let asked: BTreeSet<_> = asked.collect();
    let missing: Vec<_> = wanted.difference(&asked).collect();
    assert!(missing.is_empty(), "no example calls {missing:?}");
}

fn run(program: &Path, argument: Option<&str>, bases: &[(&str, String)]) -> Output {
    let mut command = Command::new(program);
    command.args(argument);
    for (name, base) in bases {
        command.env(format!("{name}_BASE_URL"), base).env_remove(format!("{name}_API_KEY"));
    }
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_runs_against_the_emulated_providers_without_a_key() {
    let (mut bases, mut emulators) = (Vec::new(), Vec::new());
    for (name, dialect, table) in PROVIDERS {
        let (emulator, base) = emulated(dialect).await;
        bases.push((name, base));
        emulators.push((emulator, table));
    }
    let folder = built();
    let of = |table: &[(&str, &'static str)], name: &str| {
        table.iter().find(|(example, _)| *example == name).map(|(_, text)| *text)
    };
    let runs: Vec<_> = examples()
        .into_iter()
        .map(|name| {
            let (program, bases, argument) = (folder.join(&name), bases.clone(), of(&ARGUMENTS, &name));
            (name, tokio::task::spawn_blocking(move || run(&program, argument, &bases)))
        })
        .collect();
    assert!(runs.len() >= 20, "{} examples", runs.len());
    for (name, run) in runs {
        let output = run.await.unwrap();
        let (said, erred) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name} failed: {erred}\nit said: {said}");
        let must_say = of(&SAYS, &name).unwrap_or_default();
        assert!(!said.trim().is_empty() && said.contains(must_say), "{name} said: {said}");
    }
    for (emulator, table) in emulators {
        assert_all_were_asked(&emulator, table);
    }
}
