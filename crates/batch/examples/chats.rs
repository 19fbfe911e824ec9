//! Asks a model with each item in memory, whichever provider has it; every answer is a JSON object.
//!
//! ```text
//! tidegate mock --provider openai --listen 127.0.0.1:8081 &
//! OPENAI_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-batch --example chats        # the mock, without a key
//! OPENAI_API_KEY=... cargo run -p tidegate-batch --example chats                           # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_batch::{Chats, Items, Stop};
use tidegate_client::chat::{Effort, Message};
use tidegate_client::{Chat, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let chat = Chat::for_model("openai/gpt-4o-mini")?;
    let ask = |chat: &Chat, place: &str| {
        chat.chat([
            Message::system("Answer as JSON."),
            Message::user(format!("When is high tide at {place}?")),
        ])
    };
    let chats = Chats::new(chat, ask).json_mode().reasoning_effort(Effort::Low);
    let places = ["Hamburg", "Saint-Malo", "Bristol"];
    for (place, end) in places.iter().zip(Items::new().run(places, &chats, &Stop::new()).await) {
        match end.and_then(|end| end.output.ok_or(end.message).ok()) {
            Some(said) => println!("{place}: {}", said.text),
            None => println!("{place}: no answer"),
        }
    }
    Ok(())
}
