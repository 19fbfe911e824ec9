//! `BatchApi`: the seam between handing rows over and how each provider wants that. Pure functions.

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use tidegate_client::Outgoing;

use crate::RequestBody;

/// Rows that go together, none of them handed over yet.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    /// The endpoint as `/v1/...`.
    pub(super) path: String,
    /// The model.
    pub(super) model: String,
    /// What finds the job again: run and number.
    pub(super) mark: String,
    /// Each row's number and body.
    pub(super) rows: Vec<(u64, RequestBody)>,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It works; so many of its rows have ended.
    Working(u64),
    /// It has ended, and its answers are at these paths.
    Ended(Vec<String>),
    /// It has ended without all of its answers, for this reason; what there is of them is at these paths.
    Failed(Vec<String>, String),
}

/// One row's answer.
#[derive(Clone, Debug)]
pub(super) struct Result {
    pub(super) row: u64,
    /// The status and the body; `None` when the row was not processed, and is to be handed over again.
    pub(super) answer: Option<(u16, Bytes)>,
}

/// How a provider's batch API is spoken.
///
/// Implementations are pure functions of what they are given, and each states where its shapes come from. Rows are
/// named `row-N` towards the provider, whatever they are called at home: every provider takes that.
pub(super) trait BatchApi: Send + Sync + std::fmt::Debug {
    /// The call that uploads a parcel, where one goes before the job.
    fn upload(&self, parcel: &Parcel) -> Option<Outgoing>;

    /// The call that begins a job of a parcel, or of the file that was uploaded for it.
    fn begin(&self, parcel: &Parcel, file: Option<&str>) -> Outgoing;

    /// The call that lists jobs, where they can be found by their mark.
    fn list(&self) -> Option<Outgoing>;

    /// The call that asks how a job stands.
    fn look(&self, job: &str) -> Outgoing;

    /// The call that ends a job early.
    fn cancel(&self, job: &str) -> Outgoing;

    /// How a job stands, by the answer to [`look`](Self::look).
    fn standing(&self, job: &Value) -> Standing;

    /// What one line of the answers says; `None` for a line that is none.
    fn result(&self, line: &[u8]) -> Option<Result>;
}

/// A call without a body.
pub(super) fn call(method: Method, path: impl Into<String>) -> Outgoing {
    Outgoing { method, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
}

/// A POST of JSON.
pub(super) fn post(path: impl Into<String>, body: String) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Outgoing { method: Method::POST, path: path.into(), headers, body: body.into() }
}

/// The name of a row towards the provider.
pub(super) fn row_name(row: u64) -> String {
    format!("row-{row}")
}

/// The row of that name.
pub(super) fn row_named(name: &str) -> Option<u64> {
    name.strip_prefix("row-")?.parse().ok()
}
