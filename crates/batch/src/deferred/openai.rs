//! `OpenAI`'s batch API: a file of lines is uploaded and named in a job; answers and errors are files again
//! (guides/batch and openapi.yaml, read 2026-08).

use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tidegate_client::Outgoing;

use super::api::{BatchApi, Parcel, Result, Standing, call, post, row_name, row_named};

/// What parts the form; no row has it, since a line end stands before it and rows have none.
const BOUNDARY: &str = "tidegate-rows";

/// `OpenAI`.
#[derive(Debug)]
pub(super) struct OpenAi;

impl BatchApi for OpenAi {
    fn upload(&self, parcel: &Parcel) -> Option<Outgoing> {
        let mut form = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{BOUNDARY}\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"rows.jsonl\"\r\n\
             content-type: application/jsonl\r\n\r\n"
        );
        for (row, body) in &parcel.rows {
            let (name, path) = (json!(row_name(*row)), json!(parcel.path));
            form.push_str(&format!(r#"{{"custom_id":{name},"method":"POST","url":{path},"body":"#));
            form.push_str(body.as_str());
            form.push_str("}\n");
        }
        form.push_str(&format!("\r\n--{BOUNDARY}--\r\n"));
        let mut headers = HeaderMap::new();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(&kind).expect("it has letters and signs only"));
        Some(Outgoing { method: Method::POST, path: "/v1/files".to_owned(), headers, body: form.into() })
    }

    fn begin(&self, parcel: &Parcel, file: Option<&str>) -> Outgoing {
        let body = json!({
            "input_file_id": file, "endpoint": parcel.path, "completion_window": "24h",
            "metadata": {"tidegate": parcel.mark},
        });
        post("/v1/batches", body.to_string())
    }

    fn list(&self) -> Outgoing {
        call(Method::GET, "/v1/batches?limit=100")
    }

    fn look(&self, job: &str) -> Outgoing {
        call(Method::GET, format!("/v1/batches/{job}"))
    }

    fn cancel(&self, job: &str) -> Outgoing {
        call(Method::POST, format!("/v1/batches/{job}/cancel"))
    }

    fn standing(&self, job: &Value) -> Standing {
        let file = |name: &str| job[name].as_str().map(|id| format!("/v1/files/{id}/content"));
        let files = ["output_file_id", "error_file_id"].into_iter().filter_map(file).collect();
        let done = |name: &str| job["request_counts"][name].as_u64().unwrap_or(0);
        match job["status"].as_str().unwrap_or_default() {
            "completed" => Standing::Ended(files),
            "failed" => {
                let why = job["errors"]["data"][0]["message"].as_str().unwrap_or("without a reason");
                Standing::Failed(files, format!("the provider refused a job: {why}"))
            }
            "expired" => Standing::Failed(files, "a job was not done within its 24 hours".to_owned()),
            "cancelled" => Standing::Failed(files, "a job was cancelled".to_owned()),
            _ => Standing::Working(done("completed").saturating_add(done("failed"))),
        }
    }

    fn result(&self, line: &[u8]) -> Option<Result> {
        result(line)
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    custom_id: String,
    #[serde(borrow)]
    response: Option<Response<'a>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    status_code: u16,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// A line of answers as `OpenAI` and Mistral write it. One without a response (it expired, it was cancelled) was not
/// processed.
pub(super) fn result(line: &[u8]) -> Option<Result> {
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    let answer = line
        .response
        .map(|response| (response.status_code, Bytes::copy_from_slice(response.body.get().as_bytes())));
    let (row, mark) = row_named(&line.custom_id)?;
    Some(Result { row, mark, answer })
}
