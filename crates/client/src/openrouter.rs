//! OpenRouter: chat over many providers, the key's own limits, models.
//!
//! Messages and answers are OpenAI's; what OpenRouter adds is here. Fields are those of its public SDK for TypeScript, and
//! a few that its pages name; `extra` sends any other.

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
