//! Every call through a proxy. Its URL is an argument; without one the calls go as the environment says.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example proxy             # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example proxy http://user:word@host:3128     # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::mistral::Message;
use tidegate_client::{Error, Mistral, base_url_of_provider};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let builder = Mistral::builder();
    let builder = match (base_url_of_provider("mistral"), std::env::args().nth(1)) {
        (_, Some(proxy)) => builder.proxy(&proxy),
        // The mock answers for whatever host it is asked, so that it can stand for a proxy to one that does not exist.
        // Calls to this machine itself go through no proxy.
        (Some(mock), None) => builder.proxy(&mock).base_url("http://mistral.test").key("any"),
        (None, None) => builder,
    };
    let mistral = builder.build()?;
    let answer =
        mistral.chat("mistral-small-latest", [Message::user("What does the tide do?")]).send().await?;
    println!("{} answered: {}", mistral.api().base_url(), answer.text());
    Ok(())
}
