//! OpenRouter: chat over many providers, the key's own limits, models.
//!
//! Messages and answers are OpenAI's; what OpenRouter adds is here, as its users know it and not
//! held against a description; `extra` sends any other field.

mod chat;
mod key;
mod models;

pub use chat::{Chat, ProviderOrder, Reasoning};
pub use key::{GetCredits, GetKey, Key, KeyAnswer};
pub use models::{ListModels, Model, ModelList};

crate::api::client! {
    /// The client of OpenRouter.
    "openrouter"
}
