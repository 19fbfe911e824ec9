//! The events of a streamed conversation, in the order in which they come: started, pieces of whatever is made, done.

use serde_json::Value;

use super::{BuiltInTool, Chunk, ConfirmationStatus, Content, ConversationUsage, Role};
use crate::shape::{shape, tagged};

tagged! {
    /// One event of a streamed conversation.
    pub enum ConversationEvent by "type" {
        /// The answer begins.
        Started(ResponseStarted) = "conversation.response.started",
        /// The answer is complete.
        Done(ResponseDone) = "conversation.response.done",
        /// The answer broke off. A stream gives that as an error.
        Failed(ResponseFailed) = "conversation.response.error",
        /// A piece of a message.
        MessageDelta(MessageDelta) = "message.output.delta",
        /// A tool begins to run.
        ToolStarted(ToolStarted) = "tool.execution.started",
        /// A piece of a tool's arguments.
        ToolDelta(ToolDelta) = "tool.execution.delta",
        /// A tool has run.
        ToolDone(ToolDone) = "tool.execution.done",
        /// One agent begins to hand over.
        HandoffStarted(HandoffStarted) = "agent.handoff.started",
        /// Another agent has taken over.
        HandoffDone(HandoffDone) = "agent.handoff.done",
        /// A piece of a function call.
        FunctionCallDelta(FunctionCallDelta) = "function.call.delta",
    }
}

impl ConversationEvent {
    /// The text that it adds, if it adds some.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::MessageDelta(delta) => Some(delta.text()),
            _ => None,
        }
    }
}

impl MessageDelta {
    /// The text that it adds.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.content {
            Piece::Content(content) => content.text(),
            Piece::Chunk(chunk) => chunk.text().unwrap_or_default().to_owned(),
        }
    }
}

/// What a piece of a message adds: text, or one chunk of another kind.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// Text, or chunks.
    Content(Content),
    /// One chunk.
    Chunk(Chunk),
}

shape! {
    /// The answer begins.
    pub struct ResponseStarted {
        /// When.
        created_at: Option<String>,
        /// The conversation, to be named when it is continued.
        conversation_id: String,
    }
}

shape! {
    /// The answer is complete.
    pub struct ResponseDone {
        /// When.
        created_at: Option<String>,
        /// What all of it used.
        usage: ConversationUsage,
    }
}

shape! {
    /// The answer broke off. A stream gives it as an [`Error::Api`](crate::Error::Api), with what it says.
    pub struct ResponseFailed {
        /// When.
        created_at: Option<String>,
        /// Why.
        message: String,
        /// The provider's number for it.
        code: i64,
    }
}

shape! {
    /// A piece of a message.
    pub struct MessageDelta {
        /// When.
        created_at: Option<String>,
        /// Which of the outputs it belongs to.
        #[serde(default)]
        output_index: u64,
        /// The message's id.
        id: String,
        /// Which part of the message it belongs to.
        #[serde(default)]
        content_index: u64,
        /// The model that speaks.
        model: Option<String>,
        /// The agent that speaks.
        agent_id: Option<String>,
        /// `assistant`.
        role: Option<Role>,
        /// What it adds.
        content: Piece,
    }
}

shape! {
    /// A tool begins to run.
    pub struct ToolStarted {
        /// When.
        created_at: Option<String>,
        /// Which of the outputs it is.
        #[serde(default)]
        output_index: u64,
        /// Its id.
        id: String,
        /// The model that uses it.
        model: Option<String>,
        /// The agent that uses it.
        agent_id: Option<String>,
        /// The tool.
        name: BuiltInTool,
        /// Its arguments so far.
        #[serde(default)]
        arguments: String,
    }
}

shape! {
    /// A piece of a tool's arguments.
    pub struct ToolDelta {
        /// When.
        created_at: Option<String>,
        /// Which of the outputs it belongs to.
        #[serde(default)]
        output_index: u64,
        /// Its id.
        id: String,
        /// The tool.
        name: BuiltInTool,
        /// What it adds.
        arguments: String,
    }
}

shape! {
    /// A tool has run.
    pub struct ToolDone {
        /// When.
        created_at: Option<String>,
        /// Which of the outputs it is.
        #[serde(default)]
        output_index: u64,
        /// Its id.
        id: String,
        /// The tool.
        name: BuiltInTool,
        /// What it tells of itself.
        info: Option<Value>,
    }
}

shape! {
    /// One agent begins to hand over.
    pub struct HandoffStarted {
        /// When.
        created_at: Option<String>,
        /// Which of the outputs it is.
        #[serde(default)]
        output_index: u64,
        /// Its id.
        id: String,
        /// The agent that hands over.
        previous_agent_id: String,
        /// Its name.
        previous_agent_name: String,
    }
}

shape! {
    /// Another agent has taken over.
    pub struct HandoffDone {
        /// When.
        created_at: Option<String>,
        /// Which of the outputs it is.
        #[serde(default)]
        output_index: u64,
        /// Its id.
        id: String,
        /// The agent that took over.
        next_agent_id: String,
        /// Its name.
        next_agent_name: String,
    }
}

shape! {
    /// A piece of a function call.
    pub struct FunctionCallDelta {
        /// When.
        created_at: Option<String>,
        /// Which of the outputs it belongs to.
        #[serde(default)]
        output_index: u64,
        /// Its id.
        id: String,
        /// The model that asks.
        model: Option<String>,
        /// The agent that asks.
        agent_id: Option<String>,
        /// The function.
        name: String,
        /// By which the result names it.
        tool_call_id: String,
        /// What it adds to the arguments.
        arguments: String,
        /// Whether it may run; `None` where nobody was asked.
        confirmation_status: Option<ConfirmationStatus>,
    }
}
