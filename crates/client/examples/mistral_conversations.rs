//! Conversations: started, continued, begun anew, streamed, read, listed, deleted.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_conversations     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_conversations                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::mistral::{CompletionArgs, ConversationEvent, Entry, Tool};
use tidegate_client::{Error, Mistral};

const MODEL: &str = "mistral-small-latest";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let talks = mistral.conversations();

    let arguments = CompletionArgs::new().temperature(0.7).max_tokens(60);
    let first = talks
        .start([Entry::user("What does the tide do?")])
        .model(MODEL)
        .instructions("Answer in one sentence.")
        .completion_args(arguments)
        .name("tides")
        .send()
        .await?;
    println!("started {}: {}", first.conversation_id, first.text());

    let second = talks.append(&first.conversation_id, "And at full moon?").send().await?;
    println!("continued: {} ({} tokens)", second.text(), second.usage.total_tokens);

    let mut events = talks.append(&first.conversation_id, "Tell me a story about it.").stream().await?;
    while let Some(event) = events.next().await {
        match event? {
            ConversationEvent::MessageDelta(delta) => print!("{}", delta.text()),
            ConversationEvent::Done(done) => println!("\nstreamed: {} tokens", done.usage.total_tokens),
            _ => {}
        }
    }

    let history = talks.history(&first.conversation_id).send().await?;
    let messages = talks.messages(&first.conversation_id).send().await?;
    println!("history: {} entries, {} messages", history.entries.len(), messages.messages.len());

    if let Some(Entry::MessageOutput(message)) = history.entries.get(1)
        && let Some(entry) = &message.id
    {
        let again = talks.restart(&first.conversation_id, entry).inputs("Say it differently.").send().await?;
        println!("begun anew as {}: {}", again.conversation_id, again.text());
        let mut events = talks.restart(&first.conversation_id, entry).inputs("Once more.").stream().await?;
        while let Some(event) = events.next().await {
            event?;
        }
    }

    let searched = talks.start("What is the tide in Dover today?").model(MODEL).tools([Tool::web_search()]);
    let mut events = searched.stream().await?;
    while let Some(event) = events.next().await {
        match event? {
            ConversationEvent::ToolStarted(tool) => println!("{} begins", tool.name),
            ConversationEvent::ToolDone(tool) => println!("{} is done", tool.name),
            _ => {}
        }
    }

    let known = talks.get(&first.conversation_id).send().await?;
    let listed = talks.list().page_size(10).send().await?;
    println!("{} is one of {} conversations", known.id, listed.len());
    talks.delete(&first.conversation_id).send().await?;
    println!("deleted {}", known.id);
    Ok(())
}
