//! `GatewayError`: why the gateway could not start.

use std::io;
use std::net::SocketAddr;

use tidegate::BuildError;
use tidegate_client::TransportError;

/// Why the gateway could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The address is not loopback, and that was not said to be meant.
    #[error(
        "refusing to listen on {listen}: whoever reaches it can spend the keys; listen on 127.0.0.1, or say --open"
    )]
    Exposed {
        /// The address.
        listen: SocketAddr,
    },
    /// A bound of zero would refuse every call.
    #[error("{field} is zero, which would refuse every call; give it at least one")]
    Zero {
        /// The field.
        field: &'static str,
    },
    /// A provider's name is not one.
    #[error(
        "`{name}` is no name for a provider; use lower-case letters, digits, `-`, `_` and `.`, and no path of the gateway itself"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The limits of a provider contradict themselves.
    #[error("limits of {provider}: {source}")]
    Limits {
        /// The provider.
        provider: String,
        /// What is wrong.
        source: BuildError,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}: {source}")]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Connections to providers cannot be set up.
    #[error("cannot set up connections: {0}")]
    Transport(TransportError),
}

impl GatewayError {
    /// Whether the configuration is wrong, so that another attempt cannot help.
    #[must_use]
    pub const fn is_config(&self) -> bool {
        matches!(self, Self::Exposed { .. } | Self::Zero { .. } | Self::Name { .. } | Self::Limits { .. })
    }
}
