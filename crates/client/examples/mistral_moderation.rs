//! Judgements: of texts and of chats, by Mistral's categories and by one's own.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_moderation     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_moderation                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::mistral::{Instruct, Message};
use tidegate_client::{Error, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let texts = mistral.moderate("mistral-moderation-latest", ["a calm sea", "a storm"]).send().await?;
    println!("{} texts judged", texts.results.len());
    let chat = [Message::user("May I swim?"), Message::assistant("Yes.")];
    let judged = mistral.moderate_chat("mistral-moderation-latest", chat).send().await?;
    println!("{:?}", judged.results.first().and_then(|result| result.categories.as_ref()));
    // Classification needs a model of one's own, trained for it. Without one the provider says so.
    match mistral.classify("my-classifier", "a calm sea").send().await {
        Ok(answer) => println!("{:?}", answer.results),
        Err(error) => println!("no classifier of our own: {error}"),
    }
    let chat = Instruct::new().messages([Message::user("a calm sea")]);
    match mistral.classify_chat("my-classifier", chat).send().await {
        Ok(answer) => println!("{:?}", answer.results),
        Err(error) => println!("no classifier of our own: {error}"),
    }
    Ok(())
}
