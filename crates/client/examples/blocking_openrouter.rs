//! OpenRouter without an async runtime: chat, a stream as an iterator, and an endpoint called by its path.
//!
//! ```text
//! tidegate mock --provider openrouter --listen 127.0.0.1:8081 &
//! OPENROUTER_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example blocking_openrouter     # the mock, without a key
//! OPENROUTER_API_KEY=... cargo run -p tidegate-client --example blocking_openrouter                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use http::Method;
use tidegate_client::Error;
use tidegate_client::blocking::OpenRouter;
use tidegate_client::openai::Message;

const MODEL: &str = "openai/gpt-4o-mini";

fn main() -> Result<(), Error> {
    let openrouter = OpenRouter::from_env()?;
    let question = || [Message::user("What does the tide do?")];
    println!("{}", openrouter.chat(MODEL, question()).max_tokens(60).send()?.text());
    for chunk in openrouter.chat(MODEL, question()).max_tokens(60).stream()? {
        print!("{}", chunk?.text());
    }
    println!();
    let raw = openrouter.request(Method::GET, "/v1/key", None)?;
    println!("used: {}", raw.value["data"]["usage"]);
    Ok(())
}
