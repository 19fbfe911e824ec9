//! One chat, found otherwise than by a model's own name: by the lists of providers, and by a URL. Without an async runtime.
//!
//! ```text
//! tidegate mock --provider openai --listen 127.0.0.1:8081 &
//! OPENAI_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example unified_places     # the mock, without a key
//! OPENAI_API_KEY=... cargo run -p tidegate-client --example unified_places                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::blocking::{Chat, OpenAi};
use tidegate_client::{Catalogue, Error, base_url_of_provider};

fn main() -> Result<(), Error> {
    // A name that says nothing of its provider, such as a tuned model's, is looked up in the lists.
    let wanted = std::env::args().nth(1).unwrap_or_else(|| "gpt-4o-mini".to_owned());
    let list = OpenAi::from_env()?.models().send()?;
    let mut catalogue = Catalogue::default();
    catalogue.add("openai", list.data.iter().map(|model| model.id.clone()));
    let (builder, model) = Chat::builder_for_listed(&wanted, &catalogue)?;
    let listed: Chat = builder.build()?;
    println!("`{model}` is of {}", listed.api().provider().name);
    println!("{}", listed.model(&model).ask("What does the tide do?").max_tokens(60).send()?.text);

    // The host of a URL tells its provider, whose key comes from the environment.
    let there = match base_url_of_provider("openai") {
        None => Chat::at_url("https://api.openai.com/v1")?,
        // The mock stands for a proxy to the host, which is not asked then.
        Some(mock) => Chat::builder_at_url("http://api.openai.com/v1")?.proxy(&mock).key("any").build()?,
    };
    let there = there.model("gpt-4o-mini");
    for piece in there.ask("And at full moon?").max_tokens(60).stream()? {
        print!("{}", piece?.text);
    }
    println!(" (of {})", there.api().base_url());
    Ok(())
}
