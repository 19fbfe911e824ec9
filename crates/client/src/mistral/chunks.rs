//! What messages are made of: text, images, documents, thoughts, files, references.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::BuiltInTool;
use crate::said::content;
use crate::shape::{options, shape, tagged, words};

content! {
    /// The content of a message: one text, or chunks.
    pub enum Content {
        /// Chunks.
        Chunks(Chunk)
    }
}

impl From<Chunk> for Content {
    /// A stream brings what is no text as one chunk.
    fn from(chunk: Chunk) -> Self {
        Self::Chunks(vec![chunk])
    }
}

tagged! {
    /// One piece of a message.
    pub enum Chunk by "type" {
        /// Text.
        Text(TextChunk) = "text",
        /// An image.
        ImageUrl(ImageUrlChunk) = "image_url",
        /// A document.
        DocumentUrl(DocumentUrlChunk) = "document_url",
        /// A thought of the model.
        Think(ThinkChunk) = "thinking",
        /// A file that a tool made.
        ToolFile(ToolFileChunk) = "tool_file",
        /// A source that a tool found.
        ToolReference(ToolReferenceChunk) = "tool_reference",
        /// Sources by their numbers.
        Reference(ReferenceChunk) = "reference",
        /// A stored file.
        File(FileChunk) = "file",
        /// Sound.
        InputAudio(AudioChunk) = "input_audio",
    }
}

impl Chunk {
    /// Text.
    #[must_use]
    pub fn new_text(text: &str) -> Self {
        Self::Text(TextChunk { text: text.to_owned(), extra: crate::Extra::new() })
    }

    /// The image at that URL, or in that `data:` URL; an [`ImageUrl`] says how closely to look, too.
    #[must_use]
    pub fn image_url(image: impl Into<ImageSource>) -> Self {
        Self::ImageUrl(ImageUrlChunk { image_url: image.into(), extra: crate::Extra::new() })
    }

    /// The document at that URL.
    #[must_use]
    pub fn document_url(url: &str) -> Self {
        let document_url = url.to_owned();
        Self::DocumentUrl(DocumentUrlChunk { document_url, document_name: None, extra: crate::Extra::new() })
    }

    /// The stored file of that id.
    #[must_use]
    pub fn file(file_id: &str) -> Self {
        Self::File(FileChunk { file_id: file_id.to_owned(), extra: crate::Extra::new() })
    }

    /// Sound, as base64 or at a URL.
    #[must_use]
    pub fn input_audio(audio: &str) -> Self {
        Self::InputAudio(AudioChunk { input_audio: audio.to_owned(), extra: crate::Extra::new() })
    }

    /// Its text, if it is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(chunk) => Some(&chunk.text),
            _ => None,
        }
    }
}

shape! {
    /// Text.
    pub struct TextChunk {
        /// The text.
        text: String,
    }
}

shape! {
    /// An image.
    pub struct ImageUrlChunk {
        /// Where it is, and how closely to look.
        image_url: ImageSource,
    }
}

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ImageSource {
    /// At a URL, or in a `data:` URL.
    Url(String),
    /// The same, and how closely to look.
    Image(ImageUrl),
    /// Another form, as it came.
    Other(Value),
}

impl From<&str> for ImageSource {
    fn from(url: &str) -> Self {
        Self::Url(url.to_owned())
    }
}

impl From<String> for ImageSource {
    fn from(url: String) -> Self {
        Self::Url(url)
    }
}

impl From<&String> for ImageSource {
    fn from(url: &String) -> Self {
        Self::Url(url.clone())
    }
}

impl From<ImageUrl> for ImageSource {
    fn from(image: ImageUrl) -> Self {
        Self::Image(image)
    }
}

options! {
    /// Where an image is, and how closely to look.
    pub struct ImageUrl {
        /// Its URL, or the image in a `data:` URL.
        url: String,
        /// How closely to look.
        detail: ImageDetail,
    }
}

words! {
    /// How closely to look at an image.
    pub enum ImageDetail {
        /// Roughly.
        Low = "low",
        /// As the model sees fit.
        Auto = "auto",
        /// Closely.
        High = "high",
    }
}

shape! {
    /// A document.
    pub struct DocumentUrlChunk {
        /// Its URL.
        document_url: String,
        /// Its name.
        #[serde(skip_serializing_if = "Option::is_none")]
        document_name: Option<String>,
    }
}

shape! {
    /// A thought of the model.
    pub struct ThinkChunk {
        /// What it thinks.
        thinking: Vec<Chunk>,
        /// Proves that the model thought it.
        #[serde(skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
        /// Whether it has come to an end.
        #[serde(skip_serializing_if = "Option::is_none")]
        closed: Option<bool>,
    }
}

shape! {
    /// A file that a tool made.
    pub struct ToolFileChunk {
        /// The tool.
        tool: BuiltInTool,
        /// The file's id.
        file_id: String,
        /// Its name.
        #[serde(skip_serializing_if = "Option::is_none")]
        file_name: Option<String>,
        /// Its kind.
        #[serde(skip_serializing_if = "Option::is_none")]
        file_type: Option<String>,
    }
}

shape! {
    /// A source that a tool found.
    pub struct ToolReferenceChunk {
        /// The tool.
        tool: BuiltInTool,
        /// The source's title.
        title: String,
        /// Its address.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// The address of its picture.
        #[serde(skip_serializing_if = "Option::is_none")]
        favicon: Option<String>,
        /// What it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    }
}

shape! {
    /// Sources by their numbers.
    pub struct ReferenceChunk {
        /// The numbers.
        reference_ids: Vec<Value>,
    }
}

shape! {
    /// A stored file.
    pub struct FileChunk {
        /// Its id.
        file_id: String,
    }
}

shape! {
    /// Sound.
    pub struct AudioChunk {
        /// The sound as base64, or its URL.
        input_audio: String,
    }
}
