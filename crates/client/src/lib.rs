//! HTTP for Tidegate: connections, TLS, raw streaming bodies, keys.
//!
//! [`Transport`] is the seam: one request out, one answer back, bytes as they are on the wire. [`HttpTransport`]
//! is the real one, [`FakeTransport`] the one for tests. [`Paced`] joins a transport with a limiter and an adapter
//! and makes whole calls: paced, retried, settled.
//!
//! Deliberately absent: any policy. When a call may go and what follows an outcome is decided by the facade.

mod base_url;
mod body;
mod env;
mod error;
mod fake;
mod http_transport;
mod key;
mod paced;
mod transport;

pub use base_url::{BaseUrl, BaseUrlError};
pub use body::{Body, ResponseBody};
pub use env::{key_of_provider, key_of_variable, variable_of_provider};
pub use error::{TransportError, TransportErrorKind};
pub use fake::{FakeAnswer, FakeTransport, Recorded};
pub use http_transport::{HttpTransport, TransportConfig};
pub use key::Key;
pub use paced::{
    Answer, BodyEnd, Event, LiveBody, Opened, Outgoing, Paced, PacedError, Prepared, SetModel, Terms, Watch,
};
pub use transport::Transport;
