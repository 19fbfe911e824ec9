//! Whole runs against an emulated provider over loopback sockets: faults are retried, stops are resumed, no row that
//! has ended is sent again.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidegate::call::{CallPolicy, RetryBudget};
use tidegate::{Learning, Limiter};
use tidegate_batch::{
    Account, Counts, Destination, End, Job, Observer, PacedRows, RequestRows, RowEnd, Stop,
};
use tidegate_client::{BaseUrl, HttpTransport, Paced, TransportConfig};
use tidegate_provider::{Dialect, adapter};
use tidegate_sim::{Emulator, EmulatorConfig, FaultPlan, Latency, Limits, serve};
use tokio::net::TcpListener;

const ROWS: usize = 120;

/// An emulated provider, served until the test ends, and a folder with rows for it.
struct Bench {
    folder: tempfile::TempDir,
    base: BaseUrl,
}

impl Bench {
    async fn new(faults: FaultPlan) -> Self {
        let limits = Limits { requests: Some(100_000), ..Limits::default() };
        let latency = Latency::range(Duration::from_millis(1), Duration::from_millis(20));
        let config = EmulatorConfig { limits, faults, ..EmulatorConfig::new(tidegate_sim::Dialect::OpenAi) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = BaseUrl::parse(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
        let emulator = Arc::new(Emulator::new(config.with_latency(latency)));
        tokio::spawn(serve(emulator, listener, std::future::pending::<()>()));
        let bench = Self { folder: tempfile::tempdir().unwrap(), base };
        let rows: String = (0..ROWS).map(|row| row_text(row) + "\n").collect();
        fs::write(bench.path("in.jsonl"), rows).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the job with fresh limiters, as a new process would; `stop_after` rows it is told to stop.
    async fn run(&self, stop_after: usize) -> (End, BTreeSet<String>) {
        let transport = Arc::new(HttpTransport::new(&TransportConfig::default()).unwrap());
        let limiter = Limiter::builder().learning(Learning::On).build().unwrap();
        let policy =
            CallPolicy::default().base_delay(Duration::from_millis(5)).retry_budget(RetryBudget::unlimited());
        let paced =
            Paced::new(transport, adapter(Dialect::OpenAi), limiter, self.base.clone()).policy(policy);
        let rows = PacedRows::new(Account {
            name: "openai".into(),
            dialect: Dialect::OpenAi,
            headers: http::HeaderMap::new(),
            destination: Destination::Calls(paced),
        });
        let stop = Stop::new();
        let mut ended = Ended { stop: stop.clone(), stop_after, ids: BTreeSet::new() };
        let job = Job::new(self.path("in.jsonl"), self.path("out.jsonl")).option("provider", "openai");
        let report = job.run(&RequestRows::new(), &rows, &stop, &mut ended).await.unwrap();
        (report.end, ended.ids)
    }

    fn output(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("out.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A row: every second one a batch line, the others bare bodies.
fn row_text(row: usize) -> String {
    let body = json!({
        "model": "gpt-4o-mini",
        "max_tokens": 8,
        "messages": [{"role": "user", "content": format!("row {row}")}],
    });
    if row.is_multiple_of(2) {
        return body.to_string();
    }
    json!({"custom_id": format!("r{row}"), "method": "POST", "url": "/v1/chat/completions", "body": body})
        .to_string()
}

/// Notes which rows end, and stops the run at once after some.
struct Ended {
    stop: Stop,
    stop_after: usize,
    ids: BTreeSet<String>,
}

impl Observer for Ended {
    fn row_ended(&mut self, row: &RowEnd<'_>, _counts: &Counts) {
        assert!(self.ids.insert(row.custom_id.to_owned()), "{} ended twice", row.custom_id);
        if self.ids.len() == self.stop_after {
            self.stop.now();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_faults_that_is_stopped_again_and_again_answers_every_row_once() {
    let faults = ["500:0.05", "reset:0.02", "truncate:0.02"];
    let faults = faults.iter().fold(FaultPlan::default(), |plan, text| plan.with_text(text).unwrap());
    let bench = Bench::new(faults).await;
    let mut ended = BTreeSet::new();
    for stop_after in [1, 7, 20, 40, usize::MAX] {
        let (end, ids) = bench.run(stop_after).await;
        assert_eq!(end == End::Complete, stop_after == usize::MAX);
        assert!(ended.is_disjoint(&ids), "rows that had ended were sent again");
        ended.extend(ids);
    }
    assert_eq!(ended.len(), ROWS);
    let output = bench.output();
    for (row, line) in output.iter().enumerate() {
        let id = if row.is_multiple_of(2) { format!("row-{}", row + 1) } else { format!("r{row}") };
        assert_eq!(line["custom_id"], id);
        assert_eq!(line["response"]["status_code"], 200, "{line}");
        assert_eq!(line["response"]["body"]["object"], "chat.completion");
        assert!(line["tidegate"]["input_tokens"].as_u64().unwrap() > 0);
        assert_eq!(line["tidegate"]["model"], "gpt-4o-mini");
    }
    assert_eq!(output.len(), ROWS);
    assert_eq!(bench.run(usize::MAX).await.0, End::WasComplete);
}
