//! Anthropic's message batches: a job holds its requests itself, and its answers have a path of their own
//! (build-with-claude/batch-processing, read 2026-08). Jobs carry no mark, so the names of the rows do: a job is told by
//! being later than what was there before (lists have the latest first; api/messages/batches/list, read 2026-11) and by how
//! many rows it has, and for certain by their names once it has ended.

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tidegate_client::Outgoing;

use super::api::{BatchApi, Lost, Parcel, Result, Standing, call, post, row_name_marked, row_named};

/// The type of errors that are about the request (api/errors, read 2026-08).
const INVALID: &[u8] = b"invalid_request_error";

/// Anthropic.
#[derive(Debug)]
pub(super) struct Anthropic;

impl BatchApi for Anthropic {
    fn upload(&self, _parcel: &Parcel) -> Option<Outgoing> {
        None
    }

    fn begin(&self, parcel: &Parcel, _file: Option<&str>) -> Outgoing {
        let mut body = r#"{"requests":["#.to_owned();
        for (at, (row, request)) in parcel.rows.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let name = row_name_marked(&parcel.mark, *row);
            let part = format!(r#"{comma}{{"custom_id":"{name}","params":{}}}"#, request.as_str());
            body.push_str(&part);
        }
        body.push_str("]}");
        post("/v1/messages/batches", body)
    }

    fn list(&self) -> Outgoing {
        call(Method::GET, "/v1/messages/batches?limit=100")
    }

    fn is_marked(&self) -> bool {
        false
    }

    fn may_be(&self, listed: &Value, lost: Lost<'_>) -> bool {
        let counts = listed["request_counts"].as_object();
        let all = counts.into_iter().flatten().filter_map(|(_, count)| count.as_u64());
        all.fold(0, u64::saturating_add) == lost.rows
    }

    fn look(&self, job: &str) -> Outgoing {
        call(Method::GET, format!("/v1/messages/batches/{job}"))
    }

    fn cancel(&self, job: &str) -> Outgoing {
        call(Method::POST, format!("/v1/messages/batches/{job}/cancel"))
    }

    fn standing(&self, job: &Value) -> Standing {
        let count = |name: &str| job["request_counts"][name].as_u64().unwrap_or(0);
        if job["processing_status"] != "ended" {
            return Standing::Working(count("succeeded").saturating_add(count("errored")));
        }
        let results = job["id"].as_str().map(|id| format!("/v1/messages/batches/{id}/results"));
        let results = results.into_iter().collect();
        match (count("canceled"), count("expired")) {
            (0, 0) => Standing::Ended(results),
            (_, 0) => Standing::Failed(results, "a job was cancelled".to_owned()),
            _ => Standing::Failed(results, "a job was not done within its 24 hours".to_owned()),
        }
    }

    fn result(&self, line: &[u8]) -> Option<Result> {
        #[derive(Deserialize)]
        struct Line<'a> {
            custom_id: String,
            #[serde(borrow)]
            result: Told<'a>,
        }
        #[derive(Deserialize)]
        struct Told<'a> {
            r#type: String,
            #[serde(borrow)]
            message: Option<&'a RawValue>,
            #[serde(borrow)]
            error: Option<&'a RawValue>,
        }
        let line: Line<'_> = serde_json::from_slice(line).ok()?;
        let bytes =
            |body: Option<&RawValue>| Bytes::copy_from_slice(body.map_or("", RawValue::get).as_bytes());
        let answer = match line.result.r#type.as_str() {
            "succeeded" => Some((200, bytes(line.result.message))),
            // The status is not told; an error of a request is the request's, any other the provider's.
            "errored" if bytes(line.result.error).windows(INVALID.len()).any(|part| part == INVALID) => {
                Some((400, bytes(line.result.error)))
            }
            "errored" => Some((500, bytes(line.result.error))),
            _ => None,
        };
        let (row, mark) = row_named(&line.custom_id)?;
        Some(Result { row, mark, answer })
    }
}
