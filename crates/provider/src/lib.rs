//! What Tidegate knows of LLM providers, as pure functions without state, clock or sockets.
//!
//! One [`Adapter`] a [`Dialect`] translates between a provider's wire and the words of the engine:
//! response headers become [`Observation`](tidegate_core::Observation)s, error bodies a [`Verdict`], a request's
//! body an [`Estimate`], an answer or a stream the usage that a [`UsageReader`] picks out of it, and usage the
//! amount that the provider counts. The folders of the dialects hold the same files under the same names.
//!
//! [`builtins`] is the table of the providers that Tidegate knows by name.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use tidegate_provider::{Dialect, ResponseHead, adapter};
//!
//! let openai = adapter(Dialect::OpenAi);
//! let endpoint = openai.endpoint(&http::Method::POST, "/v1/chat/completions");
//! let mut headers = http::HeaderMap::new();
//! headers.insert("x-ratelimit-limit-requests", 500.into());
//! headers.insert("x-ratelimit-remaining-requests", 499.into());
//! headers.insert("x-ratelimit-reset-requests", "120ms".parse()?);
//! let head = ResponseHead { status: 200, headers: &headers, received_at: SystemTime::UNIX_EPOCH };
//!
//! let limits = openai.observe(endpoint, &head);
//! assert_eq!(limits[0].limit, Some(500));
//! // No header says so, but 1 of 500 used and 120 ms to refill it make a minute.
//! assert_eq!(limits[0].window, Some(Duration::from_secs(60)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Deliberately absent: queues, retries, sleeping, connections, and any guess about what no header said.

mod adapter;
mod anthropic;
mod charging;
mod compatible;
mod dialect;
pub mod discovery;
mod endpoint;
mod estimate;
mod fault;
mod head;
mod hosts;
mod inspection;
mod limits;
mod mistral;
mod observed;
mod openai;
mod openrouter;
mod place;
mod prices;
mod provider;
mod reading;
mod refusal;
mod renamed;
mod settlement;
pub mod tokens;
mod value;
mod verdict;

pub use adapter::Adapter;
pub use dialect::{Dialect, adapter};
pub use endpoint::{Endpoint, EndpointKind};
pub use estimate::Estimate;
pub use head::ResponseHead;
pub use inspection::{Inspection, inspect};
pub use observed::{Charged, Ignored, Observed, Why};
pub use place::{adapter_at, provider_at, provider_of_url};
pub use prices::Prices;
pub use provider::{Provider, base_url, builtin, builtins, upstream_path};
pub use reading::{Details, EndReader, Ending, Reading, Spent, Streamed, UsageReader};
pub use refusal::{LocalRefusal, Refusal, RefusalKind};
pub use renamed::{HeaderNames, LimitNames, adapter_with};
pub use settlement::{Basis, Settlement, settlement};
pub use value::{parse_duration, parse_instant};
pub use verdict::{ErrorBody, Verdict, WaitSource};
