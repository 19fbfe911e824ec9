//! The events of a streamed answer: its start, its blocks piece by piece, its end.

use serde_json::Value;

use super::{Block, MessageAnswer, MessageUsage};
use crate::shape::{shape, tagged};

tagged! {
    /// One event of a streamed answer.
    pub enum StreamEvent by "type" {
        /// The answer begins.
        MessageStart(MessageStart) = "message_start",
        /// A block begins.
        BlockStart(BlockStart) = "content_block_start",
        /// A block grows.
        BlockDelta(BlockDeltaEvent) = "content_block_delta",
        /// A block is complete.
        BlockStop(BlockStop) = "content_block_stop",
        /// The answer's end is told.
        MessageDelta(MessageDeltaEvent) = "message_delta",
        /// The answer is complete.
        MessageStop(Nothing) = "message_stop",
        /// The connection is kept open.
        Ping(Nothing) = "ping",
    }
}

impl StreamEvent {
    /// The text that it adds, if it adds some.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::BlockDelta(BlockDeltaEvent { delta: BlockDelta::Text(text), .. }) => Some(&text.text),
            _ => None,
        }
    }
}

shape! {
    /// The answer begins.
    pub struct MessageStart {
        /// The answer, still empty, with what went in.
        message: MessageAnswer,
    }
}

shape! {
    /// A block begins.
    pub struct BlockStart {
        /// Its number.
        index: u64,
        /// The block, still empty.
        content_block: Block,
    }
}

shape! {
    /// A block grows.
    pub struct BlockDeltaEvent {
        /// Its number.
        index: u64,
        /// What is added.
        delta: BlockDelta,
    }
}

tagged! {
    /// What is added to a block.
    pub enum BlockDelta by "type" {
        /// Text.
        Text(TextDelta) = "text_delta",
        /// Thought.
        Thinking(ThinkingDelta) = "thinking_delta",
        /// What proves the thought.
        Signature(SignatureDelta) = "signature_delta",
        /// A piece of a tool's arguments.
        Input(InputDelta) = "input_json_delta",
        /// Where the text comes from.
        Citations(CitationsDelta) = "citations_delta",
    }
}

shape! {
    /// Text.
    pub struct TextDelta {
        /// The text.
        text: String,
    }
}

shape! {
    /// Thought.
    pub struct ThinkingDelta {
        /// The thought.
        thinking: String,
    }
}

shape! {
    /// What proves the thought.
    pub struct SignatureDelta {
        /// The proof.
        signature: String,
    }
}

shape! {
    /// A piece of a tool's arguments.
    pub struct InputDelta {
        /// A piece of the text of a JSON object.
        partial_json: String,
    }
}

shape! {
    /// Where the text comes from.
    pub struct CitationsDelta {
        /// One source.
        citation: Value,
    }
}

shape! {
    /// A block is complete.
    pub struct BlockStop {
        /// Its number.
        index: u64,
    }
}

shape! {
    /// The answer's end is told.
    pub struct MessageDeltaEvent {
        /// Why it ends.
        delta: MessageChange,
        /// What the whole answer used.
        usage: MessageUsage,
    }
}

shape! {
    /// Why an answer ends.
    pub struct MessageChange {
        /// The reason: `end_turn`, `max_tokens`, `stop_sequence`, `tool_use`, `pause_turn`, `refusal`.
        stop_reason: Option<String>,
        /// The text at which it ended.
        stop_sequence: Option<String>,
        /// Why it was refused.
        #[serde(default)]
        stop_details: Option<Value>,
        /// The container that code ran in.
        #[serde(default)]
        container: Option<Value>,
    }
}

shape! {
    /// Nothing more than that it happened.
    pub struct Nothing {
    }
}
