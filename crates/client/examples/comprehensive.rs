//! The reference's comprehensive test: a conversation, instructions, arguments, several turns, tools.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example comprehensive     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example comprehensive                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use tidegate_client::blocking::Mistral;
use tidegate_client::mistral::{CompletionArgs, ConversationAnswer, Tool};
use tidegate_client::{Error, Reply};

const MODEL: &str = "mistral-small-latest";

fn report(test: &str, answer: &Reply<ConversationAnswer>) {
    let usage = &answer.usage;
    let passed = if answer.outputs.is_empty() { "FAIL: nothing came out" } else { "PASS" };
    println!("TEST {test}: {passed}");
    println!("  said: {}", answer.text());
    println!(
        "  tokens: prompt={}, completion={}, total={}; waited {:?}, attempts {}",
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.total_tokens,
        answer.meta.waited,
        answer.meta.attempts
    );
}

fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let talks = mistral.beta().conversations();
    report("1 basic conversation", &talks.start("Say HELLO_WORLD_TEST.").model(MODEL).send()?);
    let told = talks.start("Who are you?").model(MODEL).instructions("You are a tide.");
    report("2 instructions", &told.send()?);
    let arguments = CompletionArgs::new().temperature(0.1).max_tokens(20).top_p(0.9).stop("END");
    report("3 completion arguments", &talks.start("Count.").model(MODEL).completion_args(arguments).send()?);
    let first = talks.start("What is 2+2?").model(MODEL).send()?;
    report("4a first turn", &first);
    report("4b second turn", &talks.append(&first.conversation_id, "Now times 3.").send()?);
    let searching = talks.start("The tide in Dover?").model(MODEL).tools([Tool::web_search()]);
    report("5 web search", &searching.send()?);
    Ok(())
}
