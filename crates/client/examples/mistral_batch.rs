//! Batch jobs: made of requests, read, listed, stopped, deleted.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_batch     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_batch                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use serde_json::json;
use tidegate_client::mistral::BatchRequest;
use tidegate_client::{Error, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let jobs = mistral.jobs();
    let ask = |text: &str| {
        let body = json!({"messages": [{"role": "user", "content": text}], "max_tokens": 20});
        BatchRequest::new().custom_id(text).body(body)
    };
    let create = jobs.create("/v1/chat/completions").model("mistral-small-latest").timeout_hours(24);
    let job = create.requests([ask("ebb"), ask("flow")]).send().await?;
    println!("{} is {} with {} requests", job.id, job.status, job.total_requests);
    println!("{} jobs", jobs.list().page_size(10).send().await?.total);
    println!("read: {}", jobs.get(&job.id).send().await?.status);
    println!("stopped: {}", jobs.cancel(&job.id).send().await?.status);
    println!("deleted: {}", jobs.delete(&job.id).send().await?.id);
    Ok(())
}
