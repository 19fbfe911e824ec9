//! Mistral's batch API: a job holds its requests itself; answers come with the job or as a file (OpenAPI of
//! `/v1/batch/jobs`, read 2026-08). A job is of one model, which is named beside the requests.

use http::Method;
use serde_json::{Value, json};
use tidegate_client::Outgoing;

use super::api::{BatchApi, Parcel, Result, Standing, call, post, row_name};
use super::openai;

/// Mistral.
#[derive(Debug)]
pub(super) struct Mistral;

impl BatchApi for Mistral {
    fn upload(&self, _parcel: &Parcel) -> Option<Outgoing> {
        None
    }

    fn begin(&self, parcel: &Parcel, _file: Option<&str>) -> Outgoing {
        let mut body = format!(
            r#"{{"endpoint":{},"model":{},"metadata":{{"tidegate":{}}},"requests":["#,
            json!(parcel.path),
            json!(parcel.model),
            json!(parcel.mark)
        );
        for (at, (row, request)) in parcel.rows.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            body.push_str(&format!(
                r#"{comma}{{"custom_id":"{}","body":{}}}"#,
                row_name(*row),
                request.as_str()
            ));
        }
        body.push_str("]}");
        post("/v1/batch/jobs", body)
    }

    fn list(&self) -> Outgoing {
        call(Method::GET, "/v1/batch/jobs?page_size=100")
    }

    fn look(&self, job: &str) -> Outgoing {
        call(Method::GET, format!("/v1/batch/jobs/{job}"))
    }

    fn cancel(&self, job: &str) -> Outgoing {
        call(Method::POST, format!("/v1/batch/jobs/{job}/cancel"))
    }

    fn standing(&self, job: &Value) -> Standing {
        let file = |name: &str| job[name].as_str().map(|id| format!("/v1/files/{id}/content"));
        let files = ["output_file", "error_file"].into_iter().filter_map(file).collect();
        match job["status"].as_str().unwrap_or_default() {
            "SUCCESS" => Standing::Ended(files),
            "FAILED" => {
                let why = job["errors"][0]["message"].as_str().unwrap_or("without a reason");
                Standing::Failed(files, format!("the provider refused a job: {why}"))
            }
            "TIMEOUT_EXCEEDED" => Standing::Failed(files, "a job was not done within its time".to_owned()),
            "CANCELLED" => Standing::Failed(files, "a job was cancelled".to_owned()),
            _ => Standing::Working(job["completed_requests"].as_u64().unwrap_or(0)),
        }
    }

    fn result(&self, line: &[u8]) -> Option<Result> {
        openai::result(line)
    }
}
