//! Puts another model into a request's body.

use bytes::Bytes;
use serde_json::{Map, Value};

/// The body with another model in it. A body that is no JSON object stays as it is: the provider judges it.
pub(crate) fn with_model(body: &[u8], model: &str) -> Bytes {
    let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return Bytes::copy_from_slice(body);
    };
    fields.insert("model".to_owned(), Value::from(model));
    serde_json::to_vec(&fields).map_or_else(|_| Bytes::copy_from_slice(body), Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_model_changes() {
        assert_eq!(with_model(br#"{"a":[1],"model":"x"}"#, "y"), r#"{"a":[1],"model":"y"}"#);
        assert_eq!(with_model(b"not json", "y"), "not json");
    }
}
