//! An HTTP client of one's own, headers of one's own, and timeouts.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example own_http     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example own_http                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::time::Duration;

use tidegate_client::mistral::Message;
use tidegate_client::{Mistral, Timeouts};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A client of one's own brings its own cryptography; a provider that is installed already serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(4)
        .build()?;
    let timeouts = Timeouts { first_byte: Duration::from_secs(20), ..Timeouts::all(Duration::from_secs(60)) };
    let mistral =
        Mistral::builder().http_client(http).header("x-team", "tides").timeouts(timeouts).build()?;
    let answer =
        mistral.chat("mistral-small-latest", [Message::user("What does the tide do?")]).send().await?;
    println!("{}", answer.text());
    Ok(())
}
