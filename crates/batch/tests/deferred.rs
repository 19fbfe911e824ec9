//! Rows through the batch APIs of three providers, over loopback sockets: handed over once, looked after, resumed.

#![expect(clippy::unwrap_used, reason = "what fails while a test is set up fails the test")]

use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tidegate::Limiter;
use tidegate::call::CallPolicy;
use tidegate_batch::{
    Account, Counts, Deferred, Destination, End, Job, Observer, PacedRows, Report, RequestRows, Stop, Then,
};
use tidegate_client::{
    BaseUrl, Body, HttpTransport, Paced, ResponseBody, Transport, TransportConfig, TransportError,
    TransportErrorKind,
};
use tidegate_provider::{Dialect, adapter};
use tidegate_sim::{Emulator, EmulatorConfig, FaultKind, FaultPlan, Share, serve};
use tokio::net::TcpListener;

const ROWS: usize = 40;
/// Every provider with a batch API.
const WITH_JOBS: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Mistral];

/// An emulated provider and a folder with rows for it: two models, a row that is wrong, one that is no request.
struct Bench {
    dialect: Dialect,
    emulator: Arc<Emulator>,
    folder: tempfile::TempDir,
    base: BaseUrl,
}

impl Bench {
    async fn new(dialect: Dialect, takes: Duration) -> Self {
        Self::faulty(dialect, takes, FaultPlan::default()).await
    }

    async fn faulty(dialect: Dialect, batch_takes: Duration, faults: FaultPlan) -> Self {
        let spoken = match dialect {
            Dialect::Anthropic => tidegate_sim::Dialect::Anthropic,
            Dialect::Mistral => tidegate_sim::Dialect::Mistral,
            _ => tidegate_sim::Dialect::OpenAi,
        };
        let config = EmulatorConfig { batch_takes, faults, ..EmulatorConfig::new(spoken) };
        let emulator = Arc::new(Emulator::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(serve(Arc::clone(&emulator), listener, std::future::pending::<()>()));
        let bench = Self { dialect, emulator, folder: tempfile::tempdir().unwrap(), base };
        let mut rows: Vec<String> = (0..ROWS).map(|row| bench.row(row)).collect();
        rows[7] = "{broken".to_owned();
        fs::write(bench.path("in.jsonl"), rows.join("\n")).unwrap();
        bench
    }

    fn row(&self, row: usize) -> String {
        let model = if row.is_multiple_of(2) { "one" } else { "two" };
        let messages = json!([{"role": "user", "content": format!("row {row}")}]);
        let mut body = json!({"model": model, "max_tokens": 4, "messages": messages});
        let marked = if self.dialect == Dialect::Anthropic { "metadata" } else { "user" };
        body[marked] =
            if marked == "user" { json!(format!("r{row}")) } else { json!({"user_id": format!("r{row}")}) };
        json!({"custom_id": format!("mine-{row}"), "url": self.path_of_chat(), "body": body}).to_string()
    }

    fn path_of_chat(&self) -> &'static str {
        if self.dialect == Dialect::Anthropic { "/v1/messages" } else { "/v1/chat/completions" }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn run(&self, then: Then, stop: &Stop, observer: &mut dyn Observer) -> Report {
        self.run_with(|deferred| deferred.then(then), stop, observer).await
    }

    async fn run_with(
        &self,
        set: impl FnOnce(Deferred<'_>) -> Deferred<'_>,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> Report {
        self.run_over(wire(), set, stop, observer).await
    }

    async fn run_over(
        &self,
        transport: impl Transport + 'static,
        set: impl FnOnce(Deferred<'_>) -> Deferred<'_>,
        stop: &Stop,
        observer: &mut dyn Observer,
    ) -> Report {
        let limiter = Limiter::builder().build().unwrap();
        // A wire that is cut stays cut: twice is enough.
        let paced = Paced::new(Arc::new(transport), adapter(self.dialect), limiter, self.base.clone())
            .policy(CallPolicy::default().max_attempts(2));
        let rows = PacedRows::new(Account {
            name: "it".into(),
            dialect: self.dialect,
            headers: http::HeaderMap::new(),
            destination: Destination::Calls(paced),
        });
        let deferred = set(Deferred::new(&rows).unwrap());
        let job = Job::new(self.path("in.jsonl"), self.path("out.jsonl"));
        job.run_deferred(&RequestRows::new(), &deferred, stop, observer).await.unwrap()
    }

    /// As if it had been killed between handing jobs over and noting their names.
    fn forget_names(&self) {
        let journal = self.path("out.jsonl.tidegate-journal");
        let text = fs::read_to_string(&journal).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("{\"job\"")).collect();
        fs::write(&journal, kept.join("\n") + "\n").unwrap();
    }

    /// Another run on the same account begins jobs as large as our two.
    fn begin_theirs(&self) {
        for rows in [19, 20] {
            let request = |row| json!({"custom_id": format!("feedfeedfeedfeed-0-row-{row}"), "params": {"model": "one", "max_tokens": 4, "messages": [{"role": "user", "content": "theirs"}]}});
            let body = json!({"requests": (0..rows).map(request).collect::<Vec<_>>()}).to_string();
            let call = http::Request::post("/v1/messages/batches").body(bytes::Bytes::from(body)).unwrap();
            assert!(self.emulator.handle(&call, tidegate_core::Timestamp::ZERO).status.is_success());
        }
    }

    /// How many jobs the provider has.
    fn jobs(&self) -> usize {
        let call = http::Request::get("/v1/messages/batches").body(bytes::Bytes::new()).unwrap();
        let reply = self.emulator.handle(&call, tidegate_core::Timestamp::ZERO);
        let listed: Value = serde_json::from_slice(&reply.bytes()).unwrap();
        listed["data"].as_array().unwrap().len()
    }

    fn output(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("out.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often each row arrived at the provider, at most.
    fn most_arrivals(&self) -> u64 {
        let reply = self.emulator.handle(
            &http::Request::get("/_mock/markers").body(bytes::Bytes::new()).unwrap(),
            tidegate_core::Timestamp::ZERO,
        );
        let markers: Value = serde_json::from_slice(&reply.bytes()).unwrap();
        let counts = markers.as_object().unwrap().values().map(|counts| counts[0].as_u64().unwrap());
        counts.max().unwrap_or(0)
    }

    fn check_output(&self) {
        let output = self.output();
        assert_eq!(output.len(), ROWS);
        for (row, line) in output.iter().enumerate().filter(|(row, _)| *row != 7) {
            assert_eq!(line["custom_id"], format!("mine-{row}"), "{line}");
            assert_eq!(line["response"]["status_code"], 200, "{line}");
            assert!(line["tidegate"]["output_tokens"].as_u64().unwrap() > 0, "{line}");
            assert_eq!(line["tidegate"]["model"], if row.is_multiple_of(2) { "one" } else { "two" });
        }
        assert_eq!(output[7]["error"]["code"], "invalid");
        assert_eq!(self.most_arrivals(), 1, "no row was handed over twice");
    }
}

fn wire() -> HttpTransport {
    HttpTransport::new(&TransportConfig::default()).unwrap()
}

/// A wire that loses the answers to the first jobs that are begun, and perhaps every list of jobs.
#[derive(Debug)]
struct Lossy {
    wire: HttpTransport,
    losses: AtomicUsize,
    loses_lists: bool,
}

impl Lossy {
    fn new(losses: usize, loses_lists: bool) -> Self {
        Self { wire: wire(), losses: AtomicUsize::new(losses), loses_lists }
    }
}

impl Transport for Lossy {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let is_of_jobs =
            ["/v1/batches", "/v1/messages/batches", "/v1/batch/jobs"].contains(&request.uri().path());
        let begins = is_of_jobs && request.method() == http::Method::POST;
        let one_less = |left: usize| left.checked_sub(1);
        let is_lost = if begins {
            self.losses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
        } else {
            is_of_jobs && self.loses_lists
        };
        let answer = self.wire.send(request);
        async move {
            let answer = answer.await?;
            let lost = || TransportError::new(TransportErrorKind::Reset, "127.0.0.1", "the answer was lost");
            if is_lost { Err(lost()) } else { Ok(answer) }
        }
        .boxed()
    }
}

/// A wire that is cut when the first job is about to be begun.
#[derive(Debug)]
struct Cut {
    wire: HttpTransport,
    is_cut: AtomicBool,
}

impl Cut {
    fn new() -> Self {
        Self { wire: wire(), is_cut: AtomicBool::new(false) }
    }
}

impl Transport for Cut {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        if self.is_cut.fetch_or(request.method() == http::Method::POST, Ordering::SeqCst)
            || request.method() == http::Method::POST
        {
            let lost = TransportError::new(TransportErrorKind::Reset, "127.0.0.1", "the request was lost");
            return async move { Err(lost) }.boxed();
        }
        self.wire.send(request)
    }
}

/// Stops a run at its first look, when its jobs are under way.
struct AtFirstLook(Stop);

impl Observer for AtFirstLook {
    fn deferred(&mut self, _done: u64, _counts: &Counts) {
        self.0.gently();
    }
}

#[tokio::test]
async fn rows_go_as_jobs_and_come_back_in_order_at_every_provider() {
    for dialect in WITH_JOBS {
        let bench = Bench::new(dialect, Duration::from_millis(200)).await;
        let report = bench.run(Then::Wait, &Stop::new(), &mut ()).await;
        assert_eq!((report.end, report.why), (End::Complete, None), "{dialect:?}");
        assert_eq!((report.counts.answered(), report.counts.failed()), (39, 1));
        bench.check_output();
    }
}

#[tokio::test]
async fn a_run_that_is_stopped_looks_after_the_same_jobs_when_it_goes_on() {
    for dialect in WITH_JOBS {
        let bench = Bench::new(dialect, Duration::from_millis(1_500)).await;
        let stop = Stop::new();
        let first = bench.run(Then::Wait, &stop, &mut AtFirstLook(stop.clone())).await;
        assert_eq!(first.end, End::Interrupted, "{dialect:?}");
        assert!(first.why.unwrap().contains("2 jobs go on at the provider"));
        let second = bench.run(Then::Wait, &Stop::new(), &mut ()).await;
        assert_eq!((second.end, second.counts.resumed), (End::Complete, 1));
        bench.check_output();
    }
}

#[tokio::test]
async fn a_job_whose_name_was_lost_is_found_by_its_mark() {
    for dialect in WITH_JOBS {
        let bench = Bench::new(dialect, Duration::from_millis(1_500)).await;
        let stop = Stop::new();
        bench.run(Then::Wait, &stop, &mut AtFirstLook(stop.clone())).await;
        bench.forget_names();
        assert_eq!(bench.run(Then::Wait, &Stop::new(), &mut ()).await.end, End::Complete, "{dialect:?}");
        bench.check_output();
    }
}

#[tokio::test]
async fn a_job_whose_answer_is_lost_is_not_begun_again() {
    for dialect in WITH_JOBS {
        let bench = Bench::new(dialect, Duration::from_millis(100)).await;
        let report = bench.run_over(Lossy::new(2, false), |deferred| deferred, &Stop::new(), &mut ()).await;
        assert_eq!((report.end, report.why), (End::Complete, None), "{dialect:?}");
        bench.check_output();
    }
}

#[tokio::test]
async fn a_job_of_which_nothing_can_be_heard_is_looked_for_when_the_run_goes_on() {
    for dialect in WITH_JOBS {
        let bench = Bench::new(dialect, Duration::from_millis(100)).await;
        let cut_off = bench.run_over(Lossy::new(1, true), |deferred| deferred, &Stop::new(), &mut ()).await;
        assert_eq!(cut_off.end, End::GaveUp, "{dialect:?}");
        assert!(cut_off.why.unwrap().contains("the answer was lost"));
        assert_eq!(bench.run(Then::Wait, &Stop::new(), &mut ()).await.end, End::Complete);
        bench.check_output();
    }
}

#[tokio::test]
async fn somebody_elses_later_job_of_the_same_size_is_not_taken_for_a_lost_one() {
    let bench = Bench::new(Dialect::Anthropic, Duration::from_millis(1_500)).await;
    let stop = Stop::new();
    bench.run(Then::Wait, &stop, &mut AtFirstLook(stop.clone())).await;
    bench.forget_names();
    bench.begin_theirs();
    assert_eq!(bench.run(Then::Wait, &Stop::new(), &mut ()).await.end, End::Complete);
    bench.check_output();
}

#[tokio::test]
async fn somebody_elses_earlier_job_of_the_same_size_is_not_followed() {
    let bench = Bench::new(Dialect::Anthropic, Duration::from_secs(3_600)).await;
    bench.begin_theirs();
    // Ours does not reach the provider, and nobody knows; theirs will be under way for an hour.
    let cut_off = bench.run_over(Cut::new(), |deferred| deferred, &Stop::new(), &mut ()).await;
    assert_eq!(cut_off.end, End::GaveUp);
    assert!(cut_off.why.unwrap().contains("the request was lost"));
    let stop = Stop::new();
    let second = bench.run(Then::Wait, &stop, &mut AtFirstLook(stop.clone())).await;
    assert!(second.why.unwrap().contains("2 jobs go on at the provider"));
    assert_eq!(bench.jobs(), 2 + 2, "theirs, and ours once");
}

#[tokio::test]
async fn jobs_are_cancelled_on_request_and_what_they_answered_is_kept() {
    let bench = Bench::new(Dialect::Anthropic, Duration::from_secs(10)).await;
    let stop = Stop::new();
    bench.run(Then::Wait, &stop, &mut AtFirstLook(stop.clone())).await;
    let cancelled = bench.run(Then::Cancel, &Stop::new(), &mut ()).await;
    assert_eq!(cancelled.end, End::GaveUp);
    assert_eq!(cancelled.why.as_deref(), Some("a job was cancelled"));
    let kept = cancelled.counts.answered();
    assert!((1..30).contains(&kept), "{kept}");
}

/// Three in ten requests of a job fail inside the provider.
fn failing() -> FaultPlan {
    FaultPlan::default().with(FaultKind::ServerError, Share::millionths(300_000))
}

#[tokio::test]
async fn rows_that_failed_inside_of_a_job_go_into_another_one() {
    for dialect in WITH_JOBS {
        let bench = Bench::faulty(dialect, Duration::from_millis(100), failing()).await;
        let report = bench.run(Then::Wait, &Stop::new(), &mut ()).await;
        assert_eq!((report.end, report.counts.answered()), (End::Complete, 39), "{dialect:?}");
        bench.check_output();
        let attempts: Vec<u64> =
            bench.output().iter().map(|line| line["tidegate"]["attempts"].as_u64().unwrap()).collect();
        assert!(attempts.iter().any(|count| *count > 1), "{attempts:?}");
    }
}

#[tokio::test]
async fn a_row_without_attempts_left_is_an_error_row_with_its_last_answer() {
    let bench = Bench::faulty(Dialect::Anthropic, Duration::from_millis(100), failing()).await;
    let report = bench.run_with(|deferred| deferred.attempts(NonZeroU32::MIN), &Stop::new(), &mut ()).await;
    assert_eq!(report.end, End::Complete);
    let output = bench.output();
    let failed: Vec<&Value> = output.iter().filter(|line| line["error"]["code"] == "server_error").collect();
    assert!(!failed.is_empty() && failed.len() < 39);
    assert!(failed.iter().all(|line| line["response"]["status_code"] == 500), "{failed:?}");
}

#[tokio::test]
async fn a_provider_without_a_batch_api_is_refused() {
    let rows = PacedRows::new(Account {
        name: "groq".into(),
        dialect: Dialect::Compatible,
        headers: http::HeaderMap::new(),
        destination: Destination::Unusable(String::new()),
    });
    assert!(Deferred::new(&rows).unwrap_err().contains("only openai, anthropic and mistral"));
}
