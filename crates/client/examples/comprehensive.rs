//! The reference's comprehensive test: a conversation, instructions, arguments, several turns, tools; each answer is
//! compared with what it should be.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example comprehensive     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example comprehensive                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::process::ExitCode;

use tidegate_client::blocking::Mistral;
use tidegate_client::mistral::{BuiltInTool, CompletionArgs, ConversationAnswer, Entry, Tool};
use tidegate_client::{Error, Reply};

const MODEL: &str = "mistral-small-latest";

/// Says whether a test passed, what came of it, and what it took.
fn report(test: &str, answer: &Reply<ConversationAnswer>, passed: bool) -> bool {
    let usage = &answer.usage;
    println!("TEST {test}: {}", if passed { "PASS" } else { "FAIL" });
    println!("  said: {}", answer.text());
    println!(
        "  tokens: prompt={}, completion={}, total={}; waited {:?}, attempts {}",
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.total_tokens,
        answer.meta.waited,
        answer.meta.attempts
    );
    passed
}

/// Says whether the answer is the expected text; quotes and a full stop around it are a model's own.
fn compared(test: &str, answer: &Reply<ConversationAnswer>, expected: &str) -> bool {
    let said = answer.text();
    let passed = said.trim().trim_matches(['"', '`', '.']) == expected;
    println!("expected: {expected}");
    report(test, answer, passed)
}

/// Says whether the web was searched before the answer.
fn searched(test: &str, answer: &Reply<ConversationAnswer>) -> bool {
    let is_search =
        |entry: &Entry| matches!(entry, Entry::ToolExecution(tool) if tool.name == BuiltInTool::WebSearch);
    report(test, answer, answer.outputs.iter().any(is_search) && !answer.text().trim().is_empty())
}

fn main() -> Result<ExitCode, Error> {
    let mistral = Mistral::from_env()?;
    let talks = mistral.beta().conversations();
    let basic = talks.start("Repeat exactly: HELLO_WORLD_TEST").model(MODEL).send()?;
    let mut passed = compared("1 basic conversation", &basic, "HELLO_WORLD_TEST");
    let told = talks.start("Who are you?").model(MODEL).instructions("Repeat exactly: I AM A TIDE");
    passed &= compared("2 instructions", &told.send()?, "I AM A TIDE");
    let arguments = CompletionArgs::new().temperature(0.1).max_tokens(20).top_p(0.9).stop("END");
    let counted = talks.start("Repeat exactly: 1 2 3").model(MODEL).completion_args(arguments).send()?;
    passed &= compared("3 completion arguments", &counted, "1 2 3");
    let first = talks.start("Repeat exactly: FOUR").model(MODEL).send()?;
    passed &= compared("4a first turn", &first, "FOUR");
    let second = talks.append(&first.conversation_id, "Repeat exactly: TWELVE").send()?;
    let is_same = second.conversation_id == first.conversation_id;
    passed &= compared("4b second turn", &second, "TWELVE") && is_same;
    let searching = talks.start("Search the web: when is high tide in Dover today?").model(MODEL);
    passed &= searched("5 web search", &searching.tools([Tool::web_search()]).send()?);
    println!("all tests: {}", if passed { "PASS" } else { "FAIL" });
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
