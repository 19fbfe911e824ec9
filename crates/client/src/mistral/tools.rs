//! Tools of conversations and agents, and the guardrails around them.

use serde_json::Value;

use crate::shape::{options, shape, tagged, words};

tagged! {
    /// A tool that the model may use.
    pub enum Tool by "type" {
        /// A function of the caller's.
        Function(FunctionTool) = "function",
        /// Search of the web.
        WebSearch(WebSearchTool) = "web_search",
        /// Search of the web and of news agencies.
        WebSearchPremium(WebSearchPremiumTool) = "web_search_premium",
        /// Running code.
        CodeInterpreter(CodeInterpreterTool) = "code_interpreter",
        /// Making images.
        ImageGeneration(ImageGenerationTool) = "image_generation",
        /// Search of stored documents.
        DocumentLibrary(DocumentLibraryTool) = "document_library",
        /// A connector of the workspace.
        Connector(ConnectorTool) = "connector",
    }
}

impl Tool {
    /// A function of the caller's; `parameters` is a JSON schema.
    #[must_use]
    pub fn function(name: &str, description: &str, parameters: Value) -> Self {
        let function = Function::new().name(name).description(description).parameters(parameters);
        Self::Function(FunctionTool { function, extra: crate::Extra::new() })
    }

    /// Search of the web.
    #[must_use]
    pub fn web_search() -> Self {
        Self::WebSearch(WebSearchTool::new())
    }

    /// Search of the web and of news agencies.
    #[must_use]
    pub fn web_search_premium() -> Self {
        Self::WebSearchPremium(WebSearchPremiumTool::new())
    }

    /// Running code.
    #[must_use]
    pub fn code_interpreter() -> Self {
        Self::CodeInterpreter(CodeInterpreterTool::new())
    }

    /// Making images.
    #[must_use]
    pub fn image_generation() -> Self {
        Self::ImageGeneration(ImageGenerationTool::new())
    }

    /// Search of these libraries of stored documents.
    #[must_use]
    pub fn document_library(library_ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let ids: Vec<String> = library_ids.into_iter().map(Into::into).collect();
        Self::DocumentLibrary(DocumentLibraryTool::new().library_ids(ids))
    }

    /// A connector of the workspace.
    #[must_use]
    pub fn connector(id: &str) -> Self {
        Self::Connector(ConnectorTool::new().connector_id(id))
    }
}

shape! {
    /// A function of the caller's.
    pub struct FunctionTool {
        /// The function.
        function: Function,
    }
}

options! {
    /// A function that the model may ask to be called.
    pub struct Function {
        /// Its name.
        name: String,
        /// What it does, for the model.
        description: String,
        /// Whether arguments must keep to the schema in every detail.
        strict = bool,
        /// The JSON schema of its arguments.
        parameters: Value,
    }
}

options! {
    /// Search of the web.
    pub struct WebSearchTool {
        /// Which of its functions there are.
        tool_configuration: ToolConfiguration,
    }
}

options! {
    /// Search of the web and of news agencies.
    pub struct WebSearchPremiumTool {
        /// Which of its functions there are.
        tool_configuration: ToolConfiguration,
    }
}

options! {
    /// Running code.
    pub struct CodeInterpreterTool {
        /// Which of its functions there are.
        tool_configuration: ToolConfiguration,
    }
}

options! {
    /// Making images.
    pub struct ImageGenerationTool {
        /// Which of its functions there are.
        tool_configuration: ToolConfiguration,
    }
}

options! {
    /// Search of stored documents.
    pub struct DocumentLibraryTool {
        /// Which of its functions there are.
        tool_configuration: ToolConfiguration,
        /// The libraries to search; at least one.
        library_ids: Vec<String>,
    }
}

options! {
    /// A connector of the workspace.
    pub struct ConnectorTool {
        /// Its id.
        connector_id: String,
        /// How it proves who asks: an object with its `type`.
        authorization: Value,
        /// Which of its functions there are.
        tool_configuration: ToolConfiguration,
    }
}

options! {
    /// Which functions of a tool there are.
    pub struct ToolConfiguration {
        /// Those that are not.
        exclude: Vec<String>,
        /// Those that are, and no others.
        include: Vec<String>,
        /// Those that run only once the caller has allowed it.
        requires_confirmation: Vec<String>,
    }
}

shape! {
    /// Whether a tool that asked may run.
    pub struct ToolConfirmation {
        /// The call that asked.
        tool_call_id: String,
        /// The answer.
        confirmation: Confirmation,
    }
}

impl ToolConfirmation {
    /// It may.
    #[must_use]
    pub fn allow(tool_call_id: &str) -> Self {
        Self::of(tool_call_id, Confirmation::Allow)
    }

    /// It may not.
    #[must_use]
    pub fn deny(tool_call_id: &str) -> Self {
        Self::of(tool_call_id, Confirmation::Deny)
    }

    fn of(tool_call_id: &str, confirmation: Confirmation) -> Self {
        Self { tool_call_id: tool_call_id.to_owned(), confirmation, extra: crate::Extra::new() }
    }
}

words! {
    /// Whether a tool may run.
    pub enum Confirmation {
        /// It may.
        Allow = "allow",
        /// It may not.
        Deny = "deny",
    }
}

options! {
    /// What is judged before and after the model speaks.
    pub struct Guardrail {
        /// Whether a judge that fails stops the call.
        block_on_error = bool,
        /// Mistral's first judge: model, thresholds, action.
        moderation_llm_v1: Value,
        /// Mistral's second judge: model, thresholds, action.
        moderation_llm_v2: Value,
    }
}
