//! Judgements of texts and of chats: moderation by Mistral's categories, classification by one's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Client, Message};
use crate::shape::{options, request, shape};
use crate::{Call, OneOrMany, RequestError};

impl<M> Client<M> {
    /// Judges texts by Mistral's categories.
    pub fn moderate(&self, model: &str, input: impl Into<OneOrMany<String>>) -> Call<Moderation, M> {
        self.call(&[], Moderation::new(model.to_owned(), input.into()))
    }

    /// Judges the last message of a chat, or of each of several, by Mistral's categories.
    pub fn moderate_chat(&self, model: &str, input: impl Into<JudgedChats>) -> Call<ChatModeration, M> {
        self.call(&[], ChatModeration::new(input.into(), model.to_owned()))
    }

    /// Judges texts by the categories of a model of one's own.
    pub fn classify(&self, model: &str, input: impl Into<OneOrMany<String>>) -> Call<Classification, M> {
        self.call(&[], Classification::new(model.to_owned(), input.into()))
    }

    /// Judges a chat by the categories of a model of one's own; `input` is an [`Instruct`], or a list of such.
    pub fn classify_chat(&self, model: &str, input: impl Into<Value>) -> Call<ChatClassification, M> {
        self.call(&[], ChatClassification::new(model.to_owned(), input.into()))
    }
}

request! {
    /// Judges texts by Mistral's categories.
    Moderation = "POST /v1/moderations", Body, Judge, ModerationAnswer;
    check check_moderation;
    required {
        /// The model.
        model: String,
        /// The texts.
        input: OneOrMany<String>,
    }
    optional {
        /// The caller's own notes.
        metadata: Map<String, Value>,
    }
}

fn check_moderation(moderation: &Moderation) -> Result<(), RequestError> {
    RequestError::unless_filled(&moderation.model, "input", moderation.input.is_empty())
}

request! {
    /// Judges the last message of a chat by Mistral's categories.
    ChatModeration = "POST /v1/chat/moderations", Body, Judge, ModerationAnswer;
    check check_chat_moderation;
    required {
        /// The chat, or several.
        input: JudgedChats,
        /// The model.
        model: String,
    }
    optional {}
}

fn check_chat_moderation(moderation: &ChatModeration) -> Result<(), RequestError> {
    let says_nothing = match &moderation.input {
        JudgedChats::One(chat) => chat.iter().all(Message::says_nothing),
        JudgedChats::Many(chats) => chats.iter().flatten().all(Message::says_nothing),
    };
    RequestError::unless_filled(&moderation.model, "input", says_nothing)
}

/// What is judged: the last message of a chat, or of each of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JudgedChats {
    /// One chat.
    One(Vec<Message>),
    /// Several.
    Many(Vec<Vec<Message>>),
}

impl From<Vec<Message>> for JudgedChats {
    fn from(chat: Vec<Message>) -> Self {
        Self::One(chat)
    }
}

impl<const N: usize> From<[Message; N]> for JudgedChats {
    fn from(chat: [Message; N]) -> Self {
        Self::One(chat.into())
    }
}

impl From<Vec<Vec<Message>>> for JudgedChats {
    fn from(chats: Vec<Vec<Message>>) -> Self {
        Self::Many(chats)
    }
}

impl<const N: usize> From<[Vec<Message>; N]> for JudgedChats {
    fn from(chats: [Vec<Message>; N]) -> Self {
        Self::Many(chats.into())
    }
}

request! {
    /// Judges texts by the categories of a model of one's own.
    Classification = "POST /v1/classifications", Body, Judge, ClassificationAnswer;
    check check_classification;
    required {
        /// The model.
        model: String,
        /// The texts.
        input: OneOrMany<String>,
    }
    optional {
        /// The caller's own notes.
        metadata: Map<String, Value>,
    }
}

fn check_classification(classification: &Classification) -> Result<(), RequestError> {
    RequestError::unless_filled(&classification.model, "input", classification.input.is_empty())
}

request! {
    /// Judges a chat by the categories of a model of one's own.
    ChatClassification = "POST /v1/chat/classifications", Body, Judge, ClassificationAnswer;
    check check_chat_classification;
    required {
        /// The model.
        model: String,
        /// A chat, or a list of such: see [`Instruct`].
        input: Value,
    }
    optional {}
}

fn check_chat_classification(classification: &ChatClassification) -> Result<(), RequestError> {
    let is_empty = match &classification.input {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(chats) => chats.is_empty(),
        other => other.is_null(),
    };
    RequestError::unless_filled(&classification.model, "input", is_empty)
}

shape! {
    /// A judgement for each text.
    pub struct ModerationAnswer {
        /// Its id.
        id: String,
        /// The model.
        model: String,
        /// One for each text, in their order.
        results: Vec<ModerationVerdict>,
    }
}

shape! {
    /// The judgement of one text.
    pub struct ModerationVerdict {
        /// Whether each category applies.
        categories: Option<BTreeMap<String, bool>>,
        /// How likely each category is, 0 to 1.
        category_scores: Option<BTreeMap<String, f64>>,
    }
}

shape! {
    /// A classification of each text.
    pub struct ClassificationAnswer {
        /// Its id.
        id: String,
        /// The model.
        model: String,
        /// One for each text, in their order: scores by target.
        results: Vec<BTreeMap<String, ClassificationScores>>,
    }
}

shape! {
    /// How likely each label of one target is.
    pub struct ClassificationScores {
        /// By label, 0 to 1.
        scores: BTreeMap<String, f64>,
    }
}

options! {
    /// A chat to classify.
    pub struct Instruct {
        /// The chat.
        messages: Vec<Message>,
    }
}

impl From<Instruct> for Value {
    fn from(chat: Instruct) -> Self {
        serde_json::to_value(chat).unwrap_or_default()
    }
}
