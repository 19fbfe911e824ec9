//! How users test code that calls a client: a scripted transport that records, and time made by hand. No network.

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate::ManualClock;
use tidegate_client::openai::Message;
use tidegate_client::{FakeAnswer, FakeTransport, OpenAi};

const ANSWER: &str = r#"{"id": "1", "model": "gpt-4o", "choices": [{"message": {"role": "assistant", "content": "Up and down."}}]}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let fake = FakeTransport::new([FakeAnswer::http(200, &[("content-type", "application/json")], ANSWER)]);
    let openai = OpenAi::builder().key("any").transport(fake.clone()).clock(ManualClock::new()).build()?;
    let answer = openai.chat("gpt-4o", [Message::user("What does the tide do?")]).send().await?;
    let sent = fake.seen();
    println!(
        "asked {} with {}, answered {}",
        sent[0].uri,
        String::from_utf8_lossy(&sent[0].body),
        answer.text()
    );
    Ok(())
}
