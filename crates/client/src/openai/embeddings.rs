//! Embeddings: texts become vectors.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChatUsage, Client};
use crate::shape::{request, shape};
use crate::{Call, OneOrMany, RequestError};

impl<M> Client<M> {
    /// Makes a vector of each text.
    pub fn embed(&self, model: &str, input: impl Into<EmbedInput>) -> Call<Embed, M> {
        self.call(&[], Embed::new(model.to_owned(), input.into()))
    }
}

/// What vectors are made of: texts, or tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EmbedInput {
    /// Texts.
    Texts(OneOrMany<String>),
    /// One text as its tokens.
    Tokens(Vec<u32>),
    /// Several texts as their tokens.
    ManyTokens(Vec<Vec<u32>>),
}

impl<T: Into<OneOrMany<String>>> From<T> for EmbedInput {
    fn from(texts: T) -> Self {
        Self::Texts(texts.into())
    }
}

request! {
    /// Makes vectors of texts.
    Embed = "POST /v1/embeddings", Body, Embed, EmbeddingAnswer;
    check check;
    required {
        /// The model.
        model: String,
        /// The texts, or their tokens.
        input: EmbedInput,
    }
    optional {
        /// How many numbers a vector has.
        dimensions = u64,
        /// How they are written: `float` or `base64`.
        encoding_format: String,
        /// A name of the end user.
        user: String,
    }
}

fn check(embed: &Embed) -> Result<(), RequestError> {
    let nothing = match &embed.input {
        EmbedInput::Texts(texts) => texts.is_empty(),
        EmbedInput::Tokens(tokens) => tokens.is_empty(),
        EmbedInput::ManyTokens(many) => many.is_empty(),
    };
    RequestError::unless_filled(&embed.model, "input", nothing)
}

shape! {
    /// The vectors.
    pub struct EmbeddingAnswer {
        /// `list`.
        object: Option<String>,
        /// The model.
        model: String,
        /// One vector for each text, in their order.
        data: Vec<Embedding>,
        /// What it used.
        usage: Option<ChatUsage>,
    }
}

shape! {
    /// The vector of one text.
    pub struct Embedding {
        /// `embedding`.
        object: Option<String>,
        /// Which text it belongs to.
        #[serde(default)]
        index: u64,
        /// The numbers, or their base64.
        embedding: Value,
    }
}

impl Embedding {
    /// The numbers; `None` when they came as base64.
    #[must_use]
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.embedding.as_array()?.iter().map(Value::as_f64).collect()
    }
}
