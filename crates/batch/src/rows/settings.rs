//! `BodySettings`: what goes into every body on demand, where the row does not say otherwise: JSON mode, effort.

use std::fmt;

use tidegate_provider::Dialect;

use super::json::RequestBody;

/// How hard a reasoning model is to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasoningEffort {
    /// Not at all.
    None,
    /// As little as can be.
    Minimal,
    /// Little.
    Low,
    /// As the model's maker means it by default.
    Medium,
    /// Much.
    High,
}

impl ReasoningEffort {
    /// Every effort.
    pub const ALL: [Self; 5] = [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High];

    /// Its name in requests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The effort of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.name() == name)
    }
}

impl fmt::Display for ReasoningEffort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What goes into every body that a model answers with text, where the row does not set it itself. Nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BodySettings {
    /// Whether answers are to be JSON objects.
    pub json_mode: bool,
    /// How hard reasoning models are to think; `None` leaves it to them.
    pub reasoning_effort: Option<ReasoningEffort>,
}

impl BodySettings {
    /// Whether there is nothing to set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a dialect has all that is wanted.
    ///
    /// # Errors
    /// What it does not have, for a person to read. Anthropic's Messages API has no JSON mode (documentation, 2026-08).
    pub fn check(&self, dialect: Dialect) -> Result<(), String> {
        match dialect {
            Dialect::Anthropic if self.json_mode => {
                Err("Anthropic has no JSON mode; ask for JSON in the prompt".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The body with what is wanted and not set by itself, as the endpoint at `path` spells it.
    ///
    /// `OpenAI`, Mistral and compatible hosts take `response_format` and `reasoning_effort` in chat completions;
    /// `OpenAI`'s Responses API takes `text.format` and `reasoning.effort`; Anthropic `output_config.effort`
    /// (documentation, 2026-08).
    #[must_use]
    pub fn applied(&self, body: RequestBody, path: &str) -> RequestBody {
        let path = path.split('?').next().unwrap_or(path);
        let effort = self.reasoning_effort.map(ReasoningEffort::name);
        let mut body = body;
        if path.ends_with("/chat/completions") {
            if self.json_mode {
                body = body.with_default("response_format", r#"{"type":"json_object"}"#);
            }
            if let Some(effort) = effort {
                body = body.with_default("reasoning_effort", &format!("\"{effort}\""));
            }
        } else if path.ends_with("/responses") {
            if self.json_mode {
                body = body.with_default("text", r#"{"format":{"type":"json_object"}}"#);
            }
            if let Some(effort) = effort {
                body = body.with_default("reasoning", &format!(r#"{{"effort":"{effort}"}}"#));
            }
        } else if path.ends_with("/messages")
            && let Some(effort) = effort
        {
            body = body.with_default("output_config", &format!(r#"{{"effort":"{effort}"}}"#));
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(body: &str, path: &str) -> String {
        let settings = BodySettings { json_mode: true, reasoning_effort: Some(ReasoningEffort::Low) };
        settings.applied(RequestBody::parse(body).unwrap(), path).into_string()
    }

    #[test]
    fn each_endpoint_spells_it_in_its_own_way() {
        assert_eq!(
            applied(r#"{"model":"m"}"#, "/v1/chat/completions"),
            r#"{"reasoning_effort":"low","response_format":{"type":"json_object"},"model":"m"}"#
        );
        assert_eq!(
            applied("{}", "/v1/responses?x=1"),
            r#"{"reasoning":{"effort":"low"},"text":{"format":{"type":"json_object"}}}"#
        );
        assert_eq!(applied("{}", "/v1/messages"), r#"{"output_config":{"effort":"low"}}"#);
        assert_eq!(applied("{}", "/v1/embeddings"), "{}");
    }

    #[test]
    fn what_a_row_sets_itself_stays() {
        let own = r#"{"response_format":{"type":"text"},"reasoning_effort":null}"#;
        assert_eq!(applied(own, "/v1/chat/completions"), own);
    }

    #[test]
    fn efforts_have_names_and_anthropic_no_json_mode() {
        assert_eq!(ReasoningEffort::from_name("high"), Some(ReasoningEffort::High));
        assert_eq!(ReasoningEffort::from_name("much"), None);
        let json = BodySettings { json_mode: true, reasoning_effort: None };
        assert!(json.check(Dialect::Anthropic).is_err() && json.check(Dialect::Mistral).is_ok());
    }
}
