//! `State`: what all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tidegate::{BuildError, Clock, Limiter};
use tidegate_client::{Memory, Transport};

use crate::accounts::Accounts;
use crate::body::Bodies;
use crate::metrics::Metrics;
use crate::origin::Reachable;
use crate::route::Routes;
use crate::{GatewayConfig, GatewayError};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) routes: Routes,
    pub(crate) accounts: Accounts,
    pub(crate) metrics: Metrics,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) max_wait: Duration,
    pub(crate) bodies: Bodies,
    pub(crate) reachable: Reachable,
    closing: AtomicBool,
}

impl State {
    pub(crate) fn new(
        config: &GatewayConfig,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        memory: Option<Arc<dyn Memory>>,
    ) -> Result<Self, GatewayError> {
        let routes = Routes::new(config.all_upstreams());
        for upstream in routes.upstreams() {
            let wrong = |source: BuildError| GatewayError::Limits { provider: upstream.name.clone(), source };
            Limiter::builder().limits(upstream.limits.iter().cloned()).build().map_err(wrong)?;
        }
        let accounts =
            Accounts::new(Arc::clone(&transport), Arc::clone(&clock), config.max_queue, config.max_accounts)
                .memory(memory);
        Ok(Self {
            routes,
            accounts,
            metrics: Metrics::new(),
            transport,
            clock,
            max_wait: config.max_wait,
            bodies: Bodies::new(config.max_body, config.max_held),
            reachable: if config.open { Reachable::FromAnywhere } else { Reachable::FromHere },
            closing: AtomicBool::new(false),
        })
    }

    /// Whether the gateway is shutting down.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Refuses what waits and what comes from now on; what is under way goes on.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.accounts.close();
    }
}
