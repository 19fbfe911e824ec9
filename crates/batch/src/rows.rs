//! `RequestRows`: rows that are HTTP requests, as OpenAI's batch line or as a bare body.

mod answer;
mod endpoint;
mod json;
mod settings;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::format::{Format, Reading, default_id};
pub use answer::{Answer, AnswerBody};
use endpoint::endpoint_of;
pub use json::RequestBody;
pub use settings::{BodySettings, ReasoningEffort};

/// A row that is a request: what to ask of the provider, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method, upper case; `POST` where the row names none.
    pub method: String,
    /// The path as `/v1/...`, with its query where it has one. A bare body goes where bodies of its shape go.
    pub path: String,
    /// The body as it stands in the row, byte for byte; empty for a row without one.
    pub body: RequestBody,
}

/// Rows that are OpenAI's batch line `{"custom_id", "method", "url", "body"}` or a bare request body.
#[derive(Clone, Debug, Default)]
pub struct RequestRows {
    chat_path: Option<String>,
}

impl RequestRows {
    /// The format of both kinds of row. Bare chat bodies go to `/v1/chat/completions`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same format with another path for bare chat bodies (`/v1/messages`).
    #[must_use]
    pub fn chat_path(mut self, path: impl Into<String>) -> Self {
        self.chat_path = Some(path.into());
        self
    }

    fn chat(&self) -> &str {
        self.chat_path.as_deref().unwrap_or("/v1/chat/completions")
    }

    fn request(&self, row: Envelope<'_>, line: &str) -> Result<Request, String> {
        let Some(body) = row.body else { return self.without_body(&row, line) };
        let path = match row.url {
            Some(url) if url.starts_with('/') => url,
            Some(url) => return Err(format!("url {url:?} does not begin with /v1/")),
            None => {
                return Err(
                    "url is missing; name the endpoint, for example \"/v1/chat/completions\"".to_owned()
                );
            }
        };
        let body = RequestBody::parse(body.get()).map_err(|why| format!("body: {why}"))?;
        Ok(Request { method: method_of(row.method)?, path, body })
    }

    /// A bare body, or a batch line that needs none.
    fn without_body(&self, row: &Envelope<'_>, line: &str) -> Result<Request, String> {
        let Some(url) = &row.url else {
            if row.method.is_some() || row.custom_id.is_some() {
                return Err("body is missing".to_owned());
            }
            let body = RequestBody::parse(line)?;
            return Ok(Request { method: "POST".to_owned(), path: endpoint_of(line, self.chat()), body });
        };
        let method = method_of(row.method.clone())?;
        if method != "GET" && method != "DELETE" {
            return Err("body is missing".to_owned());
        }
        Ok(Request { method, path: url.clone(), body: RequestBody::default() })
    }
}

/// The part of a row that makes it a batch line.
#[derive(Deserialize)]
struct Envelope<'a> {
    custom_id: Option<String>,
    method: Option<String>,
    url: Option<String>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

impl Format for RequestRows {
    type Item = Request;

    fn read(&self, line: &[u8], number: u64) -> Reading<Request> {
        let unusable = |custom_id: Option<String>, why: String| Reading {
            custom_id: custom_id.unwrap_or_else(|| default_id(number)),
            item: Err(format!("line {number}: {why}")),
        };
        let Ok(text) = std::str::from_utf8(line) else {
            return unusable(None, "not valid UTF-8".to_owned());
        };
        match serde_json::from_str::<Envelope<'_>>(text) {
            Err(error) if error.is_data() => {
                unusable(id_in(text), format!("not a request: {}", cause(&error)))
            }
            Err(error) => unusable(None, format!("not valid JSON: {}", cause(&error))),
            Ok(row) => {
                let custom_id = row.custom_id.clone();
                match self.request(row, text) {
                    Err(why) => unusable(custom_id, why),
                    Ok(request) => Reading {
                        custom_id: custom_id.unwrap_or_else(|| default_id(number)),
                        item: Ok(request),
                    },
                }
            }
        }
    }
}

/// The `custom_id` of a row whose other parts are not what they should be.
fn id_in(text: &str) -> Option<String> {
    let row: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(row.get("custom_id")?.as_str()?.to_owned())
}

/// What a JSON error says, without the line that the parser counted: it sees one line only.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    format!("{} (column {})", text.get(..end).unwrap_or(&text), error.column())
}

fn method_of(method: Option<String>) -> Result<String, String> {
    let method = method.unwrap_or_else(|| "POST".to_owned()).to_ascii_uppercase();
    match method.as_str() {
        "POST" | "GET" | "PUT" | "PATCH" | "DELETE" => Ok(method),
        other => Err(format!("method {other:?} is none of POST, GET, PUT, PATCH, DELETE")),
    }
}

#[cfg(test)]
mod tests;
