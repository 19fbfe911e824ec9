//! Which requests another model may answer, and how it is put into their bodies.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

/// The body with another model in it. A body that is no JSON object stays as it is: the provider judges it.
pub(crate) fn with_model(body: &[u8], model: &str) -> Bytes {
    let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return Bytes::copy_from_slice(body);
    };
    fields.insert("model".to_owned(), Value::from(model));
    serde_json::to_vec(&fields).map_or_else(|_| Bytes::copy_from_slice(body), Bytes::from)
}

/// Whether a body says which model shall answer. One for an agent or for a conversation that goes on leaves that to
/// them, and would be refused with a model beside.
pub(crate) fn names_model(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Named {
        model: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Named>(body).is_ok_and(|named| named.model.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_and_a_conversation_keep_their_own_model() {
        assert!(names_model(br#"{"model":"m","inputs":"hello"}"#));
        for body in [r#"{"agent_id":"a","inputs":"hello"}"#, r#"{"model":null,"agent_id":"a"}"#, "not json"] {
            assert!(!names_model(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn only_the_model_changes() {
        assert_eq!(with_model(br#"{"a":[1],"model":"x"}"#, "y"), r#"{"a":[1],"model":"y"}"#);
        assert_eq!(with_model(b"not json", "y"), "not json");
    }
}
