//! Anthropic: messages, counting of tokens, models.
//!
//! Fields are as its users know them, not held against a description; `extra` sends any other. The version of the API is 2023-06-01, as its SDKs
//! have it; a beta is asked for with the header `anthropic-beta`.

mod chat;
mod events;
mod models;

pub use chat::{
    Block, Content, CountTokens, Message, MessageAnswer, MessageUsage, Messages, Role, TextBlock, Thinking,
    ThinkingBlock, TokenCount, Tool, ToolResultBlock, ToolUseBlock,
};
pub use events::{
    BlockDelta, BlockDeltaEvent, BlockStart, BlockStop, InputDelta, MessageChange, MessageDeltaEvent,
    MessageStart, Nothing, SignatureDelta, StreamEvent, TextDelta, ThinkingDelta,
};
pub use models::{GetModel, ListModels, Model, ModelPage};

crate::api::client! {
    /// The client of Anthropic.
    "anthropic"
}
