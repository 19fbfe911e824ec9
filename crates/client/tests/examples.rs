//! Every example runs against the emulated providers, with no key, and says something.
//!
//! `cargo test` builds the examples beside the tests; where only this test was built, they are built here.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use tidegate_sim::{Dialect, Emulator, EmulatorConfig, Latency, Limits, serve};
use tokio::net::TcpListener;

/// Examples that take an argument here: a rate at which they do not take long.
const ARGUMENTS: [(&str, &str); 1] = [("rate_limiting", "10")];

/// What an example must say to have shown what it is for.
const SAYS: [(&str, &str); 6] = [
    ("mistral_conversations", "deleted conv_"),
    ("mistral_agents", "stable is version 0"),
    ("mistral_tools", "tide is asked for"),
    ("comprehensive", "TEST 5 web search: PASS"),
    ("rate_limiting", "all at once: average gap"),
    ("visualize", "call 10"),
];

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

/// Serves an emulated provider without narrow limits as long as the test runs; tells where.
async fn emulated(dialect: Dialect) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = EmulatorConfig::new(dialect)
        .with_limits(Limits::requests_and_tokens(100_000, 100_000_000))
        .with_latency(Latency::fixed(Duration::from_millis(5)));
    tokio::spawn(serve(Arc::new(Emulator::new(config)), listener, std::future::pending()));
    format!("http://{address}")
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
    let bases = vec![
        ("MISTRAL", emulated(Dialect::Mistral).await),
        ("OPENAI", emulated(Dialect::OpenAi).await),
        ("ANTHROPIC", emulated(Dialect::Anthropic).await),
        ("OPENROUTER", emulated(Dialect::OpenRouter).await),
    ];
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
}
