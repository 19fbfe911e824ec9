//! Rows of a file as calls to any endpoint of a provider, resumed where an earlier run stopped.
//!
//! ```text
//! tidegate mock --provider openai --listen 127.0.0.1:8081 &
//! echo '{"model":"m","messages":[{"role":"user","content":"Say tide."}]}' > rows.jsonl
//! cargo run -p tidegate-batch --example requests http://127.0.0.1:8081 rows.jsonl answers.jsonl
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::error::Error;
use std::sync::Arc;

use tidegate::{Learning, Limiter};
use tidegate_batch::{Account, Destination, Job, PacedRows, RequestRows, Stop};
use tidegate_client::{BaseUrl, HttpTransport, Paced, TransportConfig, key_of_provider};
use tidegate_provider::{Dialect, adapter};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let told: Vec<String> = std::env::args().skip(1).collect();
    let [base, input, output] = told.as_slice() else {
        return Err("name a base URL, an input and an output".into());
    };
    let limiter = Limiter::builder().name("openai").learning(Learning::On).build()?;
    let transport = Arc::new(HttpTransport::new(&TransportConfig::default())?);
    let calls = Paced::new(transport, adapter(Dialect::OpenAi), limiter, BaseUrl::parse(base)?);
    let rows = PacedRows::new(Account {
        name: "openai".to_owned(),
        dialect: Dialect::OpenAi,
        headers: http::HeaderMap::new(),
        destination: Destination::Calls(calls.key(key_of_provider("openai"))),
    });
    let report = Job::new(input, output).run(&RequestRows::new(), &rows, &Stop::new(), &mut ()).await?;
    println!("{:?}: {} of {} rows answered", report.end, report.counts.answered(), report.counts.rows);
    Ok(())
}
