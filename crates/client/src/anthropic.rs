//! Anthropic: messages, counting of tokens, models.
//!
//! Fields are those of its public SDK for Python; `extra` sends any other. The version of the API is 2023-06-01, as its
//! SDKs have it; a beta is asked for with the header `anthropic-beta`.

mod answer;
mod blocks;
mod chat;
mod events;
mod models;

pub use answer::{MessageAnswer, MessageUsage};
pub use blocks::{
    Block, Content, DocumentBlock, ImageBlock, Message, RedactedThinkingBlock, Role, TextBlock,
    ThinkingBlock, ToolResultBlock, ToolUseBlock,
};
pub use chat::{CountTokens, Messages, Thinking, TokenCount, Tool};
pub use events::{
    BlockDelta, BlockDeltaEvent, BlockStart, BlockStop, CitationsDelta, InputDelta, MessageChange,
    MessageDeltaEvent, MessageStart, Nothing, SignatureDelta, StreamEvent, TextDelta, ThinkingDelta,
};
pub use models::{GetModel, ListModels, Model, ModelPage};

crate::api::client! {
    /// The client of Anthropic.
    "anthropic"
}
