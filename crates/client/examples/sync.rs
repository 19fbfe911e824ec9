//! The reference's synchronous script: one call after another, a stream, a list.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example sync     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example sync                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::Error;
use tidegate_client::blocking::Mistral;

const MODEL: &str = "mistral-small-latest";

fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    for question in ["What is an ebb?", "What is a flow?"] {
        let answer = mistral.conversations().start(question).model(MODEL).send()?;
        println!("{question} {} (waited {:?})", answer.text(), answer.meta.waited);
    }
    for event in mistral.conversations().start("Count to 5.").model(MODEL).stream()? {
        println!("{}", event?.kind());
    }
    println!("{} conversations", mistral.conversations().list().send()?.len());
    Ok(())
}
