//! Messages and the blocks that they are made of.

use serde_json::{Value, json};

use crate::said::content;
use crate::shape::{options, shape, tagged, words};

words! {
    /// Who speaks.
    pub enum Role {
        /// Whoever asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// Whoever sets the frame, in the middle of a history.
        System = "system",
    }
}

options! {
    /// A message of the history.
    pub struct Message {
        /// Who speaks.
        role: Role,
        /// What is said.
        content: Content,
    }
}

impl Message {
    /// A message of whoever asks.
    #[must_use]
    pub fn user(content: impl Into<Content>) -> Self {
        Self::new().role(Role::User).content(content)
    }

    /// A message of the model.
    #[must_use]
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::new().role(Role::Assistant).content(content)
    }
}

content! {
    /// The content of a message: one text, or blocks.
    pub enum Content {
        /// Blocks.
        Blocks(Block)
    }
}

tagged! {
    /// One block of a message. What tools of the server bring comes as it is.
    pub enum Block by "type" {
        /// Text.
        Text(TextBlock) = "text",
        /// An image.
        Image(ImageBlock) = "image",
        /// A document.
        Document(DocumentBlock) = "document",
        /// A thought of the model.
        Thinking(ThinkingBlock) = "thinking",
        /// A thought of the model that only the provider can read.
        RedactedThinking(RedactedThinkingBlock) = "redacted_thinking",
        /// The model asks for a tool.
        ToolUse(ToolUseBlock) = "tool_use",
        /// The model uses a tool of the server's.
        ServerToolUse(ToolUseBlock) = "server_tool_use",
        /// What a tool returned.
        ToolResult(ToolResultBlock) = "tool_result",
    }
}

impl Block {
    /// Its text, if it is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(block) => Some(&block.text),
            _ => None,
        }
    }

    /// Text.
    #[must_use]
    pub fn new_text(text: &str) -> Self {
        Self::Text(TextBlock {
            text: text.to_owned(),
            citations: None,
            cache_control: None,
            extra: crate::Extra::new(),
        })
    }

    /// The image at that URL.
    #[must_use]
    pub fn image_url(url: &str) -> Self {
        let source = json!({"type": "url", "url": url});
        Self::Image(ImageBlock { source, cache_control: None, extra: crate::Extra::new() })
    }

    /// What a tool returned.
    #[must_use]
    pub fn tool_result(tool_use_id: &str, content: impl Into<Value>) -> Self {
        Self::ToolResult(ToolResultBlock {
            tool_use_id: tool_use_id.to_owned(),
            content: Some(content.into()),
            is_error: None,
            cache_control: None,
            extra: crate::Extra::new(),
        })
    }
}

shape! {
    /// Text.
    pub struct TextBlock {
        /// The text.
        text: String,
        /// Where it comes from.
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Value>,
        /// Whether cached prompts end here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    }
}

shape! {
    /// An image.
    pub struct ImageBlock {
        /// Where it is: an object with a `type` of `url`, `base64` or `file`.
        source: Value,
        /// Whether cached prompts end here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    }
}

options! {
    /// A document.
    pub struct DocumentBlock {
        /// Where it is: an object with a `type` of `url`, `base64`, `text`, `content` or `file`.
        source: Value,
        /// Its title.
        title: String,
        /// What is known of it, which is not quoted.
        context: String,
        /// Whether the answer says what comes from it.
        citations: Value,
        /// Whether cached prompts end here.
        cache_control: Value,
    }
}

shape! {
    /// A thought of the model.
    pub struct ThinkingBlock {
        /// The thought.
        thinking: String,
        /// Proves that the model thought it.
        #[serde(default)]
        signature: String,
    }
}

shape! {
    /// A thought of the model that only the provider can read.
    pub struct RedactedThinkingBlock {
        /// The thought, as only the provider reads it.
        data: String,
    }
}

shape! {
    /// The model asks for a tool.
    pub struct ToolUseBlock {
        /// By which the result names it.
        id: String,
        /// The tool.
        name: String,
        /// Its arguments.
        input: Value,
        /// Who asks, where it is code that the model runs.
        #[serde(skip_serializing_if = "Option::is_none")]
        caller: Option<Value>,
        /// Whether cached prompts end here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    }
}

shape! {
    /// What a tool returned.
    pub struct ToolResultBlock {
        /// The use that it answers.
        tool_use_id: String,
        /// What came out: a text, or blocks.
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<Value>,
        /// Whether the tool failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        is_error: Option<bool>,
        /// Whether cached prompts end here.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<Value>,
    }
}
