//! `tidegate batch` as people run it: it stops when asked, says how to go on, and what stands in its way is named.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{Finished, Running, run, shell};
use crate::http;

/// A folder with rows, and an emulated provider for them.
struct Bench {
    folder: tempfile::TempDir,
    mock: Running,
    url: String,
}

impl Bench {
    fn new(rows: usize, mock: &[&str]) -> Self {
        let mock = Running::start(&[&["mock", "--listen", "127.0.0.1:0", "--rpm", "1000000"], mock].concat());
        let url = format!("http://{}", mock.address());
        let bench = Self { folder: tempfile::tempdir().unwrap(), mock, url };
        fs::write(bench.path("in.jsonl"), (1..=rows).map(row).collect::<String>()).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let path = |name| self.path(name).display().to_string();
        let mut all = vec!["batch".to_owned(), path("in.jsonl"), "-o".to_owned(), path("out.jsonl")];
        all.extend(["--provider", "openai", "--no-state", "--base-url", &self.url].map(str::to_owned));
        all.extend(more.iter().map(|flag| (*flag).to_owned()));
        all
    }

    fn start(&self, more: &[&str]) -> Running {
        let arguments = self.arguments(more);
        Running::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn run(&self, more: &[&str]) -> Finished {
        let arguments = self.arguments(more);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn mock(&self, question: &str) -> Value {
        http::get(self.mock_address(), &format!("/_mock/{question}")).json()
    }

    fn mock_address(&self) -> std::net::SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    /// How often each row has arrived at the provider.
    fn arrivals(&self) -> Vec<(String, u64)> {
        let markers = self.mock("markers");
        let count = |(marker, counts): (&String, &Value)| (marker.clone(), counts[0].as_u64().unwrap());
        markers.as_object().unwrap().iter().map(count).collect()
    }

    fn answers(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("out.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn row(number: usize) -> String {
    let messages = json!([{"role": "user", "content": format!("Say tide {number}.")}]);
    let body = json!({"model": "m", "user": format!("r{number}"), "max_tokens": 4, "messages": messages});
    format!("{body}\n")
}

#[test]
fn an_interrupt_finishes_what_is_under_way_and_the_same_command_goes_on() {
    let bench = Bench::new(60, &["--latency", "100..200"]);
    let batch = bench.start(&["--concurrency", "6", "--verbose"]);
    batch.line_with("row-3: ok");
    batch.interrupt();
    batch.line_with("no more are sent");
    let said = batch.line_with("run the same command again to go on");
    assert!(said.contains("interrupted with"), "{said}");
    assert_eq!(batch.end().0, Some(130));
    assert!(!bench.path("out.jsonl").exists());
    let before = bench.arrivals();
    assert!((3..60).contains(&before.len()), "{before:?}");
    let second = bench.run(&[]);
    assert_eq!(second.code, Some(0), "{}", second.stderr);
    assert!(second.stderr.contains("of them by earlier runs"), "{}", second.stderr);
    assert_eq!(bench.answers().len(), 60);
    assert!(bench.arrivals().iter().all(|(_, times)| *times == 1), "{:?}", bench.arrivals());
}

#[test]
fn a_second_interrupt_stops_at_once_and_the_journal_holds() {
    let bench = Bench::new(40, &["--latency", "1", "--fault", "hang:0.3"]);
    let batch = bench.start(&["--concurrency", "20", "--verbose"]);
    batch.line_with(": ok");
    // What hangs would hold an orderly end for ten minutes.
    batch.interrupt();
    batch.line_with("no more are sent");
    batch.interrupt();
    assert_eq!(batch.end().0, Some(130));
    let journal = fs::read_to_string(bench.path("out.jsonl.tidegate-journal")).unwrap();
    assert!(journal.lines().count() > 1, "{journal}");
    assert!(!bench.path("out.jsonl.tidegate-lock").exists());
}

#[test]
fn rows_come_through_a_pipe_and_go_into_a_packed_output() {
    let bench = Bench::new(5, &["--latency", "1"]);
    let (binary, input) = (env!("CARGO_BIN_EXE_tidegate"), bench.path("in.jsonl"));
    let output = bench.path("out.jsonl.zst");
    let line = format!(
        "cat {} | {binary} batch - -o {} --provider openai --no-state --base-url {}",
        input.display(),
        output.display(),
        bench.url
    );
    let piped = shell(&line);
    assert_eq!(piped.code, Some(0), "{}", piped.stderr);
    assert_eq!(fs::read(&output).unwrap()[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    let again = shell(&line);
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
}

#[test]
fn a_limit_of_file_sizes_that_is_met_says_what_to_do_and_loses_nothing() {
    let bench = Bench::new(60, &["--latency", "1"]);
    let arguments = bench.arguments(&["--concurrency", "1"]).join(" ");
    let binary = env!("CARGO_BIN_EXE_tidegate");
    // Sixteen blocks of 512 bytes hold some of the rows.
    let cut = shell(&format!("trap '' XFSZ; ulimit -f 16; exec {binary} {arguments}"));
    assert_eq!(cut.code, Some(3), "{}", cut.stderr);
    assert!(cut.stderr.contains("cannot write the journal"), "{}", cut.stderr);
    assert!(cut.stderr.contains("run the same command again: finished rows are kept"), "{}", cut.stderr);
    let before = bench.arrivals().len();
    assert!((2..60).contains(&before), "{before}");
    assert_eq!(bench.run(&[]).code, Some(0));
    assert_eq!(bench.answers().len(), 60);
    // The row whose line did not fit any more was answered, but not finished.
    let twice = bench.arrivals().iter().filter(|(_, times)| *times > 1).count();
    assert_eq!(twice, 1);
}

#[test]
fn a_disk_that_is_full_says_what_to_do_and_loses_nothing() {
    let bench = Bench::new(60, &["--latency", "1"]);
    let full = bench.path("full");
    fs::create_dir(&full).unwrap();
    let small = format!("mount -t tmpfs -o size=16k none {}", full.display());
    // A disk of its own, which nobody else sees and which is gone at the end: not every system lets every user have one.
    let apart =
        |line: &str| shell(&format!("exec unshare --map-root-user --mount sh -c '{small} && {line}'"));
    if apart("true").code != Some(0) {
        eprintln!("skipped: this user may not mount a disk of 16 KB");
        return;
    }
    let arguments = bench.arguments(&["--concurrency", "1"]).join(" ").replace("out.jsonl", "full/out.jsonl");
    let batch = format!("{} {arguments}; echo $?", env!("CARGO_BIN_EXE_tidegate"));
    let larger = format!("mount -o remount,size=1m {}", full.display());
    let saved = format!("cp {} {}", full.join("out.jsonl").display(), bench.path("out.jsonl").display());
    let both = apart(&format!("{{ {batch}; {larger}; {batch}; {saved}; }}"));
    assert_eq!(both.stdout, "3\n0\n", "{}", both.stderr);
    assert!(both.stderr.contains("cannot write the journal"), "{}", both.stderr);
    assert!(both.stderr.contains("free some space and run the same command again"), "{}", both.stderr);
    assert_eq!(bench.answers().len(), 60);
    let arrivals = bench.arrivals();
    let twice = arrivals.iter().filter(|(_, times)| *times > 1).count();
    assert_eq!(
        (arrivals.len(), twice),
        (60, 1),
        "the row that found no place was answered, but not finished"
    );
}

#[test]
fn what_stands_in_the_way_is_named() {
    let bench = Bench::new(2, &["--latency", "1"]);
    fs::write(bench.path("out.jsonl"), "precious\n").unwrap();
    let taken = bench.run(&[]);
    assert_eq!(taken.code, Some(3));
    assert!(taken.stderr.contains("does not hold the answers of this input"), "{}", taken.stderr);
    assert!(taken.stderr.contains("--restart"), "{}", taken.stderr);
    let quiet = bench.run(&["--restart", "--quiet", "--headers"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    assert!(bench.answers()[0]["response"]["headers"]["x-request-id"].is_string());
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named_with_what_to_do() {
    let bench = Bench::new(1, &["--latency", "1"]);
    let input = bench.path("in.jsonl").display().to_string();
    let below_a_file = format!("{input}/out.jsonl");
    // Nobody may make files under /sys, not even root, whom permissions do not bind.
    for (output, advice) in [
        ("/sys/out.jsonl", "choose an output in a folder that you may write to"),
        (below_a_file.as_str(), "a part of that path is a file: choose another folder"),
        ("/dev/full", "is not a regular file; choose another name"),
    ] {
        let refused = run(&["batch", &input, "-o", output, "--provider", "openai", "--base-url", &bench.url]);
        assert_eq!(refused.code, Some(3), "{}", refused.stderr);
        assert!(refused.stderr.contains(output) && refused.stderr.contains(advice), "{}", refused.stderr);
    }
    let itself = run(&["batch", &input, "-o", &input, "--provider", "openai", "--base-url", &bench.url]);
    assert_eq!(itself.code, Some(2), "the command line is wrong: {}", itself.stderr);
    assert!(itself.stderr.contains("choose another output"), "{}", itself.stderr);
    assert!(bench.arrivals().is_empty(), "nothing is sent before the output can be written");
}

#[test]
fn a_line_that_is_no_text_is_an_error_row_and_stops_no_other() {
    let bench = Bench::new(0, &["--latency", "1"]);
    let rows = [b"\xff\xfe{}\n".as_slice(), row(1).as_bytes()].concat();
    fs::write(bench.path("in.jsonl"), rows).unwrap();
    let done = bench.run(&[]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    let answers = bench.answers();
    assert_eq!(answers[0]["error"]["message"], "line 1: not valid UTF-8");
    assert_eq!(answers[1]["response"]["status_code"], 200);
}

#[test]
fn a_provider_that_is_away_pauses_the_run_visibly_and_ends_it_in_time() {
    let bench = Bench::new(60, &["--latency", "1", "--fault", "500:1"]);
    let batch = bench.start(&["--retry-base", "0.001", "--give-up-after", "6s"]);
    batch.line_with("paused: model m of openai: ");
    batch.line_with("openai did not answer for 0.1 min");
    assert_eq!(batch.end().0, Some(1));
    assert!(bench.path("out.jsonl.tidegate-journal").exists());
    drop(bench.mock);
}

#[test]
fn requests_and_answers_are_printed_on_demand() {
    let bench = Bench::new(1, &["--latency", "1"]);
    let printed = bench.run(&["--print-prompts", "--json-mode"]);
    assert!(printed.stderr.contains("> POST /v1/chat/completions {"), "{}", printed.stderr);
    assert!(printed.stderr.contains("< 200 {"), "{}", printed.stderr);
}

#[test]
fn texts_are_embedded_many_a_call_in_order() {
    for provider in ["openai", "mistral"] {
        let mock = Running::start(&[
            "mock",
            "--listen",
            "127.0.0.1:0",
            "--provider",
            provider,
            "--rpm",
            "1000",
            "--tpm",
            "1000000",
        ]);
        let (folder, url) = (tempfile::tempdir().unwrap(), format!("http://{}", mock.address()));
        let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
        let texts = (0..300)
            .map(|number| json!({"custom_id": format!("t{number}"), "text": format!("tide {number}")}));
        fs::write(&input, texts.map(|text| format!("{text}\n")).collect::<String>()).unwrap();
        let done = run(&[
            "embed",
            input.to_str().unwrap(),
            "-o",
            output.to_str().unwrap(),
            "--provider",
            provider,
            "--base-url",
            &url,
            "--no-state",
            "--model",
            "some-embed",
            "--texts-per-call",
            "100",
        ]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let text = fs::read_to_string(&output).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 300);
        assert_eq!(lines[299]["custom_id"], "t299");
        assert_eq!(lines[7]["response"]["body"]["data"][0]["index"], 0);
        assert_ne!(lines[7]["response"]["body"]["data"], lines[8]["response"]["body"]["data"]);
        let stats = http::get(mock_address(&url), "/_mock/stats").json();
        assert!(stats["requests"].as_u64().unwrap() <= 5, "{stats}");
    }
}

fn mock_address(url: &str) -> std::net::SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}
