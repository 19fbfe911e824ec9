//! Anthropic without an async runtime: messages, a stream as an iterator, and an endpoint called by its path.
//!
//! ```text
//! tidegate mock --provider anthropic --listen 127.0.0.1:8081 &
//! ANTHROPIC_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example blocking_anthropic     # the mock, without a key
//! ANTHROPIC_API_KEY=... cargo run -p tidegate-client --example blocking_anthropic                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use http::Method;
use tidegate_client::Error;
use tidegate_client::anthropic::Message;
use tidegate_client::blocking::Anthropic;

const MODEL: &str = "claude-haiku-4-5";

fn main() -> Result<(), Error> {
    let anthropic = Anthropic::from_env()?;
    let question = || [Message::user("What does the tide do?")];
    println!("{}", anthropic.messages(MODEL, 60, question()).send()?.text());
    for event in anthropic.messages(MODEL, 60, question()).stream()? {
        print!("{}", event?.text().unwrap_or_default());
    }
    println!();
    let raw = anthropic.request(Method::GET, "/v1/models?limit=3", None)?;
    println!("{} models", raw.value["data"].as_array().map_or(0, Vec::len));
    Ok(())
}
