//! `HttpTransport`: the transport over real sockets, with TLS and connection pools.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::uri::Authority;
use http_body_util::BodyExt;

use crate::base_url::is_loopback;
use crate::urls::Urls;
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
    /// The proxy through which hosts outside are reached. Without one, the environment's is taken.
    pub proxy: Option<String>,
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
            proxy: None,
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
    urls: Urls,
    /// Why this machine trusts nobody, if it does not: calls over TLS fail with it.
    distrust: Option<Arc<str>>,
}

impl HttpTransport {
    /// A transport with its own pools of connections. On a machine without trusted certificates it reaches plain
    /// `http` hosts, an emulated provider for one, and fails every call over TLS.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be set up at all: a proxy variable is no URL, for one.
    pub fn new(config: &TransportConfig) -> Result<Self, TransportError> {
        // A provider that somebody else installed first serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let outwards = outwards(config)?;
        let distrust = match client(config, outwards()) {
            Ok(outside) => {
                let loopback = client(config, reqwest::ClientBuilder::new().no_proxy());
                return Ok(Self {
                    outside,
                    loopback: loopback.map_err(|error| unbuilt(&error))?,
                    urls: Urls::default(),
                    distrust: None,
                });
            }
            Err(error) => cause_of(&error),
        };
        let trusting_nobody = || reqwest::ClientBuilder::new().tls_certs_only([]);
        Ok(Self {
            outside: client(config, outwards().tls_certs_only([])).map_err(|error| unbuilt(&error))?,
            loopback: client(config, trusting_nobody().no_proxy()).map_err(|error| unbuilt(&error))?,
            urls: Urls::default(),
            distrust: Some(distrust.into()),
        })
    }

    /// A transport over a client of your own, for every host. Turn its redirects and retries off: a redirect would
    /// carry the key elsewhere, and a retry would pass by the limiter.
    #[must_use]
    pub fn from_client(client: reqwest::Client) -> Self {
        Self { outside: client.clone(), loopback: client, urls: Urls::default(), distrust: None }
    }
}

/// Begins clients for hosts outside, with the proxy of the configuration.
fn outwards(config: &TransportConfig) -> Result<impl Fn() -> reqwest::ClientBuilder, TransportError> {
    let proxy = config.proxy.as_deref().map(reqwest::Proxy::all).transpose();
    let proxy = proxy.map_err(|error| unbuilt(&error))?;
    Ok(move || match &proxy {
        None => reqwest::ClientBuilder::new(),
        Some(proxy) => reqwest::ClientBuilder::new().proxy(proxy.clone()),
    })
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let host = request.uri().authority().cloned();
        let (distrust, url) = (self.distrust.clone(), self.urls.of(request.uri()));
        let client = if is_loopback(request.uri()) { self.loopback.clone() } else { self.outside.clone() };
        async move {
            let seen = |error: &reqwest::Error| TransportError::from_reqwest(error, name_of(&host));
            let request = request_of(request, url, &host)?;
            let answer = client.execute(request).await.map_err(|error| match (seen(&error), distrust) {
                (error, Some(cause)) if error.kind() == TransportErrorKind::Tls => {
                    TransportError::new(TransportErrorKind::Tls, name_of(&host), &*cause)
                }
                (error, _) => error,
            })?;
            let answer: http::Response<reqwest::Body> = answer.into();
            Ok(answer.map(|body| {
                ResponseBody::new(
                    body.map_err(move |error| TransportError::from_reqwest(&error, name_of(&host))),
                )
            }))
        }
        .boxed()
    }
}

/// The host and port, for messages.
fn name_of(host: &Option<Authority>) -> &str {
    host.as_ref().map_or("", Authority::as_str)
}

/// The request in the form that the HTTP client takes.
fn request_of(
    request: http::Request<Body>,
    url: Result<reqwest::Url, String>,
    host: &Option<Authority>,
) -> Result<reqwest::Request, TransportError> {
    let (head, body) = request.into_parts();
    let url = url.map_err(|cause| TransportError::new(TransportErrorKind::Other, name_of(host), cause))?;
    let mut request = reqwest::Request::new(head.method, url);
    *request.headers_mut() = head.headers;
    *request.version_mut() = head.version;
    *request.body_mut() = Some(body.into_reqwest());
    Ok(request)
}

fn client(config: &TransportConfig, builder: reqwest::ClientBuilder) -> reqwest::Result<reqwest::Client> {
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
}

fn unbuilt(error: &reqwest::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Other, "any host", cause_of(error))
}

fn cause_of(error: &reqwest::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
