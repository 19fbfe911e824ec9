//! Messages and the parts that they are made of.

use serde_json::Value;

use super::ToolCall;
use crate::said::{content, speakers};
use crate::shape::{options, shape, tagged, words};

words! {
    /// Who speaks.
    pub enum Role {
        /// Whoever sets the frame, for reasoning models.
        Developer = "developer",
        /// Whoever sets the frame.
        System = "system",
        /// Whoever asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool.
        Tool = "tool",
    }
}

options! {
    /// A message of a chat.
    pub struct Message {
        /// Who speaks.
        role: Role,
        /// What is said.
        content: Content,
        /// Who speaks, where several have one role.
        name: String,
        /// What was spoken.
        audio: Value,
        /// The images that the model made, where the host makes some.
        images: Vec<Value>,
        /// Where what is said comes from.
        annotations: Vec<Value>,
        /// Why the model does not answer.
        refusal: String,
        /// What the model thought, where the host tells it.
        reasoning: String,
        /// What the model thought, as other hosts name it.
        reasoning_content: String,
        /// What the model thought, piece by piece, as OpenRouter tells it.
        reasoning_details: Vec<Value>,
        /// The tools that the assistant asks to be called.
        tool_calls: Vec<ToolCall>,
        /// The call that a tool's message answers.
        tool_call_id: String,
    }
}

speakers!(Message);

content! {
    /// The content of a message: one text, or parts.
    pub enum Content {
        /// Parts.
        Parts(Part)
    }
}

tagged! {
    /// One part of a message.
    pub enum Part by "type" {
        /// Text.
        Text(TextPart) = "text",
        /// An image.
        Image(ImagePart) = "image_url",
        /// Sound.
        Audio(AudioPart) = "input_audio",
        /// A file.
        File(FilePart) = "file",
    }
}

impl Part {
    /// Text.
    #[must_use]
    pub fn new_text(text: &str) -> Self {
        Self::Text(TextPart {
            text: text.to_owned(),
            prompt_cache_breakpoint: None,
            extra: crate::Extra::new(),
        })
    }

    /// The image at that URL, or in that `data:` URL.
    #[must_use]
    pub fn image_url(url: &str) -> Self {
        let image_url = ImageUrl::new().url(url);
        Self::Image(ImagePart { image_url, prompt_cache_breakpoint: None, extra: crate::Extra::new() })
    }

    /// Its text, if it is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }
}

shape! {
    /// Text.
    pub struct TextPart {
        /// The text.
        text: String,
        /// Whether a cached prompt ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt_cache_breakpoint: Option<Value>,
    }
}

shape! {
    /// An image.
    pub struct ImagePart {
        /// Where it is.
        image_url: ImageUrl,
        /// Whether a cached prompt ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt_cache_breakpoint: Option<Value>,
    }
}

options! {
    /// Where an image is.
    pub struct ImageUrl {
        /// Its URL, or a `data:` URL that holds it.
        url: String,
        /// How closely to look: `auto`, `low`, `high`.
        detail: String,
    }
}

shape! {
    /// Sound.
    pub struct AudioPart {
        /// The sound: an object with `data` in base64 and its `format`.
        input_audio: Value,
        /// Whether a cached prompt ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt_cache_breakpoint: Option<Value>,
    }
}

shape! {
    /// A file.
    pub struct FilePart {
        /// The file: an object with `file_id`, or with `file_data` and `filename`.
        file: Value,
        /// Whether a cached prompt ends here.
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt_cache_breakpoint: Option<Value>,
    }
}
