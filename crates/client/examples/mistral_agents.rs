//! Agents: made, changed in versions, pointed to by aliases, asked, deleted.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_agents     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_agents                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::mistral::{CompletionArgs, Message, Tool};
use tidegate_client::{Error, Mistral};

const MODEL: &str = "mistral-small-latest";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let agents = mistral.beta().agents();
    let made = agents
        .create(MODEL, "tide teller")
        .instructions("You know everything about tides.")
        .tools([Tool::web_search()])
        .completion_args(CompletionArgs::new().temperature(0.2))
        .send()
        .await?;
    println!("made {} in version {}", made.id, made.version);

    let changed =
        agents.update(&made.id).description("tells tides").version_message("describes itself").send().await?;
    println!("now in version {}", changed.version);
    agents.set_alias(&made.id, "stable", made.version).send().await?;
    let stable = agents.get(&made.id).agent_version("stable").send().await?;
    println!("stable is version {}", stable.version);
    println!(
        "{} aliases, {} versions",
        agents.aliases(&made.id).send().await?.len(),
        agents.versions(&made.id).send().await?.len()
    );
    println!("version {} is there", agents.version(&made.id, made.version).send().await?.version);
    println!("switched to {}", agents.switch_version(&made.id, made.version).send().await?.version);

    let answer = mistral.conversations().start("When is high water?").agent_id(&*made.id).send().await?;
    println!("it says: {}", answer.text());
    let answer =
        mistral.agent_chat(&made.id, [Message::user("And low water?")]).max_tokens(60).send().await?;
    println!("and: {}", answer.text());
    let mut chunks = mistral.agent_chat(&made.id, [Message::user("And at full moon?")]).stream().await?;
    while let Some(chunk) = chunks.next().await {
        print!("{}", chunk?.text());
    }
    println!();

    println!("{} agents in the list", agents.list().page_size(10).send().await?.len());
    println!("{} agents on the first page", agents.pages().send().await?.data.len());
    agents.delete_alias(&made.id, "stable").send().await?;
    agents.delete(&made.id).send().await?;
    println!("deleted {}", made.id);
    Ok(())
}
