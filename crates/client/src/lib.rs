//! Clients of LLM APIs that are paced, retried and settled; and the HTTP under them.
//!
//! [`Mistral`], [`OpenAi`], [`Anthropic`] and [`OpenRouter`] have their providers' calls as builders that end with
//! `send`, or `stream` where the answer can come in pieces. [`Chat`] asks whichever provider has the model.
//! [`blocking`] has the same under the same names for code without an async runtime. All clients of one account in
//! one process share one engine.
//!
//! ```no_run
//! # async fn example() -> Result<(), tidegate_client::Error> {
//! use tidegate_client::Mistral;
//!
//! let mistral = Mistral::from_env()?;
//! let answer = mistral.conversations().start("What does the tide do?").model("mistral-small-latest").send().await?;
//! println!("{}", answer.text());
//! # Ok(())
//! # }
//! ```
//!
//! Under them: [`Transport`] is the seam, one request out, one answer back, bytes as they are on the wire.
//! [`HttpTransport`] is the real one, [`FakeTransport`] the one for tests. [`Paced`] joins a transport with a limiter
//! and an adapter and makes whole calls.
//!
//! Deliberately absent: any policy. When a call may go and what follows an outcome is decided by the facade.

mod api;
mod base_url;
pub mod blocking;
mod body;
mod call;
mod catalogue;
mod discovery;
mod env;
mod error;
mod fake;
mod fallback;
mod http_transport;
mod key;
mod memory;
mod paced;
mod partial;
mod recent;
mod said;
mod shape;
mod stream;
mod timed;
mod transport;
mod urls;

pub mod anthropic;
pub mod chat;
pub mod mistral;
pub mod openai;
pub mod openrouter;

/// The asynchronous client of Mistral.
pub type Mistral = mistral::Client<Async>;
/// The asynchronous client of OpenAI and of hosts that speak its API.
pub type OpenAi = openai::Client<Async>;
/// The asynchronous client of Anthropic.
pub type Anthropic = anthropic::Client<Async>;
/// The asynchronous client of OpenRouter.
pub type OpenRouter = openrouter::Client<Async>;
/// The asynchronous client of whichever provider has the model.
pub type Chat = chat::Client<Async>;

pub use api::{Api, Builder, LimitUse, Used};
pub use base_url::{BaseUrl, BaseUrlError};
pub use body::{Body, ResponseBody};
pub use call::{
    Act, ApiError, Async, Blocking, Call, CallId, Error, Meta, Operation, Place, Reply, RequestError,
    Streams, Unfinished, Unreadable,
};
pub use catalogue::Catalogue;
pub use discovery::{Asker, Discovered, Listing, Missed, Unanswered};
pub use env::{base_url_of_provider, key_of_provider, key_of_variable, variable_of_provider};
pub use error::{TransportError, TransportErrorKind};
pub use fake::{FakeAnswer, FakeTransport, Recorded};
pub use http_transport::{HttpTransport, TransportConfig};
pub use key::Key;
pub use memory::{Fingerprint, Memory};
pub use paced::{
    Answer, BodyEnd, Event, LiveBody, Oddities, Opened, Outgoing, Paced, PacedError, Prepared, SetModel,
    Terms, Watch,
};
pub use partial::Partial;
pub use shape::{Extra, OneOrMany, Version};
pub use stream::Events;
pub use timed::Timeouts;
pub use transport::Transport;
