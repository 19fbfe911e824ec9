//! The state directory, as two runs of the binary see it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Finished, Running, run_with_state};
use crate::http::post;

/// The files of the state directory under `place`.
fn files(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.join("tidegate")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn document(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// A batch of three rows.
struct Batch {
    folder: tempfile::TempDir,
    mock: Running,
}

impl Batch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let row = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
        fs::write(folder.path().join("in.jsonl"), format!("{row}\n{row}\n{row}\n")).unwrap();
        let mock = ["mock", "--listen", "127.0.0.1:0", "--latency", "1..5", "--rpm", "77", "--tpm", "50000"];
        Self { folder, mock: Running::start(&mock) }
    }

    fn run(&self, base: &str, flags: &[&str]) -> Finished {
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let (input, output) = (path("in.jsonl"), path("out.jsonl"));
        let args = ["batch", &input, "-o", &output, "--provider", "openai", "--base-url", base, "--restart"];
        run_with_state(self.folder.path(), &[&args, flags].concat())
    }
}

#[test]
fn a_batch_keeps_what_it_learned_and_a_harmed_file_only_costs_a_message() {
    let batch = Batch::new();
    let base = format!("http://{}", batch.mock.address());
    let first = batch.run(&base, &[]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let [file] = files(batch.folder.path()).try_into().unwrap();
    let amounts = |file: &Path| {
        let limits = document(file)["limits"].as_array().unwrap().clone();
        limits.iter().map(|limit| limit["amount"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert!(amounts(&file).contains(&77), "{:?}", document(&file));
    fs::write(&file, b"{\"form\": 1, \"vers").unwrap();
    let second = batch.run(&base, &[]);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert!(second.stderr.contains("ignoring what was learned earlier"), "{second:?}");
    assert!(amounts(&file).contains(&77), "it is replaced");
    let third = batch.run(&base, &[]);
    assert!(third.code == Some(0) && !third.stderr.contains("ignoring"), "{third:?}");
}

#[test]
fn no_state_keeps_nothing() {
    let batch = Batch::new();
    let base = format!("http://{}", batch.mock.address());
    assert_eq!(batch.run(&base, &["--no-state"]).code, Some(0));
    assert_eq!(files(batch.folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn the_gateway_keeps_what_it_learned_when_it_ends_and_shares_it_with_the_batch() {
    let batch = Batch::new();
    let base = format!("http://{}", batch.mock.address());
    let upstream = format!("openai={base}");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--upstream", &upstream];
    let gateway = Running::start_with_state(batch.folder.path(), &serve);
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(post(gateway.address(), "/openai/v1/chat/completions", &body).status, 200);
    gateway.terminate();
    assert_eq!(gateway.end().0, Some(0));
    let [of_gateway] = files(batch.folder.path()).try_into().unwrap();
    assert_eq!(batch.run(&base, &[]).code, Some(0));
    assert_eq!(files(batch.folder.path()), [of_gateway], "one key at one place is one account");
}
