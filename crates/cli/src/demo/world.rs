//! `World`: the emulated providers and the gateway in front of them, each on a free port of this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock, RealClock};
use tidegate_client::BaseUrl;
use tidegate_gateway::{Gateway, GatewayConfig, Upstream};
use tidegate_provider::{Dialect, builtin};
use tidegate_sim::{Emulator, Stats};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::cast::{HOUSES, House};
use crate::exit::Failure;
use crate::{listen, serve};

/// Any free port of this machine alone.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Longer than any demo: its callers wait for their turn however long that is.
const MAX_WAIT: Duration = Duration::from_secs(4 * 3600);

/// Everything that the callers' calls meet.
#[derive(Debug)]
pub(super) struct World {
    gateway: SocketAddr,
    emulators: Vec<Arc<Emulator>>,
    stop: watch::Sender<()>,
    servers: JoinSet<()>,
}

impl World {
    /// Starts the providers, then the gateway.
    pub(super) async fn start(seed: u64) -> Result<Self, Failure> {
        let (stop, _) = watch::channel(());
        let (mut servers, mut emulators, mut upstreams) = (JoinSet::new(), Vec::new(), Vec::new());
        for (house, nth) in HOUSES.iter().zip(0..) {
            let emulator = Arc::new(Emulator::new(house.emulator(seed.wrapping_add(nth))));
            let listener = listen::bind(ANY).await?;
            upstreams.push(upstream(house, address_of(listener.local_addr())?)?);
            servers.spawn(tidegate_sim::serve(emulator.clone(), listener, stopped(&stop)));
            emulators.push(emulator);
        }
        let config = GatewayConfig { max_wait: MAX_WAIT, upstreams, ..GatewayConfig::default() };
        let bound = Gateway::builder(config).bind(ANY).await.map_err(|error| serve::refused(ANY, &error))?;
        let gateway = bound.local_addr();
        servers.spawn(bound.run(stopped(&stop)));
        Ok(Self { gateway, emulators, stop, servers })
    }

    /// The gateway's URL.
    pub(super) fn address(&self) -> String {
        format!("http://{}", self.gateway)
    }

    /// What each provider has counted.
    pub(super) fn stats(&self) -> Vec<Stats> {
        self.emulators.iter().map(|emulator| emulator.stats(RealClock.now())).collect()
    }

    /// Stops everything, in good order.
    pub(super) async fn stop(self) {
        // Servers that have ended already listen no more, and need not be told.
        let _ = self.stop.send(());
        self.servers.join_all().await;
    }
}

/// Resolves when the world stops.
fn stopped(stop: &watch::Sender<()>) -> impl Future<Output = ()> + Send + 'static {
    let mut told = stop.subscribe();
    async move {
        // A sender that is gone means the same.
        let _ = told.changed().await;
    }
}

fn address_of(address: std::io::Result<SocketAddr>) -> Result<SocketAddr, Failure> {
    address.map_err(|error| listen::refused(ANY, &error))
}

/// The gateway's way to an emulated provider.
fn upstream(house: &House, address: SocketAddr) -> Result<Upstream, Failure> {
    let base =
        BaseUrl::parse(&format!("http://{address}")).map_err(|error| Failure::start(error.to_string()))?;
    let dialect = builtin(house.name).map_or(Dialect::OpenAi, |provider| provider.dialect);
    Ok(Upstream::new(house.name, base, dialect))
}
