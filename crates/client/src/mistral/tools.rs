//! Tools of conversations and agents, and the guardrails around them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RequestError;
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

/// Whether each tool has what it cannot do without: a search of documents, a library to search (`minItems: 1` in the
/// public description of the API).
pub(super) fn tools_are_whole(tools: Option<&[Tool]>) -> Result<(), RequestError> {
    let is_whole = |tool: &Tool| match tool {
        Tool::DocumentLibrary(library) => {
            library.library_ids.as_ref().is_some_and(|ids| ids.iter().any(|id| !id.trim().is_empty()))
        }
        _ => true,
    };
    if tools.unwrap_or_default().iter().all(is_whole) {
        return Ok(());
    }
    Err(RequestError::Empty { field: "library_ids" })
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
        /// How it proves who asks.
        authorization: ConnectorAuthorization,
        /// Which of its functions there are.
        tool_configuration: ToolConfiguration,
    }
}

tagged! {
    /// How a connector proves who asks.
    pub enum ConnectorAuthorization by "type" {
        /// By a token of OAuth 2.
        OAuth2Token(ConnectorSecret) = "oauth2-token",
        /// By a key.
        ApiKey(ConnectorSecret) = "api-key",
    }
}

impl ConnectorAuthorization {
    /// By this token of OAuth 2.
    #[must_use]
    pub fn oauth2_token(token: &str) -> Self {
        Self::OAuth2Token(ConnectorSecret::of(token))
    }

    /// By this key.
    #[must_use]
    pub fn api_key(key: &str) -> Self {
        Self::ApiKey(ConnectorSecret::of(key))
    }
}

shape! {
    /// What proves who asks.
    pub struct ConnectorSecret {
        /// The token or key.
        value: Secret,
    }
}

impl ConnectorSecret {
    fn of(value: &str) -> Self {
        Self { value: Secret(value.to_owned()), extra: crate::Extra::new() }
    }
}

/// A text that is sent but never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
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

words! {
    /// Whether a tool that has to ask may run.
    pub enum ConfirmationStatus {
        /// Nobody has said so yet.
        Pending = "pending",
        /// It may.
        Allowed = "allowed",
        /// It may not.
        Denied = "denied",
    }
}

words! {
    /// A tool of Mistral's own. What other tools are called is kept as it came.
    pub enum BuiltInTool {
        /// Search of the web.
        WebSearch = "web_search",
        /// Search of the web and of news agencies.
        WebSearchPremium = "web_search_premium",
        /// Running code.
        CodeInterpreter = "code_interpreter",
        /// Making images.
        ImageGeneration = "image_generation",
        /// Search of stored documents.
        DocumentLibrary = "document_library",
    }
}

options! {
    /// What is judged before and after the model speaks.
    pub struct Guardrail {
        /// Whether a judge that fails stops the call.
        block_on_error = bool,
        /// Mistral's first judge.
        moderation_llm_v1: GuardrailJudge,
        /// Mistral's second judge.
        moderation_llm_v2: GuardrailJudge,
    }
}

options! {
    /// A judge of a guardrail.
    pub struct GuardrailJudge {
        /// The model; one for each of the two judges unless this says otherwise.
        model_name: String,
        /// From which score on a category counts.
        custom_category_thresholds: GuardrailThresholds,
        /// Whether categories without a threshold of their own are passed over.
        ignore_other_categories = bool,
        /// What follows where a category counts.
        action: GuardrailAction,
    }
}

options! {
    /// From which score on, 0 to 1, each category of a guardrail counts. Both judges have all but those that say so.
    pub struct GuardrailThresholds {
        /// Sexual content.
        sexual = f64,
        /// Hate and discrimination.
        hate_and_discrimination = f64,
        /// Violence and threats.
        violence_and_threats = f64,
        /// Dangerous and criminal content; the first judge's alone.
        dangerous_and_criminal_content = f64,
        /// Dangerous content; the second judge's alone.
        dangerous = f64,
        /// Criminal content; the second judge's alone.
        criminal = f64,
        /// Harm to oneself.
        selfharm = f64,
        /// Advice on health.
        health = f64,
        /// Advice on money.
        financial = f64,
        /// Advice on law.
        law = f64,
        /// Data about persons.
        pii = f64,
        /// Attempts to get around the rules; the second judge's alone.
        jailbreaking = f64,
    }
}

words! {
    /// What follows where a category of a guardrail counts.
    pub enum GuardrailAction {
        /// It is told.
        None = "none",
        /// The call is stopped.
        Block = "block",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_connector_proves_itself_with_is_sent_and_never_printed() {
        for (authorization, kind) in [
            (ConnectorAuthorization::api_key("sk-secret"), "api-key"),
            (ConnectorAuthorization::oauth2_token("sk-secret"), "oauth2-token"),
        ] {
            let tool = Tool::Connector(ConnectorTool::new().connector_id("c").authorization(authorization));
            assert!(!format!("{tool:?}").contains("sk-secret"), "{tool:?}");
            let wire = json!({"type": "connector", "connector_id": "c", "authorization": {"type": kind, "value": "sk-secret"}});
            assert_eq!(serde_json::to_value(&tool).unwrap(), wire);
            assert_eq!(serde_json::from_value::<Tool>(wire).unwrap(), tool);
        }
    }
}
