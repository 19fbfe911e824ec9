//! Embeddings: texts become vectors.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_embeddings     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_embeddings                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::{Error, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let answer = mistral.embed("mistral-embed", ["ebb", "flow"]).send().await?;
    for vector in &answer.data {
        println!(
            "text {:?} has {} numbers",
            vector.index,
            vector.numbers().map_or(0, |numbers| numbers.len())
        );
    }
    println!("{} tokens", answer.usage.total_tokens);
    Ok(())
}
