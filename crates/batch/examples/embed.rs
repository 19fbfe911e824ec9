//! Texts of a file as vectors, many texts a call.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! printf '"high tide"\n"low tide"\n' > texts.jsonl
//! cargo run -p tidegate-batch --example embed http://127.0.0.1:8081 texts.jsonl vectors.jsonl
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::error::Error;
use std::sync::Arc;

use tidegate::{Learning, Limiter};
use tidegate_batch::{Account, Destination, EmbedBody, Embedder, Job, PacedRows, PackSize, Stop, TextRows};
use tidegate_client::{BaseUrl, HttpTransport, Paced, TransportConfig, key_of_provider};
use tidegate_provider::{Dialect, adapter};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let told: Vec<String> = std::env::args().skip(1).collect();
    let [base, input, output] = told.as_slice() else {
        return Err("name a base URL, an input and an output".into());
    };
    let dialect = Dialect::Mistral;
    let limiter = Limiter::builder().name("mistral").learning(Learning::On).build()?;
    let transport = Arc::new(HttpTransport::new(&TransportConfig::default())?);
    let calls = Paced::new(transport, adapter(dialect), limiter, BaseUrl::parse(base)?);
    let rows = PacedRows::new(Account {
        name: "mistral".to_owned(),
        dialect,
        headers: http::HeaderMap::new(),
        destination: Destination::Calls(calls.key(key_of_provider("mistral"))),
    });
    let body = EmbedBody { model: "mistral-embed".to_owned(), dimensions: None, dialect };
    let embedder = Embedder::new(rows, body, PackSize::default());
    let report = Job::new(input, output).run(&TextRows, &embedder, &Stop::new(), &mut ()).await?;
    println!("{:?}: {} of {} texts embedded", report.end, report.counts.answered(), report.counts.rows);
    Ok(())
}
