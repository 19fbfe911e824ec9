//! OpenAI, and every host that speaks its API: chat, responses, embeddings, models.
//!
//! Fields are as its users know them, not held against a description; `extra` sends any other. Other hosts are reached by their names with
//! [`Client::at`], or by a base URL.

mod chat;
mod embeddings;
mod models;
mod responses;

pub use chat::{
    Chat, ChatAnswer, ChatChoice, ChatChunk, ChatChunkChoice, ChatUsage, Content, Delta, Function,
    FunctionCall, ImagePart, ImageUrl, Message, Part, Role, TextPart, Tool, ToolCall,
};
pub use embeddings::{Embed, EmbedInput, Embedding, EmbeddingAnswer};
pub use models::{GetModel, ListModels, Model, ModelList};
pub use responses::{
    CancelResponse, DeleteResponse, GetResponse, ItemEvent, Respond, Response, ResponseEvent, ResponseState,
    ResponseUsage, TextDelta, TextDone,
};

crate::api::client! {
    /// The client of OpenAI and of hosts that speak its API.
    "openai"
}

impl<M> Client<M> {
    /// Starts to describe a client of another host that speaks OpenAI's API, by the name of the provider.
    ///
    /// # Errors
    ///
    /// When no provider of that name is built in; then give [`builder`](Self::builder) a base URL.
    pub fn at(provider: &str) -> Result<crate::Builder<Self>, crate::RequestError> {
        match tidegate_provider::builtin(provider) {
            Some(provider) => Ok(crate::Builder::new(*provider)),
            None => Err(crate::RequestError::NoProvider { model: provider.to_owned() }),
        }
    }
}
