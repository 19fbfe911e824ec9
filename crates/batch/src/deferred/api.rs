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

/// A parcel that was about to be handed over, of which it is not known whether the provider has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost<'a> {
    pub(super) mark: &'a str,
    /// How many rows it has.
    pub(super) rows: u64,
    /// The latest job that there was before it was handed over, where jobs carry no mark.
    pub(super) after: Option<&'a str>,
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
    /// The mark of the parcel that it came in, where the row's name tells it.
    pub(super) mark: Option<String>,
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

    /// The call that lists the latest jobs, the latest first.
    fn list(&self) -> Outgoing;

    /// Whether jobs carry the mark of their parcel.
    fn is_marked(&self) -> bool {
        true
    }

    /// Whether a listed job may be that of a lost parcel. By its mark, where jobs carry one; else it came later than what
    /// was there before, and the names of its rows tell it for certain once it has ended.
    fn may_be(&self, listed: &Value, lost: Lost<'_>) -> bool {
        listed["metadata"]["tidegate"] == lost.mark
    }

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

/// The same where jobs carry no mark: with it in front.
pub(super) fn row_name_marked(mark: &str, row: u64) -> String {
    format!("{mark}-{}", row_name(row))
}

/// The row of that name, and the mark in front of it.
pub(super) fn row_named(name: &str) -> Option<(u64, Option<String>)> {
    let (before, row) = name.rsplit_once("row-")?;
    let mark = before.strip_suffix('-').map(str::to_owned);
    (mark.is_some() || before.is_empty()).then_some(())?;
    Some((row.parse().ok()?, mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rows_name_tells_its_number_and_the_mark_in_front() {
        assert_eq!(row_named(&row_name(7)), Some((7, None)));
        assert_eq!(row_named(&row_name_marked("0123abc-2", 7)), Some((7, Some("0123abc-2".into()))));
        assert_eq!(row_named("arrow-7"), None);
        assert_eq!(row_named("row-x"), None);
    }
}
