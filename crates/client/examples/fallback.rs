//! Another model answers when a call's own refuses or would be waited for too long.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example fallback     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example fallback                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::time::Duration;

use tidegate_client::mistral::Message;
use tidegate_client::{Error, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let builder =
        Mistral::builder().learned_limits().fallbacks(["mistral-small-latest", "open-mistral-nemo"]);
    let mistral = builder.fallback_wait(Duration::from_secs(5)).build()?;
    let answer =
        mistral.chat("mistral-large-latest", [Message::user("What does the tide do?")]).send().await?;
    println!("{:?} answered: {}", answer.meta.model, answer.text());
    Ok(())
}
