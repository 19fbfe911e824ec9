//! Listening: how an address is bound, and what is said when it cannot be.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::config;
use crate::exit::Failure;

/// An address on the command line, as the config has it.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    config::address(text).map_err(|wrong| wrong.to_string())
}

/// Listens on `address`; port 0 takes a free one.
///
/// # Errors
///
/// As [`refused`] tells.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| refused(address, &error))
}

/// Why nothing can listen on `address`, naming its port.
pub(crate) fn refused(address: SocketAddr, error: &Error) -> Failure {
    let port = address.port();
    match error.kind() {
        ErrorKind::AddrInUse => {
            Failure::start(format!("port {port} is taken: something listens on {address} already"))
                .hint("choose another with --listen, or port 0 for any that is free")
        }
        ErrorKind::PermissionDenied => {
            Failure::start(format!("port {port} needs more rights than this process has"))
                .hint("choose a port from 1024 on with --listen")
        }
        ErrorKind::AddrNotAvailable => {
            Failure::start(format!("{} is no address of this machine", address.ip()))
                .hint("127.0.0.1 is this machine alone, 0.0.0.0 all its networks")
        }
        _ => Failure::start(format!("cannot listen on {address}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_remedy() {
        let failure = refused(([127, 0, 0, 1], 8080).into(), &ErrorKind::AddrInUse.into());
        assert_eq!(failure.exit().code(), 3);
        assert!(failure.to_string().contains("port 8080 is taken"));
        assert!(failure.remedy().is_some_and(|remedy| remedy.contains("--listen")));
    }
}
