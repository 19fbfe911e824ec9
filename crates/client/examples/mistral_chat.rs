//! Chat and completion: whole, streamed, as JSON, and between a beginning and an end.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_chat     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_chat                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::mistral::{Message, ResponseFormat};
use tidegate_client::{Error, Mistral};

const MODEL: &str = "mistral-small-latest";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let question = || [Message::system("Be brief."), Message::user("What does the tide do?")];
    let answer = mistral.chat(MODEL, question()).temperature(0.2).max_tokens(60).send().await?;
    println!("{} ({} tokens)", answer.text(), answer.usage.total_tokens);

    let mut chunks = mistral.chat(MODEL, question()).max_tokens(60).stream().await?;
    while let Some(chunk) = chunks.next().await {
        print!("{}", chunk?.text());
    }
    println!();

    let json = mistral.chat(MODEL, [Message::user("The tides of Dover as JSON.")]);
    println!("{}", json.response_format(ResponseFormat::json()).random_seed(7).send().await?.text());

    let code = || mistral.fim("codestral-latest", "fn tide(hours: f64) -> f64 {").suffix("}").max_tokens(60);
    println!("{}", code().send().await?.text());
    let mut chunks = code().stream().await?;
    while let Some(chunk) = chunks.next().await {
        print!("{}", chunk?.text());
    }
    println!();
    Ok(())
}
