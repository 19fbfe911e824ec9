//! `request` and `request_bytes`: any request of an API on every client, with or without a type of its own here.

use http::Method;
use http::header::{ACCEPT, HeaderValue};
use serde_json::Value;

use super::{Api, Ready};
use crate::call::{Act, Error, Options, Rendered, RequestError};

impl Api {
    /// Any request, as JSON, for an answer that is JSON.
    pub(crate) fn raw(&self, method: &Method, path: &str, json: Option<Value>) -> Result<Ready, Error> {
        self.generic(method, path, json, Options { terms: self.terms(), ..Options::default() })
    }

    /// Any request, as JSON, for an answer of any kind.
    pub(crate) fn raw_bytes(&self, method: &Method, path: &str, json: Option<Value>) -> Result<Ready, Error> {
        let mut options = Options { terms: self.terms(), ..Options::default() };
        options.headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        self.generic(method, path, json, options)
    }

    fn generic(
        &self,
        method: &Method,
        path: &str,
        json: Option<Value>,
        options: Options,
    ) -> Result<Ready, Error> {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let path =
            if self.inner.base.canonical(&path).starts_with("/v1") { path } else { format!("/v1{path}") };
        let rendered = Rendered::of_json(method.clone(), path, json.as_ref())?;
        if rendered.streams {
            let problem = "is true, but this reads the answer as a whole; leave it out, or `stream` a call";
            return Err(RequestError::Invalid { field: "stream", problem }.into());
        }
        Ok(Ready::new(rendered, Act::Manage, options).counted())
    }
}

/// Declares `request` and `request_bytes` of a client, for both of its modes.
macro_rules! generic {
    ($client:ident) => {
        impl $client<crate::Async> {
            /// Any request of this API: method, path under `/v1`, JSON. A POST to an endpoint that is known to ask a model
            /// is paced and retried like every other. One that nothing is known of costs one request of the limits and
            /// is sent once. Whatever else takes no turn: what may be repeated by its method (reading, PUT, DELETE) is
            /// retried too.
            ///
            /// # Errors
            ///
            /// As every call; and a mistake where the JSON asks for a stream.
            pub async fn request(
                &self,
                method: http::Method,
                path: &str,
                json: Option<serde_json::Value>,
            ) -> Result<crate::Reply<serde_json::Value>, crate::Error> {
                self.api.send(self.api.raw(&method, path, json)?).await?.parsed()
            }

            /// As [`request`](Self::request), for an answer that is no JSON: a file, speech, lines of JSON. All of it is
            /// read before it is handed over, up to 256 MiB.
            ///
            /// # Errors
            ///
            /// As `request`.
            pub async fn request_bytes(
                &self,
                method: http::Method,
                path: &str,
                json: Option<serde_json::Value>,
            ) -> Result<crate::Reply<bytes::Bytes>, crate::Error> {
                Ok(self.api.send(self.api.raw_bytes(&method, path, json)?).await?.whole())
            }
        }

        impl $client<crate::Blocking> {
            /// Any request of this API: method, path under `/v1`, JSON. A POST to an endpoint that is known to ask a model
            /// is paced and retried like every other. One that nothing is known of costs one request of the limits and
            /// is sent once. Whatever else takes no turn: what may be repeated by its method (reading, PUT, DELETE) is
            /// retried too.
            ///
            /// # Errors
            ///
            /// As every call; and a mistake where the JSON asks for a stream.
            pub fn request(
                &self,
                method: http::Method,
                path: &str,
                json: Option<serde_json::Value>,
            ) -> Result<crate::Reply<serde_json::Value>, crate::Error> {
                let ready = self.api.raw(&method, path, json)?;
                crate::blocking::block_on(self.api.send(ready))??.parsed()
            }

            /// As [`request`](Self::request), for an answer that is no JSON: a file, speech, lines of JSON. All of it is
            /// read before it is handed over, up to 256 MiB.
            ///
            /// # Errors
            ///
            /// As `request`.
            pub fn request_bytes(
                &self,
                method: http::Method,
                path: &str,
                json: Option<serde_json::Value>,
            ) -> Result<crate::Reply<bytes::Bytes>, crate::Error> {
                let ready = self.api.raw_bytes(&method, path, json)?;
                Ok(crate::blocking::block_on(self.api.send(ready))??.whole())
            }
        }
    };
}

pub(crate) use generic;
