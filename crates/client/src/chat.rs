//! One `chat` over all providers: the same question to any of them, and the same answer from each.
//!
//! ```no_run
//! # async fn example() -> Result<(), tidegate_client::Error> {
//! use tidegate_client::Chat;
//! use tidegate_client::chat::{Effort, Message};
//!
//! let chat = Chat::for_model("anthropic/claude-sonnet-4-5")?;
//! let question = [Message::system("Be brief."), Message::user("What does the tide do?")];
//! let answer = chat.chat(question).reasoning_effort(Effort::Low).max_tokens(300).send().await?;
//! println!("{} said: {}", answer.model, answer.text);
//! # Ok(())
//! # }
//! ```
//!
//! What a provider cannot be told is left out, and the answer's `notes` say so.

mod answer;
mod detect;
mod pieces;
mod question;
mod written;

use std::marker::PhantomData;

use crate::{Api, Async, BaseUrl, Blocking, Builder, Catalogue, Error, LimitUse, RequestError, Used};

pub use crate::openai::{Content, FunctionCall, Message, Part, Role, Tool, ToolCall};
pub use answer::{Answer, FinishReason, Piece, Spent};
pub use detect::{provider_of_listed_model, provider_of_model, provider_of_url};
pub use pieces::{PieceIter, Pieces};
pub use question::{Effort, Question};

/// The client of whichever provider has the model.
#[derive(Clone, Debug)]
pub struct Client<M = Async> {
    api: Api,
    /// The model that questions go to unless they name another.
    model: Option<String>,
    mode: PhantomData<fn() -> M>,
}

impl<M> From<Api> for Client<M> {
    fn from(api: Api) -> Self {
        Self { api, model: None, mode: PhantomData }
    }
}

impl<M> Client<M> {
    /// A client of the provider that has the model, with the key that the environment holds.
    ///
    /// `openai/gpt-5` and its like go to the provider that they name if its key is there, else to OpenRouter;
    /// names without a provider are known by their beginnings.
    ///
    /// # Errors
    ///
    /// When no provider is known for the model, or its key is missing.
    pub fn for_model(model: &str) -> Result<Self, Error> {
        let (builder, name) = Self::builder_for(model)?;
        Ok(Self { model: Some(name), ..builder.build()? })
    }

    /// The description of such a client, and the model's name at its provider.
    ///
    /// # Errors
    ///
    /// When no provider is known for the model.
    pub fn builder_for(model: &str) -> Result<(Builder<Self>, String), RequestError> {
        Self::builder_for_listed(model, &Catalogue::default())
    }

    /// As [`Client::builder_for`], with the lists of providers for names that nothing else is known of.
    ///
    /// # Errors
    ///
    /// When no provider is known for the model, nor does exactly one list it.
    pub fn builder_for_listed(
        model: &str,
        catalogue: &Catalogue,
    ) -> Result<(Builder<Self>, String), RequestError> {
        let has_key = |variable: &str| crate::env::key_of_variable(variable).is_some();
        let unknown = || RequestError::NoProvider { model: model.to_owned() };
        let (provider, name) = provider_of_listed_model(model, has_key, catalogue).ok_or_else(unknown)?;
        Ok((Builder::new(*provider), name))
    }

    /// A client of the provider whose API begins at that URL, with the key that the environment holds. Questions name
    /// their models, or [`model`](Self::model) names one for all.
    ///
    /// # Errors
    ///
    /// When nobody known lives there, or the key is missing.
    pub fn at_url(url: &str) -> Result<Self, Error> {
        Self::builder_at_url(url)?.build()
    }

    /// The description of such a client. The host alone tells the provider. A key of the environment never goes to a
    /// host that is not its provider's.
    ///
    /// # Errors
    ///
    /// When it is no URL, or nobody known lives there.
    pub fn builder_at_url(url: &str) -> Result<Builder<Self>, RequestError> {
        let base = BaseUrl::parse(url)?;
        let unknown = || RequestError::UnknownHost { host: base.host().to_owned() };
        Ok(Builder::at(*provider_of_url(url).ok_or_else(unknown)?, url))
    }

    /// The same client with a model that questions go to unless they name another.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        self.model = Some(model.to_owned());
        self
    }

    /// Asks. The history goes with each question, the question last.
    pub fn chat(&self, messages: impl Into<Vec<Message>>) -> Question<M> {
        Question::new(self.api.clone(), self.model.clone().unwrap_or_default(), messages.into())
    }

    /// Asks with a text alone.
    pub fn ask(&self, text: &str) -> Question<M> {
        self.chat([Message::user(text)])
    }

    /// What all clients share: limits, usage, the limiter itself.
    #[must_use]
    pub const fn api(&self) -> &Api {
        &self.api
    }

    /// How each limit is used.
    #[must_use]
    pub fn limits(&self) -> Vec<LimitUse> {
        self.api.limits()
    }

    /// What this client and its clones have used.
    #[must_use]
    pub fn usage(&self) -> Used {
        self.api.usage()
    }

    /// Begins to count usage anew. What was used up at the provider stays used up.
    pub fn reset_usage(&self) {
        self.api.reset_usage();
    }

    /// The same client for code that blocks: one account, one engine, one transport.
    #[must_use]
    pub fn blocking(&self) -> Client<Blocking> {
        Client { api: self.api.clone(), model: self.model.clone(), mode: PhantomData }
    }
}

crate::api::generic!(Client);
