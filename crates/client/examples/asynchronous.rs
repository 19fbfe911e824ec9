//! The reference's asynchronous script: many calls at once on one client, each paced, none refused. The rate is an
//! argument; without one it is the client's own for Mistral, one call a second.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example asynchronous     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example asynchronous                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate::{Clock, RealClock};
use tidegate_client::{Error, Mistral};

/// How many calls ask at once.
const AT_ONCE: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let rate = std::env::args().nth(1).and_then(|rate| rate.parse::<f64>().ok());
    let builder = Mistral::builder();
    let builder = match rate {
        Some(rate) => builder.requests_per_second(rate),
        None => builder,
    };
    let mistral = builder.build()?;
    let begun = RealClock.now();
    let calls = (0..AT_ONCE).map(|number| {
        let mistral = mistral.clone();
        tokio::spawn(async move {
            let question = format!("What is tide number {number}?");
            mistral.conversations().start(question).model("mistral-small-latest").send().await
        })
    });
    let mut refused = 0;
    for (number, call) in calls.collect::<Vec<_>>().into_iter().enumerate() {
        if let Ok(answer) = call.await {
            let meta = answer?.meta;
            refused += meta.attempts.saturating_sub(1);
            println!("call {number}: waited {:?}, {} attempt(s)", meta.waited, meta.attempts);
        }
    }
    println!("all answered after {:?}, {refused} refused", RealClock.now().since(begun));
    Ok(())
}
