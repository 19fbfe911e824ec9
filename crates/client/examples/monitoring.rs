//! What a client tells: limits, usage, events, spans; and prompts and answers, where that is wished.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example monitoring     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example monitoring                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::mistral::Message;
use tidegate_client::{CallId, Error, Event, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Spans have the names of OpenTelemetry's conventions: gen_ai.request.model, gen_ai.usage.input_tokens, ...
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).init();
    // The span of a call and its answer have the same name of it, as has its error where there is one.
    let hook = |call: CallId, event: &Event| println!("call {}: {event:?}", call.number());
    let mistral = Mistral::builder().on_event(hook).build()?;
    mistral
        .chat("mistral-small-latest", [Message::user("What does the tide do?")])
        .max_tokens(40)
        .send()
        .await?;
    for limit in mistral.limits() {
        println!(
            "{} of {}: {} of {} ({:.0} %), learned: {}, free in {:?}",
            limit.dimension, limit.scope, limit.used, limit.limit, limit.pct, limit.learned, limit.next_free
        );
    }
    println!("{:?}", mistral.usage());
    mistral.reset_usage();
    println!("{:?}", mistral.usage());
    // What is asked and answered is told of no client but one that says so: at the target `tidegate::content`, inside the
    // span of its call.
    let telling = Mistral::builder().log_content().build()?;
    telling.chat("mistral-small-latest", [Message::user("And at full moon?")]).max_tokens(40).send().await?;
    Ok(())
}
