//! Embeddings: texts become vectors.

use serde_json::{Map, Value};

use super::{ChatUsage, Client};
use crate::shape::{request, shape, words};
use crate::{Call, OneOrMany, RequestError};

impl<M> Client<M> {
    /// Makes a vector of each text.
    pub fn embed(&self, model: &str, input: impl Into<OneOrMany<String>>) -> Call<Embed, M> {
        self.call(&[], Embed::new(model.to_owned(), input.into()))
    }
}

request! {
    /// Makes vectors of texts.
    Embed = "POST /v1/embeddings", Body, Embed, EmbeddingAnswer;
    check check;
    required {
        /// The model.
        model: String,
        /// The texts.
        input: OneOrMany<String>,
    }
    optional {
        /// The caller's own notes.
        metadata: Map<String, Value>,
        /// How many numbers a vector has.
        output_dimension = u64,
        /// What the numbers are.
        output_dtype: EmbeddingDtype,
        /// How they are written.
        encoding_format: EncodingFormat,
    }
}

words! {
    /// What the numbers of a vector are.
    pub enum EmbeddingDtype {
        /// Numbers with a fraction.
        Float = "float",
        /// From -128 to 127.
        Int8 = "int8",
        /// From 0 to 255.
        Uint8 = "uint8",
        /// Bits, eight in a number from -128 to 127.
        Binary = "binary",
        /// Bits, eight in a number from 0 to 255.
        Ubinary = "ubinary",
    }
}

words! {
    /// How the numbers of a vector are written.
    pub enum EncodingFormat {
        /// As numbers.
        Float = "float",
        /// As base64 of their bytes.
        Base64 = "base64",
    }
}

fn check(embed: &Embed) -> Result<(), RequestError> {
    RequestError::unless_filled(&embed.model, "input", embed.input.is_empty())
}

shape! {
    /// The vectors.
    pub struct EmbeddingAnswer {
        /// The answer's id.
        id: String,
        /// `list`.
        object: Option<String>,
        /// The model.
        model: String,
        /// What it used.
        usage: ChatUsage,
        /// One vector for each text, in their order.
        data: Vec<Embedding>,
    }
}

shape! {
    /// The vector of one text.
    pub struct Embedding {
        /// `embedding`.
        object: Option<String>,
        /// The numbers, or their base64.
        embedding: Value,
        /// Which text it belongs to.
        index: Option<u64>,
    }
}

impl Embedding {
    /// The numbers; `None` when they came as base64.
    #[must_use]
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.embedding.as_array()?.iter().map(Value::as_f64).collect()
    }
}
