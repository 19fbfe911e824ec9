//! Paths and queries: names become segments, fields become parameters, both percent-encoded.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::RequestError;

/// The path of a route, its blanks filled with these names in order.
///
/// # Errors
///
/// When a name is empty: the path would be another one.
pub(crate) fn filled(route: &str, names: &[&str]) -> Result<String, RequestError> {
    let template = route.split_once(' ').map_or(route, |(_, path)| path);
    if !template.contains('{') {
        return Ok(template.to_owned());
    }
    let mut names = names.iter();
    let mut path = String::new();
    for segment in template.split('/').skip(1) {
        path.push('/');
        match blank(segment) {
            None => path.push_str(segment),
            Some(field) => {
                let name = names.next().filter(|name| !name.trim().is_empty());
                encode(name.ok_or(RequestError::Empty { field })?, &mut path);
            }
        }
    }
    Ok(path)
}

/// The field that a segment leaves blank, by the names that the providers use.
fn blank(segment: &str) -> Option<&'static str> {
    const NAMES: [&str; 7] =
        ["conversation_id", "agent_id", "version", "model_id", "job_id", "response_id", "batch_id"];
    let field = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(NAMES.into_iter().find(|name| *name == field).unwrap_or("id"))
}

/// The path with these fields as its query. A list gives its parameter once for each item (OpenAPI's style `form`,
/// which is its default); an object is one parameter, as JSON, which is how Mistral's own SDK sends `metadata` (seen on
/// the wire, version 3.7.0).
pub(crate) fn with_query(path: &str, fields: &Map<String, Value>) -> String {
    let mut query = String::new();
    for (name, value) in fields {
        match value {
            Value::Array(items) => items.iter().for_each(|item| parameter(name, item, &mut query)),
            value => parameter(name, value, &mut query),
        }
    }
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn parameter(name: &str, value: &Value, query: &mut String) {
    if !query.is_empty() {
        query.push('&');
    }
    encode(name, query);
    query.push('=');
    match value {
        Value::String(text) => encode(text, query),
        value => encode(&value.to_string(), query),
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_encoded_and_empty_ones_refused() {
        let route = "GET /v1/agents/{agent_id}/versions/{version}";
        assert_eq!(filled(route, &["a/b?c", "3"]).unwrap(), "/v1/agents/a%2Fb%3Fc/versions/3");
        let error = filled(route, &["  ", "3"]).unwrap_err();
        assert_eq!(error, RequestError::Empty { field: "agent_id" });
    }

    #[test]
    fn fields_become_parameters() {
        let fields =
            json!({"page": 0, "sources": ["api", "playground"], "metadata": {"k": "a b"}, "x": true});
        let path = with_query("/v1/agents", fields.as_object().unwrap());
        assert_eq!(
            path,
            "/v1/agents?metadata=%7B%22k%22%3A%22a%20b%22%7D&page=0&sources=api&sources=playground&x=true"
        );
        assert_eq!(with_query("/v1/agents", &Map::new()), "/v1/agents");
    }
}
