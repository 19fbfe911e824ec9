//! OpenAI without an async runtime: chat, a stream as an iterator, and an endpoint that has no type of its own.
//!
//! ```text
//! tidegate mock --provider openai --listen 127.0.0.1:8081 &
//! OPENAI_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example blocking_openai     # the mock, without a key
//! OPENAI_API_KEY=... cargo run -p tidegate-client --example blocking_openai                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use http::Method;
use serde_json::json;
use tidegate_client::Error;
use tidegate_client::blocking::OpenAi;
use tidegate_client::openai::Message;

const MODEL: &str = "gpt-4o-mini";

fn main() -> Result<(), Error> {
    let openai = OpenAi::from_env()?;
    let question = || [Message::user("What does the tide do?")];
    println!("{}", openai.chat(MODEL, question()).max_completion_tokens(60).send()?.text());
    for chunk in openai.chat(MODEL, question()).stream()? {
        print!("{}", chunk?.text());
    }
    println!();
    let body = json!({"model": MODEL, "messages": [{"role": "user", "content": "And at full moon?"}]});
    let raw = openai.request(Method::POST, "/v1/chat/completions", Some(body))?;
    println!("{} (waited {:?})", raw.value["choices"][0]["message"]["content"], raw.meta.waited);
    Ok(())
}
