//! `HttpTransport`: the transport over real sockets, with TLS and connection pools.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;

use crate::base_url::is_loopback;
use crate::{Body, ResponseBody, Transport, TransportError, TransportErrorKind};

/// How connections are made and when a silent one is given up.
#[derive(Clone, Debug)]
pub struct TransportConfig {
    /// How long making a connection may take, name lookup and TLS included.
    pub connect_timeout: Duration,
    /// How long a provider may stay silent: before the head of its answer, and between two pieces of its body.
    pub read_timeout: Duration,
    /// How many idle connections are kept for each host.
    pub idle_connections_max: usize,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            // A connection across the world takes under one second; ten leave room for a retried packet or two.
            connect_timeout: Duration::from_secs(10),
            // The official SDKs of OpenAI and Anthropic give up after ten minutes; we never give up before them.
            read_timeout: Duration::from_secs(600),
            // More calls than this in flight to one host are rare; beyond it connections are made anew.
            idle_connections_max: 1024,
        }
    }
}

/// The transport over real sockets.
///
/// Each call in flight has a connection of its own (HTTP/1.1). HTTP/2 would line calls up behind the server's
/// limit of streams, where the engine cannot see them. A host on the loopback interface is reached directly;
/// any other through the proxy that the environment names, if it names one.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    outside: reqwest::Client,
    loopback: reqwest::Client,
}

impl HttpTransport {
    /// A transport with its own pools of connections.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up: the system has no trusted certificates, or a proxy variable is no URL.
    pub fn new(config: &TransportConfig) -> Result<Self, TransportError> {
        // A provider that somebody else installed first serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            outside: client(config, reqwest::ClientBuilder::new())?,
            loopback: client(config, reqwest::ClientBuilder::new().no_proxy())?,
        })
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let host = request.uri().authority().map_or_else(String::new, |host| host.as_str().to_owned());
        let client = if is_loopback(request.uri()) { self.loopback.clone() } else { self.outside.clone() };
        async move {
            let seen = |error: &reqwest::Error| TransportError::from_reqwest(error, &host);
            let request =
                reqwest::Request::try_from(request.map(Body::into_reqwest)).map_err(|error| seen(&error))?;
            let answer = client.execute(request).await.map_err(|error| seen(&error))?;
            let answer: http::Response<reqwest::Body> = answer.into();
            Ok(answer.map(|body| {
                ResponseBody::new(body.map_err(move |error| TransportError::from_reqwest(&error, &host)))
            }))
        }
        .boxed()
    }
}

fn client(
    config: &TransportConfig,
    builder: reqwest::ClientBuilder,
) -> Result<reqwest::Client, TransportError> {
    builder
        .http1_only()
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(config.connect_timeout)
        .read_timeout(config.read_timeout)
        .pool_max_idle_per_host(config.idle_connections_max)
        .build()
        .map_err(|error| {
            let cause =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            TransportError::new(TransportErrorKind::Tls, "any host", cause)
        })
}
