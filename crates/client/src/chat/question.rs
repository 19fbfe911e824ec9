//! `Question`: what is asked of a model, whichever provider has it.

use std::marker::PhantomData;

use http::Method;
use serde_json::Value;

use super::answer::Answer;
use super::pieces::{PieceIter, Pieces};
use super::written::{Written, written};
use super::{Message, Tool};
use crate::api::Ready;
use crate::blocking::block_on;
use crate::call::{Act, Options, Received, Rendered, terms};
use crate::{Api, Async, Blocking, Error, OneOrMany, Reply, RequestError};

/// How long a model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effort {
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// As long as usual.
    Medium,
    /// Long.
    High,
}

impl Effort {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What is asked of a model: set what it says, then `send` it, or `stream` its answer.
#[derive(Clone, Debug)]
#[must_use = "a question does nothing until `send` or `stream`"]
pub struct Question<M = Async> {
    api: Api,
    pub(super) asked: Asked,
    options: Options,
    mode: PhantomData<fn() -> M>,
}

/// The question itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) model: String,
    pub(super) messages: Vec<Message>,
    pub(super) max_tokens: Option<u64>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u64>,
    pub(super) frequency_penalty: Option<f64>,
    pub(super) presence_penalty: Option<f64>,
    pub(super) stop: Option<OneOrMany<String>>,
    pub(super) seed: Option<u64>,
    pub(super) json: bool,
    pub(super) effort: Option<Effort>,
    pub(super) thinking_budget: Option<u64>,
    pub(super) providers: Vec<String>,
    pub(super) tools: Vec<Tool>,
    pub(super) extra: crate::Extra,
}

/// A setter of something that may be left unsaid.
macro_rules! setters {
    ($( #[doc = $doc:literal] $field:ident: $type:ty, )*) => {
        $(
            #[doc = $doc]
            pub fn $field(mut self, value: $type) -> Self {
                self.asked.$field = Some(value);
                self
            }
        )*
    };
}

impl<M> Question<M> {
    pub(super) fn new(api: Api, model: String, messages: Vec<Message>) -> Self {
        let options = Options { terms: api.terms(), ..Options::default() };
        let asked = Asked { model, messages, ..Asked::default() };
        Self { api, asked, options, mode: PhantomData }
    }

    /// The model, in the place of the client's.
    pub fn model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.asked.model);
        self
    }

    setters! {
        /// The most tokens that the answer may have. Anthropic is told 1024 unless this says otherwise.
        max_tokens: u64,
        /// How free the choice of words is; left out where reasoning models take only 1.
        temperature: f64,
        /// The share of likeliest words that are chosen from.
        top_p: f64,
        /// How many likeliest words are chosen from: Anthropic and OpenRouter.
        top_k: u64,
        /// How much words that were used often are avoided, -2 to 2.
        frequency_penalty: f64,
        /// How much words that were used at all are avoided, -2 to 2.
        presence_penalty: f64,
        /// Makes the choice of words mostly repeatable; Anthropic knows no such thing.
        seed: u64,
        /// The most tokens that thoughts may have: Anthropic and OpenRouter.
        thinking_budget: u64,
    }

    /// Texts at which the answer ends.
    pub fn stop(mut self, stop: impl Into<OneOrMany<String>>) -> Self {
        self.asked.stop = Some(stop.into());
        self
    }

    /// A JSON object as the answer.
    pub const fn json(mut self) -> Self {
        self.asked.json = true;
        self
    }

    /// How long the model thinks, if it is one that does.
    pub const fn reasoning_effort(mut self, effort: Effort) -> Self {
        self.asked.effort = Some(effort);
        self
    }

    /// The only providers that may answer, in this order: OpenRouter.
    pub fn providers(mut self, providers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.asked.providers = providers.into_iter().map(Into::into).collect();
        self
    }

    /// The tools that the model may use.
    pub fn tools(mut self, tools: impl Into<Vec<Tool>>) -> Self {
        self.asked.tools = tools.into();
        self
    }

    /// A field that only this provider knows, as it is on the wire.
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.asked.extra.insert(name.into(), value.into());
        self
    }

    terms!();

    fn ready(self, streams: bool) -> Result<(Api, Ready, Vec<&'static str>), Error> {
        if let Some(mistake) = self.options.mistake {
            return Err(mistake.into());
        }
        if self.asked.model.trim().is_empty() {
            return Err(RequestError::Empty { field: "model" }.into());
        }
        if self.asked.messages.iter().all(Message::says_nothing) {
            return Err(RequestError::Empty { field: "messages" }.into());
        }
        let Written { path, body, notes } = written(&self.asked, self.api.provider().dialect, streams);
        let rendered = Rendered::of_json(Method::POST, path.to_owned(), Some(&body))?;
        Ok((self.api, Ready::new(rendered, Act::Chat, self.options), notes))
    }
}

/// The answer in everybody's form.
fn answered(api: &Api, received: Received, notes: Vec<&'static str>) -> Result<Reply<Answer>, Error> {
    let dialect = api.provider().dialect;
    let (excerpt, body) = (received.excerpt.clone(), received.body.clone());
    let Reply { value, meta } = received.parsed::<Value>()?;
    match Answer::of(dialect, api.provider().name, value, notes) {
        Some(value) => Ok(Reply { value, meta }),
        None => {
            let cause = "it holds no answer of a model".to_owned();
            Err(Error::unreadable(&meta, excerpt.of(&body), cause))
        }
    }
}

impl Question<Async> {
    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn send(self) -> Result<Reply<Answer>, Error> {
        let (api, ready, notes) = self.ready(false)?;
        let received = api.send(ready).await?;
        answered(&api, received, notes)
    }

    /// Asks, and hands the answer over in pieces, each as it arrives.
    ///
    /// # Errors
    ///
    /// As every call, for the head of the answer.
    pub async fn stream(self) -> Result<Pieces, Error> {
        let (api, ready, notes) = self.ready(true)?;
        Ok(Pieces::new(api.stream(ready).await?, api.provider().dialect, notes))
    }
}

impl Question<Blocking> {
    /// Asks, and waits for the whole answer in the calling thread.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn send(self) -> Result<Reply<Answer>, Error> {
        let (api, ready, notes) = self.ready(false)?;
        let received = block_on(api.send(ready))??;
        answered(&api, received, notes)
    }

    /// Asks, and hands the answer over in pieces, each as it arrives, in the calling thread.
    ///
    /// # Errors
    ///
    /// As every call, for the head of the answer.
    pub fn stream(self) -> Result<PieceIter, Error> {
        let (api, ready, notes) = self.ready(true)?;
        let events = block_on(api.stream(ready))??;
        Ok(PieceIter::new(Pieces::new(events, api.provider().dialect, notes)))
    }
}
