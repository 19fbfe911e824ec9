//! Conversations that are spoken in: started, continued, begun anew from an entry.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::stored::{DeleteConversation, GetConversation, GetHistory, GetMessages, ListConversations};
use super::tools::tools_are_whole;
use super::{
    CompletionArgs, ConfirmationStatus, ConversationEvent, Entry, FunctionCallEntry, Guardrail,
    HandoffExecution, Inputs, Tool, ToolConfirmation, section,
};
use crate::call::Act;
use crate::shape::{request, shape};
use crate::{Call, RequestError, Version};

section! {
    /// The conversations: histories that live on the server.
    Conversations
}

impl<M> Conversations<'_, M> {
    /// Starts a conversation with a model or an agent.
    pub fn start(&self, inputs: impl Into<Inputs>) -> Call<StartConversation, M> {
        self.0.call(&[], StartConversation::new(inputs.into()))
    }

    /// Goes on with a conversation.
    pub fn append(&self, conversation_id: &str, inputs: impl Into<Inputs>) -> Call<AppendConversation, M> {
        self.0.call(&[conversation_id], AppendConversation::new()).inputs(inputs)
    }

    /// Answers the tools of a conversation that asked whether they may run: see [`ConversationAnswer::pending`]. The
    /// conversation goes on with what they bring.
    pub fn confirm(
        &self,
        conversation_id: &str,
        confirmations: impl Into<Vec<ToolConfirmation>>,
    ) -> Call<AppendConversation, M> {
        self.0.call(&[conversation_id], AppendConversation::new()).tool_confirmations(confirmations)
    }

    /// Begins a conversation anew from one of its entries: a new conversation with the history up to there.
    pub fn restart(&self, conversation_id: &str, from_entry_id: &str) -> Call<RestartConversation, M> {
        self.0.call(&[conversation_id], RestartConversation::new(from_entry_id.to_owned()))
    }

    /// One conversation.
    pub fn get(&self, conversation_id: &str) -> Call<GetConversation, M> {
        self.0.call(&[conversation_id], GetConversation::new())
    }

    /// Every entry of a conversation.
    pub fn history(&self, conversation_id: &str) -> Call<GetHistory, M> {
        self.0.call(&[conversation_id], GetHistory::new())
    }

    /// The messages of a conversation.
    pub fn messages(&self, conversation_id: &str) -> Call<GetMessages, M> {
        self.0.call(&[conversation_id], GetMessages::new())
    }

    /// The conversations, by when they were made.
    pub fn list(&self) -> Call<ListConversations, M> {
        self.0.call(&[], ListConversations::new())
    }

    /// Deletes a conversation.
    pub fn delete(&self, conversation_id: &str) -> Call<DeleteConversation, M> {
        self.0.call(&[conversation_id], DeleteConversation::new())
    }
}

request! {
    /// Starts a conversation.
    StartConversation = "POST /v1/conversations", Body, Chat, ConversationAnswer, stream ConversationEvent;
    check check_start;
    act act_of_start;
    required {
        /// What goes in.
        inputs: Inputs,
    }
    optional {
        /// The model; or give an agent.
        model: String,
        /// The agent; or give a model.
        agent_id: String,
        /// The agent's version, or an alias of one.
        agent_version: Version,
        /// What the model is told before anything else.
        instructions: String,
        /// The tools that the model may use.
        tools: Vec<Tool>,
        /// How the model is to answer.
        completion_args: CompletionArgs,
        /// What is judged before and after the model speaks.
        guardrails: Vec<Guardrail>,
        /// Whether the conversation is kept, so that it can be continued. It is unless this says no.
        store = bool,
        /// Who runs what an agent hands over.
        handoff_execution: HandoffExecution,
        /// The conversation's name.
        name: String,
        /// What it is about.
        description: String,
        /// The caller's own notes.
        metadata: Map<String, Value>,
    }
}

/// A conversation with an agent is the agent's.
fn act_of_start(start: &StartConversation) -> Act {
    if start.agent_id.is_some() { Act::InvokeAgent } else { Act::Chat }
}

fn check_start(start: &StartConversation) -> Result<(), RequestError> {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    if start.inputs.is_empty() {
        return Err(RequestError::Empty { field: "inputs" });
    }
    match (given(&start.model), given(&start.agent_id)) {
        (true, true) => Err(RequestError::ModelAndAgent),
        (false, false) => Err(RequestError::NoModel),
        // One that is blank would be sent beside the other.
        (true, false) if start.agent_id.is_some() => Err(RequestError::Empty { field: "agent_id" }),
        (false, true) if start.model.is_some() => Err(RequestError::Empty { field: "model" }),
        _ => tools_are_whole(start.tools.as_deref()),
    }
}

request! {
    /// Goes on with a conversation.
    AppendConversation = "POST /v1/conversations/{conversation_id}", Body, Chat, ConversationAnswer,
        stream ConversationEvent;
    check check_append;
    required {}
    optional {
        /// What goes in.
        inputs: Inputs,
        /// Whether the conversation is kept. It is unless this says no.
        store = bool,
        /// Who runs what an agent hands over.
        handoff_execution: HandoffExecution,
        /// How the model is to answer.
        completion_args: CompletionArgs,
        /// Whether tools that asked may run.
        tool_confirmations: Vec<ToolConfirmation>,
    }
}

fn check_append(append: &AppendConversation) -> Result<(), RequestError> {
    let confirms = append.tool_confirmations.as_ref().is_some_and(|all| !all.is_empty());
    let says = append.inputs.as_ref().map_or(confirms, |inputs| !inputs.is_empty());
    if says { Ok(()) } else { Err(RequestError::Empty { field: "inputs" }) }
}

request! {
    /// Begins a conversation anew from one of its entries.
    RestartConversation = "POST /v1/conversations/{conversation_id}/restart", Body, Chat, ConversationAnswer,
        stream ConversationEvent;
    check check_restart;
    required {
        /// The entry up to which the history is kept.
        from_entry_id: String,
    }
    optional {
        /// What goes in.
        inputs: Inputs,
        /// Whether the conversation is kept. It is unless this says no.
        store = bool,
        /// Who runs what an agent hands over.
        handoff_execution: HandoffExecution,
        /// How the model is to answer.
        completion_args: CompletionArgs,
        /// What is judged before and after the model speaks.
        guardrails: Vec<Guardrail>,
        /// The caller's own notes.
        metadata: Map<String, Value>,
        /// The agent's version, or an alias of one.
        agent_version: Version,
    }
}

fn check_restart(restart: &RestartConversation) -> Result<(), RequestError> {
    if restart.from_entry_id.trim().is_empty() {
        return Err(RequestError::Empty { field: "from_entry_id" });
    }
    match &restart.inputs {
        Some(inputs) if inputs.is_empty() => Err(RequestError::Empty { field: "inputs" }),
        _ => Ok(()),
    }
}

shape! {
    /// What came out of a conversation.
    pub struct ConversationAnswer {
        /// `conversation.response`.
        object: Option<String>,
        /// The conversation, to be named when it is continued.
        conversation_id: String,
        /// The new entries.
        outputs: Vec<Entry>,
        /// What all of it used.
        usage: ConversationUsage,
        /// What the guardrails found.
        guardrails: Option<Vec<Value>>,
    }
}

impl ConversationAnswer {
    /// The calls that wait until somebody says whether they may run: those of tools whose configuration has them in
    /// `requires_confirmation`. [`Conversations::confirm`] answers them.
    pub fn pending(&self) -> impl Iterator<Item = &FunctionCallEntry> {
        self.outputs.iter().filter_map(|entry| match entry {
            Entry::FunctionCall(call) if call.confirmation_status == Some(ConfirmationStatus::Pending) => {
                Some(call)
            }
            _ => None,
        })
    }

    /// The texts of the messages that came out, one after the other.
    #[must_use]
    pub fn text(&self) -> String {
        let text = |entry: &Entry| match entry {
            Entry::MessageOutput(message) => Some(message.content.text()),
            _ => None,
        };
        self.outputs.iter().filter_map(text).collect()
    }
}

shape! {
    /// What a conversation's turn used, all models and tools together.
    pub struct ConversationUsage {
        /// Tokens that went in.
        #[serde(default)]
        prompt_tokens: u64,
        /// Tokens that came out.
        #[serde(default)]
        completion_tokens: u64,
        /// All of them, those of tools included.
        #[serde(default)]
        total_tokens: u64,
        /// Tokens that tools brought in.
        connector_tokens: Option<u64>,
        /// How often each tool was called.
        connectors: Option<BTreeMap<String, u64>>,
    }
}
