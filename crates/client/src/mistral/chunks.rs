//! What messages are made of: text, images, documents, thoughts, files, references.

use serde_json::Value;

use crate::said::content;
use crate::shape::{shape, tagged};

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
    }
}

impl Chunk {
    /// Text.
    #[must_use]
    pub fn new_text(text: &str) -> Self {
        Self::Text(TextChunk { text: text.to_owned(), extra: crate::Extra::new() })
    }

    /// The image at that URL, or in that `data:` URL.
    #[must_use]
    pub fn image_url(url: &str) -> Self {
        Self::ImageUrl(ImageUrlChunk { image_url: Value::from(url), extra: crate::Extra::new() })
    }

    /// The document at that URL.
    #[must_use]
    pub fn document_url(url: &str) -> Self {
        let document_url = url.to_owned();
        Self::DocumentUrl(DocumentUrlChunk { document_url, document_name: None, extra: crate::Extra::new() })
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
        /// Its URL, or an object with its URL and how closely to look.
        image_url: Value,
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
        tool: String,
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
        tool: String,
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
