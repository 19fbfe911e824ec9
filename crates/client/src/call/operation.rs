//! `Operation`: the seam between a request's type and the wire: where it goes, what it says, what comes back.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::path::with_query;
use super::{Delivery, Options, RequestError};

/// One operation of a provider's API.
///
/// # Contract
///
/// The value serialises to a JSON object of exactly the fields that were set; `FIELDS` names all that it could
/// have. Nothing in it depends on the client that sends it.
pub trait Operation: Serialize + Send {
    /// Method and path, with a blank in braces for each name: `GET /v1/models/{model_id}`.
    const ROUTE: &'static str;
    /// What it does, in the words of OpenTelemetry's conventions.
    const ACT: Act;
    /// Where its fields go.
    const PLACE: Place;
    /// Its fields as they are on the wire.
    const FIELDS: &'static [&'static str];
    /// A header that the operation needs.
    const BETA: Option<(&'static str, &'static str)> = None;
    /// What comes back.
    type Answer: DeserializeOwned;

    /// What this one does, where its fields make that another thing.
    fn act(&self) -> Act {
        Self::ACT
    }

    /// Finds what is wrong before anything is sent.
    ///
    /// # Errors
    ///
    /// The mistake, with its field and its remedy.
    fn check(&self) -> Result<(), RequestError> {
        Ok(())
    }
}

/// An operation whose answer can come in pieces.
pub trait Streams: Operation {
    /// One piece.
    type Event: DeserializeOwned;
}

/// What an operation does: `gen_ai.operation.name` in the manner of OpenTelemetry's conventions,
/// and what of the request is a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// A model answers messages.
    Chat,
    /// A model completes a text.
    Complete,
    /// Texts become vectors.
    Embed,
    /// An agent is made.
    MakeAgent,
    /// A stored agent answers.
    InvokeAgent,
    /// Texts are judged.
    Judge,
    /// Anything that involves no model.
    Manage,
}

impl Act {
    /// Its name in the conventions, or in ours where they have none.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Complete => "text_completion",
            Self::Embed => "embeddings",
            Self::MakeAgent => "create_agent",
            Self::InvokeAgent => "invoke_agent",
            Self::Judge => "moderation",
            Self::Manage => "manage",
        }
    }
}

/// Where the fields of a request go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into its body, as JSON.
    Body,
    /// Into its query.
    Query,
}

/// A request written out: what goes where.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The body; `None` where everything is in the path.
    pub(crate) body: Option<Bytes>,
    /// Whether the answer is to come in pieces.
    pub(crate) streams: bool,
}

impl Rendered {
    /// A request whose body is this JSON.
    pub(crate) fn of_json(method: Method, path: String, json: Option<&Value>) -> Result<Self, RequestError> {
        let streams = json.and_then(|json| json.get("stream")?.as_bool()).unwrap_or(false);
        Ok(Self { method, path, body: json.map(bytes).transpose()?, streams })
    }

    /// The request of an operation. Where nothing is added to its fields they are written at once, without a value in
    /// between.
    pub(crate) fn of<O: Operation>(
        operation: &O,
        path: Result<String, RequestError>,
        options: &Options,
        delivery: Delivery,
    ) -> Result<Self, RequestError> {
        if O::PLACE == Place::Query || delivery == Delivery::Stream || !options.extra.is_empty() {
            let (method, path, json) = preview(operation, path, options, delivery)?;
            return Self::of_json(method, path, json.as_ref());
        }
        let (method, path) = checked(operation, path, options)?;
        Ok(Self { method, path, body: Some(bytes(operation)?), streams: false })
    }
}

/// The request as it would be sent, with its body as a value.
pub(crate) fn preview<O: Operation>(
    operation: &O,
    path: Result<String, RequestError>,
    options: &Options,
    delivery: Delivery,
) -> Result<(Method, String, Option<Value>), RequestError> {
    let (method, path) = checked(operation, path, options)?;
    let mut fields = fields(operation)?;
    fields.extend(options.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    if delivery == Delivery::Stream {
        fields.insert("stream".to_owned(), Value::Bool(true));
    }
    match O::PLACE {
        Place::Query => Ok((method, with_query(&path, &fields), None)),
        Place::Body => Ok((method, path, Some(Value::Object(fields)))),
    }
}

/// Where a request goes, if nothing is wrong with it.
fn checked<O: Operation>(
    operation: &O,
    path: Result<String, RequestError>,
    options: &Options,
) -> Result<(Method, String), RequestError> {
    if let Some(mistake) = &options.mistake {
        return Err(mistake.clone());
    }
    operation.check()?;
    let method = O::ROUTE.split(' ').next().and_then(|method| method.parse().ok()).unwrap_or(Method::POST);
    Ok((method, path?))
}

fn bytes(json: &impl Serialize) -> Result<Bytes, RequestError> {
    let written = serde_json::to_vec(json);
    written.map(Bytes::from).map_err(|error| RequestError::Json { cause: error.to_string() })
}

fn fields(operation: &impl Serialize) -> Result<Map<String, Value>, RequestError> {
    match serde_json::to_value(operation) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(RequestError::Json { cause: error.to_string() }),
    }
}
