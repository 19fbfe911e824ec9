//! `Gateway`, `Builder`, `Bound`: from a config to a listening gateway, and from there to its orderly end.

mod connections;

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock, RealClock};
use tidegate_client::{HttpTransport, Memory, Transport, TransportConfig};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::accounts::Accounts;
use crate::state::State;
use crate::{GatewayConfig, GatewayError};
use connections::Connections;

/// How often what was learned is kept: a gateway that is killed loses no more than this.
const KEEPING: Duration = Duration::from_secs(60);

/// The way to a gateway; see [`Gateway::builder`].
#[derive(Clone, Copy, Debug)]
pub struct Gateway;

/// A gateway that does not listen yet.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `bind`"]
pub struct Builder {
    config: GatewayConfig,
    transport: Option<Arc<dyn Transport>>,
    clock: Arc<dyn Clock>,
    memory: Option<Arc<dyn Memory>>,
}

/// A gateway that listens and does not answer yet.
#[derive(Debug)]
#[must_use = "a bound gateway answers nothing until `run`"]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
    drain: Duration,
}

impl Gateway {
    /// Starts to describe a gateway.
    pub fn builder(config: GatewayConfig) -> Builder {
        Builder { config, transport: None, clock: RealClock.into(), memory: None }
    }
}

impl Builder {
    /// How the gateway reaches providers; an [`HttpTransport`] with its defaults when not given.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The clock to pace by; the machine's own when not given.
    pub fn clock(mut self, clock: impl Into<Arc<dyn Clock>>) -> Self {
        self.clock = clock.into();
        self
    }

    /// Where what is learned of accounts outlives the gateway: it is recalled with the first call of each, and kept
    /// once a minute and at the end. Nowhere when not given.
    pub fn memory(mut self, memory: Arc<dyn Memory>) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Checks the config and listens on `listen`, which takes the place of the config's address; port 0 is any
    /// free one.
    ///
    /// # Errors
    ///
    /// When the config is wrong ([`GatewayError::is_config`]), when the address cannot be listened on, or when TLS
    /// cannot be set up.
    pub async fn bind(self, listen: SocketAddr) -> Result<Bound, GatewayError> {
        self.config.check(listen)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                Arc::new(HttpTransport::new(&TransportConfig::default()).map_err(GatewayError::Transport)?)
            }
        };
        let state = Arc::new(State::new(&self.config, transport, self.clock, self.memory)?);
        let failed = |source| GatewayError::Bind { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Bound { listener, address, state, drain: self.config.drain })
    }
}

impl Bound {
    /// The address that the gateway listens on.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` resolves. Then no connection is accepted any more, calls that wait get 503 with
    /// `retry-after`, and calls under way have the config's `drain` to end.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, address, state, drain } = self;
        let mut connections = Connections::new(Arc::clone(&state));
        let mut shutdown = pin!(shutdown);
        let mut keeping = tokio::time::interval(KEEPING);
        info!(%address, "listening");
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept(), if connections.has_room() => match accepted {
                    Ok((stream, _)) => connections.serve(stream),
                    Err(error) => {
                        warn!(%error, "a connection could not be accepted");
                        connections::pause().await;
                    }
                },
                () = connections.one_ended() => {}
                _ = keeping.tick() => drop(keep(&state, Accounts::keep_touched)),
            }
        }
        drop(listener);
        info!(seconds = drain.as_secs(), "shutting down; calls under way may end");
        state.close();
        connections.drain(drain).await;
        if let Err(error) = keep(&state, Accounts::keep_all).await {
            warn!(%error, "what was learned could not be kept");
        }
    }
}

/// Keeps what was learned, on a thread that may wait for files.
fn keep(state: &Arc<State>, which: fn(&Accounts)) -> JoinHandle<()> {
    let state = Arc::clone(state);
    tokio::task::spawn_blocking(move || which(&state.accounts))
}
