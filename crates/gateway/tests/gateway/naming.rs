//! Each call has a name, which its answer and the lines of the log about it share.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use bytes::Bytes;
use http_body_util::BodyExt;
use tidegate_client::Body;
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::house::{ANSWER, CHAT, House, THROTTLED};
use crate::upstream::{Reply, TestUpstream};

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    /// What follows the message of each line that names the call, in order.
    fn lines(&self, call: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let named = format!("call={call} ");
        let message =
            |line: &str| Some(line.split_once("record: ")?.1.split_once(&named)?.0.trim().to_owned());
        text.lines().filter_map(message).collect()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Keeps what this thread logs.
fn kept() -> (Kept, DefaultGuard) {
    // Whether anybody wants a line is asked once for each place in the code. A test that listens to nothing may be the
    // first to come by there, and must not answer for all.
    static SOMEBODY_LISTENS: Once = Once::new();
    SOMEBODY_LISTENS.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
    let log = Kept::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::DEBUG).with_ansi(false);
    let guard = tracing::subscriber::set_default(subscriber.with_writer(log.clone()).finish());
    (log, guard)
}

#[tokio::test]
async fn an_answer_has_the_name_under_which_the_log_tells_of_its_call() {
    let (log, _guard) = kept();
    let part = Bytes::from_static(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Up\"}}]}\n\n");
    let upstream = TestUpstream::start([
        Reply::json(429, THROTTLED).header("retry-after-ms", "1"),
        Reply::json(200, ANSWER),
        Reply::Chunked("text/event-stream", vec![part]),
    ])
    .await;
    let house = House::new(&upstream).await;
    let answered = house.chat().await;
    let (head, body) =
        house.open(house.post("/openai/v1/chat/completions"), Body::whole(CHAT)).await.into_parts();
    assert!(body.collect().await.is_err());
    house.status_when(|status| status["accounts"][0]["in_flight"] == 0).await;
    let names = [answered.header("x-tidegate-call"), head.headers["x-tidegate-call"].to_str().unwrap()];
    let expected: [&[&str]; 2] = [
        &["the provider refused a call", "a call is sent again", "a call ended"],
        &["an answer stopped before its end", "a call ended"],
    ];
    for (name, lines) in names.into_iter().zip(expected) {
        assert_eq!(log.lines(name), lines, "{name}");
    }
    assert!(names[0] != names[1] && names[0].len() > 32, "no two calls have one name: {names:?}");
    assert!(upstream.seen().iter().all(|seen| !seen.headers.contains_key("x-tidegate-call")));
}

#[tokio::test]
async fn a_call_that_is_not_sent_has_a_name_too() {
    let (log, _guard) = kept();
    let wrong = r#"{"error":{"message":"no such key","code":"invalid_api_key"}}"#;
    let upstream = TestUpstream::start([Reply::json(401, wrong)]).await;
    let house = House::new(&upstream).await;
    let (refused, stopped) = (house.chat().await, house.chat().await);
    assert_eq!((upstream.seen().len(), stopped.header("x-tidegate-attempts")), (1, "0"));
    assert_eq!(log.lines(refused.header("x-tidegate-call")), ["a call ended"]);
    let lines = log.lines(stopped.header("x-tidegate-call"));
    assert_eq!(lines, ["a call was not answered", "a call ended"]);
}
