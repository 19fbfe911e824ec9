//! How each dialect writes a job, what it asks for and what it answers.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Answer, Asked, Batches, Job};
use crate::dialect::Dialect;
use crate::wall::WallTime;

/// A job as its dialect tells it.
pub(super) fn job(dialect: Dialect, job: &Job, at: WallTime) -> Value {
    let (total, done) = (job.total(), job.answers(at).len());
    let failed = job.answers(at).iter().filter(|answer| answer.status >= 400).count();
    let ended = job.has_ended(at);
    let created = job.created.as_unix_secs();
    match dialect {
        Dialect::Anthropic => json!({
            "id": job.id, "type": "message_batch", "created_at": job.created.rfc3339(),
            "processing_status": if ended { "ended" } else { "in_progress" },
            // Requests leave `processing` only when the whole batch has ended (API reference, read 2026-08).
            "request_counts": {
                "processing": if ended { 0 } else { total },
                "succeeded": if ended { done - failed } else { 0 },
                "errored": if ended { failed } else { 0 },
                "canceled": if ended { total - done } else { 0 },
                "expired": 0,
            },
            "results_url": ended.then(|| format!("/v1/messages/batches/{}/results", job.id)),
        }),
        Dialect::Mistral => json!({
            "id": job.id, "object": "batch", "created_at": created, "metadata": job.asked["metadata"], "errors": [],
            "input_files": job.asked["input_files"].as_array().cloned().unwrap_or_default(),
            "endpoint": job.asked["endpoint"], "model": job.asked["model"], "agent_id": job.asked["agent_id"],
            "started_at": created, "completed_at": ended.then(|| at.as_unix_secs()),
            "status": if job.was_cancelled() { "CANCELLED" } else if ended { "SUCCESS" } else { "RUNNING" },
            "total_requests": total, "completed_requests": done,
            "succeeded_requests": done - failed, "failed_requests": failed,
            "output_file": ended.then_some(&job.output).filter(|_| !job.was_cancelled()),
            "error_file": null,
            "outputs": ended.then(|| job.answers(at).iter().map(|answer| line(job, answer)).collect::<Vec<_>>()),
        }),
        _ => json!({
            "id": job.id, "object": "batch", "created_at": created, "metadata": job.asked["metadata"],
            "endpoint": job.asked["endpoint"], "completion_window": "24h", "errors": null,
            "status": if job.was_cancelled() { "cancelled" } else if ended { "completed" } else { "in_progress" },
            "request_counts": {"total": total, "completed": done - failed, "failed": failed},
            "output_file_id": ended.then_some(&job.output).filter(|_| !job.was_cancelled()),
            "error_file_id": null,
        }),
    }
}

/// The answers that are there, one a line.
pub(super) fn results(dialect: Dialect, job: &Job, at: WallTime) -> Bytes {
    let mut text = String::new();
    for answer in job.answers(at) {
        let line = match dialect {
            Dialect::Anthropic => result(answer),
            _ => line(job, answer),
        };
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text.into()
}

/// An answer as `OpenAI` and Mistral write it.
fn line(job: &Job, answer: &Answer) -> Value {
    json!({
        "id": format!("batch_req_{}_{}", job.id, answer.custom_id), "custom_id": answer.custom_id,
        "response": {"status_code": answer.status, "request_id": format!("req_{}", answer.custom_id), "body": answer.body},
        "error": null,
    })
}

/// An answer as Anthropic writes it.
fn result(answer: &Answer) -> Value {
    let result = if answer.status < 400 {
        json!({"type": "succeeded", "message": answer.body})
    } else {
        json!({"type": "errored", "error": answer.body})
    };
    json!({"custom_id": answer.custom_id, "result": result})
}

/// What a call that begins a job asks for.
pub(super) fn asked(dialect: Dialect, batches: &Batches, body: &Value) -> Result<Vec<Asked>, String> {
    let text = |value: &Value, name: &str| {
        value[name].as_str().map(str::to_owned).ok_or_else(|| format!("missing required parameter: '{name}'"))
    };
    match dialect {
        Dialect::Anthropic | Dialect::Mistral if body["requests"].is_array() => {
            let path = match dialect {
                Dialect::Mistral => text(body, "endpoint")?,
                _ => "/v1/messages".to_owned(),
            };
            let part = if dialect == Dialect::Mistral { "body" } else { "params" };
            let one = |request: &Value| {
                let mut asked = request[part].clone();
                // Mistral's jobs name the model once for all of their requests.
                if let (Some(model), Value::Object(fields)) = (body["model"].as_str(), &mut asked) {
                    fields.insert("model".to_owned(), json!(model));
                }
                Ok(Asked { custom_id: text(request, "custom_id")?, path: path.clone(), body: asked })
            };
            body["requests"].as_array().into_iter().flatten().map(one).collect()
        }
        Dialect::Anthropic => Err("requests: field required".to_owned()),
        _ => {
            let id = match dialect {
                Dialect::Mistral => body["input_files"][0].as_str().unwrap_or_default().to_owned(),
                _ => text(body, "input_file_id")?,
            };
            let endpoint = text(body, "endpoint")?;
            let file = batches.file(&id).ok_or_else(|| format!("no such file: {id}"))?;
            let lines = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let one = |line: &[u8]| {
                let line: Value = serde_json::from_slice(line).map_err(|error| format!("a line: {error}"))?;
                let asked = Asked {
                    custom_id: text(&line, "custom_id")?,
                    // Mistral's lines name no url: the job does for all of them.
                    path: line["url"].as_str().unwrap_or(&endpoint).to_owned(),
                    body: line["body"].clone(),
                };
                if asked.path == endpoint {
                    Ok(asked)
                } else {
                    Err(format!("a line's url is not {endpoint}"))
                }
            };
            lines.map(one).collect()
        }
    }
}
