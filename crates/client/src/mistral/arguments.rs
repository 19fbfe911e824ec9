//! How a model is to answer: sampling, formats, reasoning, choices of tools.

use serde_json::Value;

use crate::OneOrMany;
use crate::shape::{options, words};

options! {
    /// How the model is to answer in a conversation.
    pub struct CompletionArgs {
        /// Texts at which the answer ends.
        stop: OneOrMany<String>,
        /// How much words that were used at all are avoided, -2 to 2.
        presence_penalty = f64,
        /// How much words that were used often are avoided, -2 to 2.
        frequency_penalty = f64,
        /// How free the choice of words is; 0 always takes the likeliest.
        temperature = f64,
        /// The share of likeliest words that are chosen from.
        top_p = f64,
        /// The most tokens that the answer may have.
        max_tokens = u64,
        /// Makes the choice of words repeatable.
        random_seed = u64,
        /// What the answer will probably be.
        prediction: Prediction,
        /// The form of the answer.
        response_format: ResponseFormat,
        /// Whether tools may, must or must not be called.
        tool_choice: ToolChoice,
        /// How long the model thinks.
        reasoning_effort: ReasoningEffort,
    }
}

options! {
    /// The form of an answer.
    pub struct ResponseFormat {
        /// Text, any JSON object, or JSON that keeps to a schema.
        kind as "type": ResponseFormatKind,
        /// The schema that the answer keeps to.
        json_schema: JsonSchema,
    }
}

impl ResponseFormat {
    /// Any JSON object; the prompt should ask for JSON too.
    #[must_use]
    pub fn json() -> Self {
        Self::new().kind(ResponseFormatKind::JsonObject)
    }

    /// JSON that keeps to a schema.
    #[must_use]
    pub fn schema(name: &str, schema: Value) -> Self {
        let schema = JsonSchema::new().name(name).schema(schema).strict(true);
        Self::new().kind(ResponseFormatKind::JsonSchema).json_schema(schema)
    }
}

words! {
    /// What form an answer has.
    pub enum ResponseFormatKind {
        /// Text.
        Text = "text",
        /// Any JSON object.
        JsonObject = "json_object",
        /// JSON that keeps to a schema.
        JsonSchema = "json_schema",
    }
}

options! {
    /// A schema that an answer keeps to.
    pub struct JsonSchema {
        /// Its name.
        name: String,
        /// What it is for.
        description: String,
        /// The JSON schema.
        schema as "schema": Value,
        /// Whether the answer must keep to it in every detail.
        strict = bool,
    }
}

options! {
    /// What an answer will probably be, which makes it come faster.
    pub struct Prediction {
        /// `content`.
        kind as "type": String,
        /// The text.
        content: String,
    }
}

impl From<&str> for Prediction {
    fn from(text: &str) -> Self {
        Self::new().kind("content").content(text)
    }
}

words! {
    /// Whether tools may, must or must not be called.
    pub enum ToolChoice {
        /// As the model sees fit.
        Auto = "auto",
        /// None.
        None = "none",
        /// At least one.
        Any = "any",
        /// At least one; another name for `any`.
        Required = "required",
    }
}

options! {
    /// The one tool that must be called.
    pub struct NamedTool {
        /// `function`.
        kind as "type": String,
        /// Which function it is.
        function: FunctionName,
    }
}

impl NamedTool {
    /// This function.
    #[must_use]
    pub fn function_named(name: &str) -> Self {
        Self::new().kind("function").function(FunctionName::new().name(name))
    }
}

options! {
    /// A function by its name.
    pub struct FunctionName {
        /// The name.
        name: String,
    }
}

words! {
    /// How long a model thinks.
    pub enum ReasoningEffort {
        /// Not at all.
        None = "none",
        /// Hardly.
        Minimal = "minimal",
        /// A little.
        Low = "low",
        /// As long as usual.
        Medium = "medium",
        /// Long.
        High = "high",
        /// As long as it takes.
        Xhigh = "xhigh",
    }
}

words! {
    /// Who runs what an agent hands over.
    pub enum HandoffExecution {
        /// The server, before it answers.
        Server = "server",
        /// The caller.
        Client = "client",
    }
}

words! {
    /// Which prompt of its own the model gets.
    pub enum PromptMode {
        /// The one for reasoning.
        Reasoning = "reasoning",
    }
}

words! {
    /// Which capacity serves the call.
    pub enum ServiceTier {
        /// Whichever there is.
        Auto = "auto",
        /// The standard one.
        StandardOnly = "standard_only",
    }
}
