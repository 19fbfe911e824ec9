//! The reference's asynchronous script: many calls at once on one client, each paced, none refused.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example asynchronous     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example asynchronous                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate::{Clock, RealClock};
use tidegate_client::{Error, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::builder().requests_per_second(4.0).build()?;
    let begun = RealClock.now();
    let calls = (0..8).map(|number| {
        let mistral = mistral.clone();
        tokio::spawn(async move {
            let question = format!("What is tide number {number}?");
            mistral.conversations().start(question).model("mistral-small-latest").send().await
        })
    });
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        if let Ok(answer) = call.await {
            let meta = answer?.meta;
            println!("call {number}: waited {:?}, {} attempt(s)", meta.waited, meta.attempts);
        }
    }
    println!("all answered after {:?}", RealClock.now().since(begun));
    Ok(())
}
