//! `Status`: what the gateway's `/api/v1/status` says, read as any monitor would read it.

use http::Request;
use serde::{Deserialize, Serialize};
use tidegate_client::{Body, HttpTransport, Transport};

/// The path of the status.
pub(super) const PATH: &str = "/api/v1/status";

/// The state of the gateway.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Status {
    /// Every account, in the gateway's order.
    pub(super) accounts: Vec<Account>,
}

/// One account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Account {
    /// The provider's name.
    pub(super) provider: String,
    /// Its limits.
    pub(super) limits: Vec<Limit>,
    /// Calls that wait.
    pub(super) waiting: u64,
    /// Calls under way.
    pub(super) in_flight: u64,
}

/// One limit.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Limit {
    /// What it counts.
    pub(super) dimension: String,
    /// Which calls it applies to.
    pub(super) scope: String,
    /// Its window in seconds.
    pub(super) window_s: serde_json::Value,
    /// What is used of it.
    pub(super) used: u64,
    /// The amount a window.
    pub(super) limit: u64,
    /// Learned from the provider, rather than given.
    pub(super) learned: bool,
    /// Everything else that the gateway says of it.
    #[serde(flatten)]
    pub(super) rest: serde_json::Map<String, serde_json::Value>,
}

impl Status {
    /// Calls that wait, of all accounts.
    pub(super) fn waiting(&self) -> u64 {
        self.accounts.iter().map(|account| account.waiting).sum()
    }

    /// Every limit of every account, with the provider's name.
    pub(super) fn limits(&self) -> impl Iterator<Item = (&str, &Limit)> {
        self.accounts
            .iter()
            .flat_map(|account| account.limits.iter().map(|limit| (account.provider.as_str(), limit)))
    }

    /// Calls under way, of all accounts.
    pub(super) fn in_flight(&self) -> u64 {
        self.accounts.iter().map(|account| account.in_flight).sum()
    }
}

/// Asks the gateway.
pub(super) async fn read(gateway: &str, transport: &HttpTransport) -> Result<Status, String> {
    let request =
        Request::get(format!("{gateway}{PATH}")).body(Body::empty()).map_err(|error| error.to_string())?;
    let mut answer = transport.send(request).await.map_err(|error| error.to_string())?.into_body();
    let mut text = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| error.to_string())? {
        text.extend_from_slice(&piece);
    }
    serde_json::from_slice(&text).map_err(|error| format!("{PATH}: {error}"))
}
