//! `Call`: one request as the emulated provider understands it.

use serde_json::Value;

use crate::content::Content;

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Chat completions.
    Chat,
    /// Completions of a plain prompt, fill-in-the-middle too.
    Completion,
    /// `OpenAI`'s Responses API.
    Responses,
    /// Vectors of texts.
    Embeddings,
    /// Judgements of texts.
    Moderations,
    /// Anthropic's Messages API.
    Messages,
    /// Anthropic's token count; not metered.
    CountTokens,
    /// Mistral's conversations: a new one, or the named one continued.
    Conversations(Option<String>),
    /// The list of models; not metered.
    Models,
    /// One model; not metered.
    Model(String),
}

impl Endpoint {
    /// Whether limits hold here.
    pub(crate) fn is_metered(&self) -> bool {
        !matches!(self, Self::CountTokens | Self::Models | Self::Model(_))
    }

    /// Whether a model writes something.
    pub(crate) fn has_output(&self) -> bool {
        matches!(
            self,
            Self::Chat | Self::Completion | Self::Responses | Self::Messages | Self::Conversations(_)
        )
    }

    /// Whether tokens are counted.
    pub(crate) fn has_tokens(&self) -> bool {
        self.has_output() || *self == Self::Embeddings
    }
}

/// What a search of the web has: as much as one in the documentation's examples (2026-08).
const SEARCH_TOKENS: u64 = 7_112;

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As one body.
    Plain,
    /// As server-sent events.
    Stream,
}

/// One request, understood.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: Endpoint,
    pub(crate) model: String,
    pub(crate) content: Content,
    /// What the caller allows as output, whichever field says it.
    pub(crate) max_tokens: Option<u64>,
    pub(crate) delivery: Delivery,
    /// The whole body, for what one endpoint alone needs.
    pub(crate) body: Value,
}

impl Call {
    /// Reads a request's body.
    ///
    /// # Errors
    /// The name of the field that is missing or wrong, and what is wrong with it.
    pub(crate) fn read(endpoint: Endpoint, bytes: &[u8]) -> Result<Self, Mistake> {
        let body: Value = match endpoint {
            Endpoint::Models | Endpoint::Model(_) => Value::Null,
            _ => serde_json::from_slice(bytes)
                .map_err(|error| Mistake::new(None, format!("invalid JSON: {error}")))?,
        };
        let model = body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
        let call = Self {
            model,
            content: Content::of(&body),
            max_tokens: max_tokens(&body),
            delivery: match body.get("stream").and_then(Value::as_bool) {
                Some(true) => Delivery::Stream,
                _ => Delivery::Plain,
            },
            endpoint,
            body,
        };
        call.check()?;
        Ok(call)
    }

    /// The tokens that a search of the web adds to a conversation, beside its input and output.
    pub(crate) fn connector_tokens(&self) -> u64 {
        let tools = self.body.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        // A search that has to be confirmed first has not been made.
        let asks = |tool: &Value| tool.pointer("/tool_configuration/requires_confirmation").is_some();
        let searches = tools.iter().any(|tool| tool["type"] == "web_search" && !asks(tool));
        if searches && matches!(self.endpoint, Endpoint::Conversations(_)) { SEARCH_TOKENS } else { 0 }
    }

    /// Whether the caller asked for usage at the end of a stream.
    pub(crate) fn wants_stream_usage(&self) -> bool {
        self.body.pointer("/stream_options/include_usage").and_then(Value::as_bool).unwrap_or(false)
    }

    /// The caller's own marker: the field `user`, or `metadata.user_id` as Anthropic has it.
    pub(crate) fn marker(&self) -> Option<&str> {
        self.body.get("user").or_else(|| self.body.pointer("/metadata/user_id"))?.as_str()
    }

    fn check(&self) -> Result<(), Mistake> {
        let required: &[&str] = match self.endpoint {
            Endpoint::Chat => &["model", "messages"],
            Endpoint::Messages => &["model", "messages", "max_tokens"],
            Endpoint::CountTokens => &["model", "messages"],
            Endpoint::Completion => &["model", "prompt"],
            Endpoint::Embeddings => &["model", "input"],
            Endpoint::Responses => &["model"],
            Endpoint::Moderations => &["input"],
            // Continuing may only answer tools, and restarting only say from where.
            Endpoint::Conversations(None) if self.body.get("from_entry_id").is_none() => &["inputs"],
            Endpoint::Conversations(_) => &[],
            Endpoint::Models | Endpoint::Model(_) => &[],
        };
        for &field in required {
            // Mistral's agents bring their own model.
            let missing = |field: &str| self.body.get(field).is_none_or(Value::is_null);
            if missing(field) && (field != "model" || missing("agent_id")) {
                return Err(Mistake::new(Some(field), format!("missing required parameter: '{field}'")));
            }
        }
        if self.max_tokens == Some(0) {
            return Err(Mistake::new(Some("max_tokens"), "max_tokens: must be at least 1".to_owned()));
        }
        Ok(())
    }
}

/// What is wrong with a request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) field: Option<&'static str>,
    pub(crate) message: String,
}

impl Mistake {
    fn new(field: Option<&'static str>, message: String) -> Self {
        Self { field, message }
    }
}

fn max_tokens(body: &Value) -> Option<u64> {
    ["max_completion_tokens", "max_tokens", "max_output_tokens"]
        .iter()
        .find_map(|&field| body.get(field)?.as_u64())
        .or_else(|| body.pointer("/completion_args/max_tokens")?.as_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_output_bound_is_known() {
        for body in [
            r#"{"model":"m","messages":[],"max_tokens":9}"#,
            r#"{"model":"m","messages":[],"max_completion_tokens":9}"#,
            r#"{"model":"m","messages":[],"max_output_tokens":9}"#,
            r#"{"model":"m","messages":[],"completion_args":{"max_tokens":9}}"#,
        ] {
            let call = Call::read(Endpoint::Chat, body.as_bytes()).unwrap();
            assert_eq!(call.max_tokens, Some(9), "{body}");
        }
    }

    #[test]
    fn a_missing_field_is_named() {
        let mistake = Call::read(Endpoint::Messages, br#"{"model":"m","messages":[]}"#).unwrap_err();
        assert_eq!(mistake.field, Some("max_tokens"));
        let mistake = Call::read(Endpoint::Chat, b"{").unwrap_err();
        assert_eq!(mistake.field, None);
    }
}
