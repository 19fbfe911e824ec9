//! OpenAI, and every host that speaks its API: chat, responses, embeddings, models.
//!
//! Fields are those of its public SDK for Python; `extra` sends any other. Other hosts are reached by their names with
//! [`Client::at`], or by a base URL.

mod answer;
mod chat;
mod embeddings;
mod events;
mod messages;
mod models;
mod response;
mod responses;
mod tools;

pub use answer::{ChatAnswer, ChatChoice, ChatChunk, ChatChunkChoice, ChatUsage, Delta};
pub use chat::Chat;
pub use embeddings::{Embed, EmbedInput, Embedding, EmbeddingAnswer};
pub use events::{
    AnnotationAdded, ArgumentsDelta, ArgumentsDone, ItemEvent, PartEvent, RefusalDone, ResponseError,
    ResponseEvent, ResponseState, SummaryDelta, SummaryDone, TextDelta, TextDone,
};
pub use messages::{AudioPart, Content, FilePart, ImagePart, ImageUrl, Message, Part, Role, TextPart};
pub use models::{GetModel, ListModels, Model, ModelList};
pub use response::{Response, ResponseUsage};
pub use responses::{CancelResponse, DeleteResponse, GetResponse, ListInput, Respond};
pub use tools::{Function, FunctionCall, Tool, ToolCall};

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
