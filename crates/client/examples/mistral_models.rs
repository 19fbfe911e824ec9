//! Models: listed and read; one of your own deleted, if you name it; and any other endpoint by its path.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_models     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_models                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use http::Method;
use tidegate_client::{Error, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let list = mistral.models().list().send().await?;
    for model in list.data.iter().take(3) {
        println!("{} takes {:?} tokens", model.id, model.max_context_length);
    }
    if let Some(model) = list.data.first() {
        println!("{:?}", mistral.models().get(&model.id).send().await?.capabilities);
    }
    if let Some(own) = std::env::args().nth(1) {
        let deleted = mistral.models().delete(&own).send().await?;
        println!("deleted: {}", deleted.id);
    }
    // Whatever has no type of its own is paced all the same.
    let raw = mistral.request(Method::GET, "/v1/models", None).await?;
    println!("{} attempts for {} bytes", raw.meta.attempts, raw.value.to_string().len());
    // And whatever is answered with something else than JSON, such as the content of a file.
    let bytes = mistral.request_bytes(Method::GET, "/v1/models", None).await?;
    println!("{} bytes as they came", bytes.len());
    Ok(())
}
