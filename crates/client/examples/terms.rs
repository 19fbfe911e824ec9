//! On what terms a call goes: its priority, how long it may wait, the name under which it is answered only once; and what
//! would be sent, without sending it.
//!
//! ```text
//! tidegate mock --provider openai --listen 127.0.0.1:8081 &
//! OPENAI_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example terms     # the mock, without a key
//! OPENAI_API_KEY=... cargo run -p tidegate-client --example terms                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::time::Duration;

use tidegate::Band;
use tidegate_client::openai::Message;
use tidegate_client::{Error, OpenAi};

const MODEL: &str = "gpt-4o-mini";

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Calls that name no terms of their own have the client's. Each of them is named by the client.
    let builder = OpenAi::builder().requests_per_minute(1).band(Band::Batch).idempotency_keys();
    let openai = builder.max_wait(Duration::from_secs(300)).build()?;
    let ask = |text: &str| openai.chat(MODEL, [Message::user(text)]).max_tokens(40);

    let call = ask("What does the tide do?");
    let (method, path, body) = call.preview()?;
    println!("would send {method} {path} {}", body.unwrap_or_default());

    // Somebody waits for this one: it goes before whatever is not urgent.
    let answer = call.band(Band::Interactive).idempotency_key("tide-1").send().await?;
    println!("{} (waited {:?})", answer.text(), answer.meta.waited);

    // The minute is used up. A call that may not wait so long is told at once when its turn would come.
    match ask("And at full moon?").max_wait(Duration::from_secs(2)).send().await {
        Ok(answer) => println!("{}", answer.text()),
        Err(error) if error.is_unsent() => println!("not sent; its turn comes in {:?}", error.retry_after()),
        Err(error) => return Err(error),
    }
    Ok(())
}
