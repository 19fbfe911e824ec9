//! One chat over all providers: the provider is known from the model.
//!
//! ```text
//! tidegate mock --provider openai --listen 127.0.0.1:8081 &
//! OPENAI_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example unified     # the mock, without a key
//! OPENAI_API_KEY=... cargo run -p tidegate-client --example unified                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::chat::{Effort, Message};
use tidegate_client::{Chat, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let model = std::env::args().nth(1).unwrap_or_else(|| "openai/gpt-4o-mini".to_owned());
    let chat = Chat::for_model(&model)?;
    let question = [Message::system("Be brief."), Message::user("What does the tide do?")];
    let answer = chat.chat(question).max_tokens(200).reasoning_effort(Effort::Low).seed(7).send().await?;
    println!("{} of {}: {}", answer.model, answer.provider, answer.text);
    for note in &answer.notes {
        println!("note: {note}");
    }
    let mut pieces = chat.ask("And at full moon? Answer as JSON.").json().stream().await?;
    while let Some(piece) = pieces.next().await {
        print!("{}", piece?.text);
    }
    println!();
    Ok(())
}
