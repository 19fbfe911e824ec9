//! The gateway of Tidegate: a reverse proxy that any SDK can use as its base URL.
//!
//! It forwards any path of a provider, plain and streaming, byte for byte, and holds each call until its account's
//! limiter grants it. What the provider says of its limits and of each call's usage is read on the side.
//!
//! ```no_run
//! use tidegate_gateway::{Gateway, GatewayConfig};
//!
//! # async fn serve(shutdown: impl Future<Output = ()>) -> Result<(), tidegate_gateway::GatewayError> {
//! let config = GatewayConfig::default();
//! let listen = config.listen;
//! let bound = Gateway::builder(config).bind(listen).await?;
//! bound.run(shutdown).await;
//! # Ok(())
//! # }
//! ```
//!
//! Deliberately absent: any policy. When a call goes is the limiter's to say, what follows an outcome the call
//! machine's, what an answer means the adapter's.

mod accounts;
mod admin;
mod ask;
mod body;
mod config;
mod error;
mod forward;
mod headers;
mod metrics;
mod origin;
mod respond;
mod route;
mod server;
mod service;
mod state;
mod status;

pub use config::{GatewayConfig, Upstream};
pub use error::GatewayError;
pub use server::{Bound, Builder, Gateway};
