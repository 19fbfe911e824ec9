//! Entries: what a conversation is made of, and what goes into one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BuiltInTool, ConfirmationStatus, Content, Role};
use crate::shape::{shape, tagged};

/// What goes into a conversation: one text, or entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Inputs {
    /// One text of the user's.
    Text(String),
    /// Entries.
    Entries(Vec<Entry>),
}

impl Inputs {
    /// Whether nothing goes in: no entry, or none that says more than blanks.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Entries(entries) => entries.iter().all(Entry::says_nothing),
        }
    }
}

impl From<&str> for Inputs {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Inputs {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Entry>> for Inputs {
    fn from(entries: Vec<Entry>) -> Self {
        Self::Entries(entries)
    }
}

impl<const N: usize> From<[Entry; N]> for Inputs {
    fn from(entries: [Entry; N]) -> Self {
        Self::Entries(entries.into())
    }
}

tagged! {
    /// One entry of a conversation.
    pub enum Entry by "type" {
        /// A message that went in.
        MessageInput(MessageInputEntry) = "message.input",
        /// A message that came out.
        MessageOutput(MessageOutputEntry) = "message.output",
        /// The model asks for a function to be called.
        FunctionCall(FunctionCallEntry) = "function.call",
        /// What a function returned.
        FunctionResult(FunctionResultEntry) = "function.result",
        /// A tool ran on the server.
        ToolExecution(ToolExecutionEntry) = "tool.execution",
        /// One agent handed over to another.
        Handoff(HandoffEntry) = "agent.handoff",
    }
}

impl Entry {
    /// A message of the user's.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::message(Role::User, content.into())
    }

    /// A message of the assistant's, to go on from.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::message(Role::Assistant, content.into())
    }

    /// What a function returned.
    #[must_use]
    pub fn function_result(tool_call_id: &str, result: &str) -> Self {
        Self::FunctionResult(FunctionResultEntry {
            object: None,
            created_at: None,
            completed_at: None,
            id: None,
            tool_call_id: tool_call_id.to_owned(),
            result: result.to_owned(),
            extra: crate::Extra::new(),
        })
    }

    /// Whether it is a message without anything in it. A function may well return nothing.
    fn says_nothing(&self) -> bool {
        matches!(self, Self::MessageInput(message) if message.content.is_blank())
    }

    fn message(role: Role, content: Content) -> Self {
        Self::MessageInput(MessageInputEntry {
            object: None,
            created_at: None,
            completed_at: None,
            id: None,
            role,
            content,
            prefix: None,
            extra: crate::Extra::new(),
        })
    }
}

shape! {
    /// A message that went in.
    pub struct MessageInputEntry {
        /// `entry`.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// When it was made.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<String>,
        /// When it was complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        completed_at: Option<String>,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Who speaks.
        role: Role,
        /// What is said.
        content: Content,
        /// Whether the answer begins with it.
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix: Option<bool>,
    }
}

shape! {
    /// A message that came out.
    pub struct MessageOutputEntry {
        /// `entry`.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// When it was begun.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<String>,
        /// When it was complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        completed_at: Option<String>,
        /// The agent that speaks.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent_id: Option<String>,
        /// The model that speaks.
        #[serde(skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// `assistant`.
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// What is said.
        content: Content,
    }
}

shape! {
    /// The model asks for a function to be called.
    pub struct FunctionCallEntry {
        /// `entry`.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// When it was begun.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<String>,
        /// When it was complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        completed_at: Option<String>,
        /// The agent that asks.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent_id: Option<String>,
        /// The model that asks.
        #[serde(skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// By which the result names it.
        tool_call_id: String,
        /// The function.
        name: String,
        /// Its arguments: an object, or a text that is one.
        arguments: Value,
        /// Whether it may run; `None` where nobody was asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        confirmation_status: Option<ConfirmationStatus>,
    }
}

shape! {
    /// What a function returned.
    pub struct FunctionResultEntry {
        /// `entry`.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// When it was made.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<String>,
        /// When it was complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        completed_at: Option<String>,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The call that it answers.
        tool_call_id: String,
        /// What came out.
        result: String,
    }
}

shape! {
    /// A tool ran on the server.
    pub struct ToolExecutionEntry {
        /// `entry`.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// When it was begun.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<String>,
        /// When it was complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        completed_at: Option<String>,
        /// The agent that used it.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent_id: Option<String>,
        /// The model that used it.
        #[serde(skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The tool.
        name: BuiltInTool,
        /// Its arguments.
        arguments: String,
        /// What it tells of itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        info: Option<Value>,
    }
}

shape! {
    /// One agent handed over to another.
    pub struct HandoffEntry {
        /// `entry`.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<String>,
        /// When it was begun.
        #[serde(skip_serializing_if = "Option::is_none")]
        created_at: Option<String>,
        /// When it was complete.
        #[serde(skip_serializing_if = "Option::is_none")]
        completed_at: Option<String>,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The agent that handed over.
        previous_agent_id: String,
        /// Its name.
        previous_agent_name: String,
        /// The agent that took over.
        next_agent_id: String,
        /// Its name.
        next_agent_name: String,
    }
}
