//! OpenAI: chat, responses, embeddings, models; whole and streamed; and any endpoint by its path.
//!
//! ```text
//! tidegate mock --provider openai --listen 127.0.0.1:8081 &
//! OPENAI_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example openai     # the mock, without a key
//! OPENAI_API_KEY=... cargo run -p tidegate-client --example openai                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::openai::Message;
use tidegate_client::{Error, OpenAi};

const MODEL: &str = "gpt-4o-mini";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let openai = OpenAi::from_env()?;
    let question = || [Message::system("Be brief."), Message::user("What does the tide do?")];
    let answer = openai.chat(MODEL, question()).max_completion_tokens(60).send().await?;
    println!("{} (request {:?})", answer.text(), answer.meta.request_id);

    let mut chunks = openai.chat(MODEL, question()).include_usage().stream().await?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        print!("{}", chunk.text());
        if let Some(usage) = chunk.usage {
            println!(" ({} tokens)", usage.total_tokens);
        }
    }

    let response =
        openai.respond(MODEL, "And at full moon?").max_output_tokens(60).store(true).send().await?;
    println!("{}", response.text());
    let kept = openai.response(&response.id).send().await?;
    println!("{} is kept", kept.id);
    let asked = openai.response_input(&response.id).send().await?;
    println!("and what went into it: {}", asked.value);
    openai.delete_response(&response.id).send().await?;
    let mut events = openai.respond(MODEL, "A story, please.").stream().await?;
    while let Some(event) = events.next().await {
        print!("{}", event?.text().unwrap_or_default());
    }
    println!();
    // One that is made in the background can be stopped.
    let long = openai.respond(MODEL, "A long story, please.").background(true).store(true).send().await?;
    let stopped = openai.cancel_response(&long.id).send().await?;
    println!("{} is {}", stopped.id, stopped.status.as_deref().unwrap_or("somewhere"));

    let vectors = openai.embed("text-embedding-3-small", ["ebb", "flow"]).send().await?;
    println!("{} vectors", vectors.data.len());
    let models = openai.models().send().await?;
    println!("{} models", models.data.len());
    if let Some(model) = models.data.first() {
        println!("{}", openai.model(&model.id).send().await?.id);
    }
    // Whatever has no type of its own is paced all the same.
    let body = serde_json::json!({"model": "text-embedding-3-small", "input": "slack water"});
    let raw = openai.request(http::Method::POST, "/v1/embeddings", Some(body)).await?;
    println!("{} (waited {:?})", raw.value["usage"], raw.meta.waited);
    Ok(())
}
