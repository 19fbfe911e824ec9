//! OpenRouter: chat with pinned providers, what the key may do, models.
//!
//! ```text
//! tidegate mock --provider openrouter --listen 127.0.0.1:8081 &
//! OPENROUTER_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example openrouter     # the mock, without a key
//! OPENROUTER_API_KEY=... cargo run -p tidegate-client --example openrouter                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::openai::Message;
use tidegate_client::openrouter::ProviderOrder;
use tidegate_client::{Error, OpenRouter};

const MODEL: &str = "openai/gpt-4o-mini";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let openrouter = OpenRouter::from_env()?;
    let question = || [Message::user("What does the tide do?")];
    let pinned = ProviderOrder::pinned(["openai"]);
    let answer = openrouter.chat(MODEL, question()).provider(pinned).max_tokens(60).send().await?;
    println!("{}", answer.text());
    let mut chunks = openrouter.chat(MODEL, question()).max_tokens(60).stream().await?;
    while let Some(chunk) = chunks.next().await {
        print!("{}", chunk?.text());
    }
    println!();
    let key = openrouter.key().send().await?;
    println!("used {:?}, left {:?}", key.data.usage, key.data.limit_remaining);
    println!("{} models", openrouter.models().send().await?.data.len());
    // Needs a management key; an ordinary one is refused.
    match openrouter.credits().send().await {
        Ok(credits) => println!("credits: {}", credits.value),
        Err(error) => println!("no credits told: {error}"),
    }
    Ok(())
}
