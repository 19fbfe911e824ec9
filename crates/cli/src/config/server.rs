//! `Server`: the `[server]` table as it is meant.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::mistake::{Report, Wrong};
use super::units;
use super::written::Section;

/// Loopback, so that nobody else on the network spends the caller's key by accident.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Two minutes: most SDKs give up on an answer after ten, and a person long before.
const MAX_WAIT: Duration = Duration::from_secs(120);
/// Ten thousand callers that wait hold about as many sockets, which is what a process can have.
const MAX_QUEUE: usize = 10_000;
/// Providers refuse bodies of more than 20 to 32 MB of their own accord.
const MAX_BODY: u64 = 32 << 20;

/// How the gateway listens, and what it holds at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// How long a call waits for its turn unless it says otherwise.
    pub(crate) max_wait: Duration,
    /// How many calls of one account wait at once.
    pub(crate) max_queue: usize,
    /// How many bytes of a body are read for an estimate.
    pub(crate) max_body: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: LISTEN, max_wait: MAX_WAIT, max_queue: MAX_QUEUE, max_body: MAX_BODY }
    }
}

impl Server {
    /// What the table says, with defaults for what it does not say.
    pub(super) fn read(mut section: Section<'_>, report: &mut Report<'_>) -> Self {
        let mut server = Self::default();
        if let Some(entry) = section.take("listen") {
            server.listen = entry.meant(report, address).unwrap_or(server.listen);
        }
        if let Some(entry) = section.take("max_wait") {
            server.max_wait = entry.meant(report, some_time).unwrap_or(server.max_wait);
        }
        if let Some(entry) = section.take("max_queue") {
            let places = entry.whole(report, 1).and_then(|places| usize::try_from(places).ok());
            server.max_queue = places.unwrap_or(server.max_queue);
        }
        if let Some(entry) = section.take("max_body") {
            server.max_body = entry.meant(report, some_bytes).unwrap_or(server.max_body);
        }
        section.finish(report);
        server
    }
}

/// A duration above zero: no call gets through without waiting at times.
fn some_time(text: &str) -> Result<Duration, Wrong> {
    let span = units::duration(text)?;
    if span.is_zero() {
        Err(Wrong::new("zero would refuse every call that has to wait", "write at least \"1ms\""))
    } else {
        Ok(span)
    }
}

/// A size above zero.
fn some_bytes(text: &str) -> Result<u64, Wrong> {
    let bytes = units::size(text)?;
    if bytes == 0 {
        Err(Wrong::new("zero would refuse every body", "write at least \"1kB\""))
    } else {
        Ok(bytes)
    }
}

/// An address to listen on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `:8080` on loopback.
pub(crate) fn address(text: &str) -> Result<SocketAddr, Wrong> {
    let numeric = match text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')) {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        Wrong::new(
            format!("`{text}` is not an address to listen on"),
            "write an IP address and a port, such as \"127.0.0.1:8080\"",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_localhost_and_a_bare_port_as_loopback() {
        for text in ["127.0.0.1:8080", "localhost:8080", ":8080"] {
            assert_eq!(address(text), Ok(LISTEN), "{text}");
        }
        assert_eq!(address("[::1]:80").unwrap().port(), 80);
        assert!(address("8080").is_err());
        assert!(address("gateway.example:80").is_err());
    }
}
