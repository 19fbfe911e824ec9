//! `RequestBody`: a JSON object as text, whose `model` can be read and set without touching anything else.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// A JSON object as it was written. Everything but what is set stays byte for byte: numbers, spaces, order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestBody(String);

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
}

impl RequestBody {
    /// The body that `json` is.
    ///
    /// # Errors
    /// What is wrong with it, for a person to read, when it is no JSON object.
    pub fn parse(json: &str) -> Result<Self, String> {
        let json = json.trim();
        if !json.starts_with('{') {
            return Err("not a JSON object".to_owned());
        }
        serde_json::from_str::<Model<'_>>(json).map_err(|error| format!("not a request: {error}"))?;
        Ok(Self(json.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, for sending.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The model that the body names, if it names one as a string.
    #[must_use]
    pub fn model(&self) -> Option<String> {
        let raw = serde_json::from_str::<Model<'_>>(&self.0).ok()?.model?;
        serde_json::from_str::<Cow<'_, str>>(raw.get()).ok().map(Cow::into_owned)
    }

    /// The same body with `model` as its model, whether it named one or not.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        let name = serde_json::Value::from(model).to_string();
        let there = serde_json::from_str::<Model<'_>>(&self.0).ok().and_then(|found| found.model);
        if let Some(at) = there.and_then(|raw| position_of(raw.get(), &self.0)) {
            let (before, after) = (self.0.get(..at.0), self.0.get(at.1..));
            return Self([before.unwrap_or_default(), name.as_str(), after.unwrap_or_default()].concat());
        }
        let rest = self.0.strip_prefix('{').unwrap_or_default();
        let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
        // A `model` that is null stands later and would win; it is not a string, so the provider judges it.
        Self(format!("{{\"model\":{name}{comma}{rest}"))
    }
}

impl RequestBody {
    /// The same body with `name` set to `value`, a JSON text, unless it has a field of that name.
    #[must_use]
    pub fn with_default(&self, name: &str, value: &str) -> Self {
        let fields = serde_json::from_str::<HashMap<Cow<'_, str>, IgnoredAny>>(&self.0);
        if fields.is_ok_and(|fields| fields.contains_key(name)) {
            return self.clone();
        }
        let rest = self.0.strip_prefix('{').unwrap_or_default();
        let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
        Self(format!("{{\"{name}\":{value}{comma}{rest}"))
    }
}

/// Where in `whole` the text `part`, which was borrowed from it, begins and ends.
fn position_of(part: &str, whole: &str) -> Option<(usize, usize)> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (whole.get(start..end) == Some(part)).then_some((start, end))
}

/// JSON on one line: a text with line ends between its parts is written without the spaces between them, any other
/// as it is. Numbers, strings and order stay as they were.
pub(super) fn on_one_line(json: Box<RawValue>) -> Box<RawValue> {
    let text = json.get();
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() {
        return json;
    }
    let (mut line, mut in_string, mut escaped) = (String::with_capacity(text.len()), false, false);
    for each in text.chars() {
        if in_string {
            in_string = escaped || each != '"';
            escaped = !escaped && each == '\\';
        } else if each.is_ascii_whitespace() {
            continue;
        } else {
            in_string = each == '"';
        }
        line.push(each);
    }
    RawValue::from_string(line).unwrap_or(json)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn body(json: &str) -> RequestBody {
        RequestBody::parse(json).unwrap()
    }

    #[test]
    fn a_model_is_replaced_where_it_stands() {
        let set = body(r#"{ "n": 1.0e0, "model" : "a\"b", "model2":"model" }"#).with_model("x/y");
        assert_eq!(set.as_str(), r#"{ "n": 1.0e0, "model" : "x/y", "model2":"model" }"#);
    }

    #[test]
    fn a_missing_model_goes_first() {
        assert_eq!(body(r#"{"a":1}"#).with_model("m").as_str(), r#"{"model":"m","a":1}"#);
        assert_eq!(body("{ }").with_model("m").as_str(), r#"{"model":"m" }"#);
    }

    #[test]
    fn a_model_deeper_down_is_not_the_bodys() {
        let nested = body(r#"{"a":{"model":"inner"}}"#);
        assert_eq!(nested.model(), None);
        assert_eq!(nested.with_model("m").model().as_deref(), Some("m"));
    }

    #[test]
    fn what_is_no_object_is_no_body() {
        assert!(RequestBody::parse("[1]").is_err());
        assert!(RequestBody::parse("{").is_err());
    }

    #[test]
    fn a_pretty_printed_answer_fits_on_one_line() {
        let pretty =
            RawValue::from_string("{\n  \"a\": \"x \\\" \\\\\",\r\n  \"n\": 1.10\n}".to_owned()).unwrap();
        assert_eq!(on_one_line(pretty).get(), r#"{"a":"x \" \\","n":1.10}"#);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[ \\n\\\\\"a/é]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\\n\"]{0,6}|model", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn one_line_means_the_same(value in any_json()) {
            let pretty = RawValue::from_string(serde_json::to_string_pretty(&value).unwrap()).unwrap();
            let line = on_one_line(pretty);
            prop_assert!(!line.get().contains('\n'));
            prop_assert_eq!(serde_json::from_str::<Value>(line.get()).unwrap(), value);
        }

        #[test]
        fn setting_the_model_changes_nothing_else(value in any_json(), model in "[a-z/\"]{1,8}") {
            prop_assume!(value.is_object() && !value.get("model").is_some_and(Value::is_null));
            let set = body(&serde_json::to_string(&value).unwrap()).with_model(&model);
            let mut wanted = value;
            wanted["model"] = Value::from(model);
            prop_assert_eq!(serde_json::from_str::<Value>(set.as_str()).unwrap(), wanted);
        }
    }
}
