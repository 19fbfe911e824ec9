//! The same calls without an async runtime, and streams as iterators.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example blocking     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example blocking                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::Error;
use tidegate_client::blocking::Mistral;

fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let answer =
        mistral.conversations().start("What does the tide do?").model("mistral-small-latest").send()?;
    println!("{}", answer.text());
    for event in mistral.conversations().append(&answer.conversation_id, "And at full moon?").stream()? {
        if let Some(text) = event?.text() {
            print!("{text}");
        }
    }
    println!();
    Ok(())
}
