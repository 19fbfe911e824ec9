//! `HttpTransport`: the transport over real sockets, with TLS and connection pools.

mod direct;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use http::Uri;
use http::uri::{Authority, InvalidUri};
use http_body_util::BodyExt;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;

use crate::base_url::is_loopback;
use crate::urls::Urls;
use crate::{Body, ResponseBody, Transport, TransportError, TransportErrorKind};
use direct::Direct;

/// How connections are made and when a silent one is given up. Its `Debug` does not show the proxy: it may hold a password.
#[derive(Clone)]
pub struct TransportConfig {
    /// How long making a connection may take, name lookup and TLS included.
    pub connect_timeout: Duration,
    /// How long a provider may stay silent: before the head of its answer, and between two pieces of its body.
    /// [`Duration::MAX`] is no bound.
    pub read_timeout: Duration,
    /// How many idle connections are kept for each host.
    pub idle_connections_max: usize,
    /// The proxy through which hosts outside are reached. Without one, the environment's is taken.
    pub proxy: Option<String>,
}

impl fmt::Debug for TransportConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connect_timeout, read_timeout, idle_connections_max, proxy } = self;
        f.debug_struct("TransportConfig")
            .field("connect_timeout", connect_timeout)
            .field("read_timeout", read_timeout)
            .field("idle_connections_max", idle_connections_max)
            .field("proxy", &proxy.as_ref().map(|_| "redacted"))
            .finish()
    }
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
/// any other through the proxy that the environment names, if it names one. Its `Debug` shows no proxy.
#[derive(Clone)]
pub struct HttpTransport {
    /// The way to hosts behind a proxy, or to all of them where the client is the caller's own.
    client: reqwest::Client,
    /// The way to hosts that no proxy stands before; `None` where the client is the caller's own.
    direct: Option<Direct>,
    proxies: Proxies,
    ways: Urls<Way>,
    /// Why this machine trusts nobody, if it does not: calls over TLS fail with it.
    distrust: Option<Arc<str>>,
}

/// Before which hosts outside a proxy stands.
#[derive(Clone, Debug)]
enum Proxies {
    /// All of them.
    All,
    /// Those that the environment says.
    Environment(Arc<Matcher>),
}

/// How a URL is reached.
#[derive(Clone, Debug)]
enum Way {
    /// At its host.
    Direct(Uri),
    /// As the client says.
    Client(Url),
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
        let (mut trust, distrust) = match ClientConfig::with_platform_verifier() {
            Ok(trust) => (trust, None),
            Err(error) => (trusting_nobody(), Some(error.to_string().into())),
        };
        trust.alpn_protocols = vec![b"http/1.1".to_vec()];
        let (builder, proxies) = match &config.proxy {
            None => (reqwest::Client::builder(), Proxies::Environment(Arc::new(Matcher::from_system()))),
            Some(proxy) => {
                // Its own error would quote the proxy, and the password with it.
                let proxy =
                    reqwest::Proxy::all(proxy.as_str()).map_err(|_| unbuilt("the proxy is no URL"))?;
                (reqwest::Client::builder().proxy(proxy), Proxies::All)
            }
        };
        let client = client(config, builder.tls_backend_preconfigured(trust.clone()));
        let client = client.map_err(|error| unbuilt(&cause_of(&error)))?;
        let direct = Some(Direct::new(config, &Arc::new(trust)));
        Ok(Self { client, direct, proxies, ways: Urls::default(), distrust })
    }

    /// A transport over a client of your own, for every host. Turn its redirects and retries off: a redirect would
    /// carry the key elsewhere, and a retry would pass by the limiter.
    #[must_use]
    pub fn from_client(client: reqwest::Client) -> Self {
        Self { client, direct: None, proxies: Proxies::All, ways: Urls::default(), distrust: None }
    }

    /// How a URL is reached; `uri` is what it was made of.
    fn way(&self, uri: &Uri, url: Url) -> Result<Way, String> {
        let proxied = match &self.proxies {
            Proxies::All => true,
            Proxies::Environment(matcher) => matcher.intercept(uri).is_some(),
        };
        match &self.direct {
            // As the client would write it: what a URL cannot hold is encoded in it.
            Some(_) if is_loopback(uri) || !proxied => {
                url.as_str().parse().map(Way::Direct).map_err(|error| InvalidUri::to_string(&error))
            }
            _ => Ok(Way::Client(url)),
        }
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransport").field("distrust", &self.distrust).finish_non_exhaustive()
    }
}

impl Transport for HttpTransport {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>> {
        let host = request.uri().authority().cloned();
        let answer = match (self.ways.of(request.uri(), |uri, url| self.way(uri, url)), &self.direct) {
            (Ok(Way::Direct(uri)), Some(direct)) => {
                direct.send(request_to(uri, request), host.clone()).boxed()
            }
            (Ok(Way::Client(url)), _) => through(self.client.clone(), url, request, host.clone()).boxed(),
            (way, _) => {
                // Without connections of its own nothing goes on them.
                let cause = way.err().unwrap_or_default();
                let error = TransportError::new(TransportErrorKind::Other, name_of(&host), cause);
                return ready(Err(error)).boxed();
            }
        };
        let Some(distrust) = self.distrust.clone() else { return answer };
        let explained = move |error: TransportError| match error.kind() {
            TransportErrorKind::Tls => {
                TransportError::new(TransportErrorKind::Tls, name_of(&host), &*distrust)
            }
            _ => error,
        };
        answer.map(|answer| answer.map_err(explained)).boxed()
    }
}

/// The host and port, for messages.
fn name_of(host: &Option<Authority>) -> &str {
    host.as_ref().map_or("", Authority::as_str)
}

/// The request in the form in which it goes to its host.
fn request_to(uri: Uri, request: http::Request<Body>) -> http::Request<crate::body::Upload> {
    let mut request = request.map(Body::into_upload);
    *request.uri_mut() = uri;
    request
}

/// Sends a request by the client.
async fn through(
    client: reqwest::Client,
    url: Url,
    request: http::Request<Body>,
    host: Option<Authority>,
) -> Result<http::Response<ResponseBody>, TransportError> {
    let (head, body) = request.into_parts();
    let mut request = reqwest::Request::new(head.method, url);
    *request.headers_mut() = head.headers;
    *request.version_mut() = head.version;
    *request.body_mut() = Some(body.into_reqwest());
    let answer = client.execute(request).await;
    let answer = answer.map_err(|error| TransportError::from_reqwest(&error, name_of(&host)))?;
    let answer: http::Response<reqwest::Body> = answer.into();
    Ok(answer.map(|body| {
        ResponseBody::new(body.map_err(move |error| TransportError::from_reqwest(&error, name_of(&host))))
    }))
}

/// TLS in which no certificate is trusted.
fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

fn client(config: &TransportConfig, builder: reqwest::ClientBuilder) -> reqwest::Result<reqwest::Client> {
    let builder = match config.read_timeout {
        Duration::MAX => builder,
        span => builder.read_timeout(span),
    };
    builder
        .http1_only()
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(config.connect_timeout)
        .pool_max_idle_per_host(config.idle_connections_max)
        .build()
}

fn cause_of(error: &reqwest::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

fn unbuilt(cause: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Other, "any host", cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a call to `url` goes: to a host, or by the client.
    fn goes(transport: &HttpTransport, url: &str) -> (&'static str, String) {
        let uri: Uri = url.parse().unwrap();
        match transport.ways.of(&uri, |uri, url| transport.way(uri, url)).unwrap() {
            Way::Direct(uri) => ("direct", uri.to_string()),
            Way::Client(url) => ("client", url.to_string()),
        }
    }

    #[test]
    fn only_hosts_behind_a_proxy_are_reached_through_one() {
        let mut transport = HttpTransport::new(&TransportConfig::default()).unwrap();
        let matcher = Matcher::builder().https("http://proxy.test").no("inside.test").build();
        transport.proxies = Proxies::Environment(Arc::new(matcher));
        let far = "https://api.provider.test/v1/chat";
        assert_eq!(goes(&transport, far), ("client", far.to_owned()));
        for near in ["https://inside.test/v1", "http://api.provider.test/v1", "https://127.0.0.1:9/v1"] {
            assert_eq!(goes(&transport, near), ("direct", near.to_owned()));
        }
        let config =
            TransportConfig { proxy: Some("http://proxy.test".to_owned()), ..TransportConfig::default() };
        let through = HttpTransport::new(&config).unwrap();
        assert_eq!(goes(&through, "http://api.provider.test/v1").0, "client");
        assert_eq!(goes(&through, "http://localhost/v1").0, "direct");
        let own = HttpTransport::from_client(reqwest::Client::new());
        assert_eq!(goes(&own, "http://localhost/v1").0, "client");
    }

    #[test]
    fn a_proxys_password_is_never_shown() {
        for proxy in ["u:sesame@h:x", "http://u:sesame@proxy.test:3128"] {
            let config = TransportConfig { proxy: Some(proxy.to_owned()), ..TransportConfig::default() };
            let made = HttpTransport::new(&config);
            assert_eq!(made.is_ok(), proxy.starts_with("http"));
            let shown = match made {
                Ok(transport) => format!("{config:?} {transport:?}"),
                Err(error) => format!("{config:?} {error} {error:?}"),
            };
            assert!(!shown.contains("sesame"), "{shown}");
        }
    }

    #[test]
    fn a_url_goes_to_its_host_as_a_client_would_write_it() {
        let transport = HttpTransport::new(&TransportConfig::default()).unwrap();
        let written = "http://127.0.0.1:80/v1/../v2/a?b=%20c";
        assert_eq!(goes(&transport, written), ("direct", "http://127.0.0.1/v2/a?b=%20c".to_owned()));
    }
}
