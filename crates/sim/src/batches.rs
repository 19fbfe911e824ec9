//! Emulated batch APIs: files and jobs of `OpenAI`, message batches of Anthropic, jobs of Mistral.
//!
//! Shapes: `OpenAI` guides/batch and its openapi.yaml; Anthropic build-with-claude/batch-processing; Mistral's OpenAPI of
//! `/v1/batch/jobs` (all read 2026-08). A job works for a while and then has all its answers; none of it is metered.

mod job;
mod shapes;
mod store;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::dialect::Dialect;
use crate::reply::Reply;
use crate::wall::WallTime;
pub(crate) use job::{Answer, Asked, Job};
pub(crate) use store::Batches;

/// What a path of a batch API asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Keep a file.
    Upload,
    /// What a file holds.
    Content(String),
    /// Begin a job.
    Create,
    /// The jobs so far.
    List,
    /// How a job stands; with its answers, where that is asked for.
    Look(String),
    /// End a job early.
    Cancel(String),
    /// The answers of a job that has ended.
    Results(String),
    /// Forget a job.
    Delete(String),
}

/// What `path` asks of the batch API of a dialect, if it is one of its paths.
pub(crate) fn question(dialect: Dialect, method: &Method, path: &str) -> Option<Question> {
    let jobs = match dialect {
        Dialect::OpenAi | Dialect::Compatible => "/v1/batches",
        Dialect::Anthropic => "/v1/messages/batches",
        Dialect::Mistral => "/v1/batch/jobs",
        Dialect::OpenRouter => return None,
    };
    if let Some(rest) = path.strip_prefix("/v1/files") {
        let content = || rest.strip_prefix('/')?.strip_suffix("/content").map(str::to_owned);
        return match *method {
            Method::POST if rest.is_empty() && dialect != Dialect::Anthropic => Some(Question::Upload),
            Method::GET => content().map(Question::Content),
            _ => None,
        };
    }
    let rest = path.strip_prefix(jobs)?;
    match (method, rest.strip_prefix('/')) {
        (&Method::POST, None) if rest.is_empty() => Some(Question::Create),
        (&Method::GET, None) if rest.is_empty() => Some(Question::List),
        (&Method::GET, Some(id)) => Some(match id.strip_suffix("/results") {
            Some(id) => Question::Results(id.to_owned()),
            None => Question::Look(id.to_owned()),
        }),
        (&Method::DELETE, Some(id)) => Some(Question::Delete(id.to_owned())),
        (&Method::POST, Some(rest)) => rest.strip_suffix("/cancel").map(|id| Question::Cancel(id.to_owned())),
        _ => None,
    }
}

/// Answers a question about what is there already.
pub(crate) fn answer(dialect: Dialect, batches: &mut Batches, question: &Question, at: WallTime) -> Reply {
    let found = match question {
        Question::Content(id) => batches.file(id).map(|bytes| lines(bytes.clone())),
        Question::Look(id) => batches.job(id).map(|job| object(&shapes::job(dialect, job, at))),
        Question::Cancel(id) => batches.job(id).map(|job| {
            job.cancel(at);
            object(&shapes::job(dialect, job, at))
        }),
        Question::Results(id) => batches
            .job(id)
            .filter(|job| job.has_ended(at))
            .map(|job| lines(shapes::results(dialect, job, at))),
        Question::List => {
            let jobs: Vec<Value> = batches.jobs().map(|job| shapes::job(dialect, job, at)).collect();
            Some(object(&json!({"object": "list", "data": jobs, "has_more": false, "total": jobs.len()})))
        }
        Question::Delete(id) => {
            batches.forget(id).then(|| object(&json!({"id": id, "object": "batch", "deleted": true})))
        }
        Question::Upload | Question::Create => None,
    };
    found.unwrap_or_else(|| missing("no such file or job"))
}

/// Keeps the file of a multipart upload.
pub(crate) fn upload(batches: &mut Batches, body: &[u8], at: WallTime) -> Reply {
    match store::part(body, "file") {
        Some(content) => {
            let (id, bytes) = batches.keep(Bytes::copy_from_slice(content));
            object(&json!({
                "id": id, "object": "file", "bytes": bytes, "created_at": at.as_unix_secs(),
                "filename": "rows.jsonl", "purpose": "batch",
            }))
        }
        None => invalid("the form has no part named `file`"),
    }
}

/// What a call that begins a job asks for: its requests.
///
/// # Errors
/// What is wrong with the call.
pub(crate) fn asked(dialect: Dialect, batches: &Batches, body: &[u8]) -> Result<Vec<Asked>, Box<Reply>> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| Box::new(invalid(&format!("invalid JSON: {error}"))))?;
    shapes::asked(dialect, batches, &body).map_err(|why| Box::new(invalid(&why)))
}

/// Begins a job of answered requests.
pub(crate) fn begin(dialect: Dialect, batches: &mut Batches, job: Job, at: WallTime) -> Reply {
    let job = batches.begin(job, dialect, at);
    object(&shapes::job(dialect, job, at))
}

fn object(value: &Value) -> Reply {
    Reply::plain(StatusCode::OK, "application/json", Bytes::from(value.to_string()))
}

fn lines(bytes: Bytes) -> Reply {
    Reply::plain(StatusCode::OK, "application/octet-stream", bytes)
}

fn missing(why: &str) -> Reply {
    error(StatusCode::NOT_FOUND, why)
}

fn invalid(why: &str) -> Reply {
    error(StatusCode::BAD_REQUEST, why)
}

fn error(status: StatusCode, why: &str) -> Reply {
    let body =
        json!({"error": {"message": why, "type": "invalid_request_error", "param": null, "code": null}});
    Reply::plain(status, "application/json", Bytes::from(body.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_paths() {
        let of = |dialect, method: Method, path| question(dialect, &method, path);
        assert_eq!(of(Dialect::OpenAi, Method::POST, "/v1/batches"), Some(Question::Create));
        assert_eq!(of(Dialect::OpenAi, Method::POST, "/v1/files"), Some(Question::Upload));
        let cancel = Question::Cancel("b".into());
        assert_eq!(of(Dialect::Mistral, Method::POST, "/v1/batch/jobs/b/cancel"), Some(cancel));
        let results = Question::Results("b".into());
        assert_eq!(of(Dialect::Anthropic, Method::GET, "/v1/messages/batches/b/results"), Some(results));
        assert_eq!(of(Dialect::Anthropic, Method::POST, "/v1/messages"), None);
        assert_eq!(of(Dialect::OpenRouter, Method::POST, "/v1/batches"), None);
    }
}
