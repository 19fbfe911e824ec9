//! Anthropic: messages whole and streamed, counting of tokens, models.
//!
//! ```text
//! tidegate mock --provider anthropic --listen 127.0.0.1:8081 &
//! ANTHROPIC_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example anthropic     # the mock, without a key
//! ANTHROPIC_API_KEY=... cargo run -p tidegate-client --example anthropic                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::anthropic::Message;
use tidegate_client::{Anthropic, Error};

const MODEL: &str = "claude-haiku-4-5";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let anthropic = Anthropic::from_env()?;
    let question = || [Message::user("What does the tide do?")];
    let count = anthropic.count_tokens(MODEL, question()).system("Be brief.").send().await?;
    println!("the question has {} tokens", count.input_tokens);
    let answer = anthropic.messages(MODEL, 60, question()).system("Be brief.").send().await?;
    println!("{} ({} tokens out)", answer.text(), answer.usage.output_tokens);
    let mut events = anthropic.messages(MODEL, 60, question()).stream().await?;
    while let Some(event) = events.next().await {
        print!("{}", event?.text().unwrap_or_default());
    }
    println!();
    let models = anthropic.models().limit(5).send().await?;
    if let Some(model) = models.data.first() {
        println!("{} models, {} among them", models.data.len(), anthropic.model(&model.id).send().await?.id);
    }
    Ok(())
}
