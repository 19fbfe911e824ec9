//! Function tools: the model asks, the caller answers, and tools of the server that need to be allowed.
//!
//! ```text
//! tidegate mock --provider mistral --listen 127.0.0.1:8081 &
//! MISTRAL_BASE_URL=http://127.0.0.1:8081 cargo run -p tidegate-client --example mistral_tools     # the mock, without a key
//! MISTRAL_API_KEY=... cargo run -p tidegate-client --example mistral_tools                        # the real API
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use serde_json::json;
use tidegate_client::mistral::{Entry, Tool, ToolConfiguration, ToolConfirmation, WebSearchTool};
use tidegate_client::{Error, Mistral};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mistral = Mistral::from_env()?;
    let talks = mistral.conversations();
    let place = json!({"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]});
    let tide = Tool::function("tide", "Tells the height of the tide at a place.", place);
    let asked = talks.start("How high is the tide in Dover?").model("mistral-small-latest").tools([tide]);
    let answer = asked.send().await?;
    for entry in &answer.outputs {
        if let Entry::FunctionCall(call) = entry {
            println!("{} is asked for with {}", call.name, call.arguments);
            let result = Entry::function_result(&call.tool_call_id, "4.2 m");
            let told = talks.append(&answer.conversation_id, [result]).send().await?;
            println!("then: {}", told.text());
        }
    }

    // A tool of the server that has to ask first: its calls are pending until somebody says whether they may run.
    let careful = ToolConfiguration::new().requires_confirmation(["web_search".to_owned()]);
    let search = Tool::WebSearch(WebSearchTool::new().tool_configuration(careful));
    let asked = talks.start("What is the tide in Dover today?").model("mistral-small-latest").tools([search]);
    let answer = asked.send().await?;
    let allowed: Vec<_> = answer.pending().map(|call| ToolConfirmation::allow(&call.tool_call_id)).collect();
    if allowed.is_empty() {
        println!("no tool waits to be allowed: {}", answer.text());
    } else {
        let told = talks.confirm(&answer.conversation_id, allowed).send().await?;
        println!("allowed, and then: {}", told.text());
    }
    Ok(())
}
