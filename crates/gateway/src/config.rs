//! `GatewayConfig` and `Upstream`: the gateway as meant. Parsing what people write is the command line's.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tidegate::Limit;
use tidegate_client::{BaseUrl, Key};
use tidegate_provider::{Adapter, Dialect, HeaderNames, Prices, Provider, adapter_at};

use crate::GatewayError;
use crate::route::RESERVED;

/// How the gateway listens and what it forwards to.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// The address to listen on. Loopback by default: whoever can connect can spend the keys.
    pub listen: SocketAddr,
    /// Whether listening elsewhere than on loopback is meant. Off by default, for the same reason.
    pub open: bool,
    /// The longest that a call may wait for its turn; callers may ask for less. Two minutes by default: people
    /// and the official SDKs (ten minutes) wait longer than that for an answer, and a limit of a minute has then
    /// been renewed twice.
    pub max_wait: Duration,
    /// How many calls of one account may wait. 10 000 by default: minutes of work even at a hundred a second.
    pub max_queue: usize,
    /// The longest body, in bytes, that is read for an estimate. 32 MiB by default, the largest request that the
    /// big providers accept on an endpoint that counts tokens.
    pub max_body: usize,
    /// How many bytes of waiting calls' bodies are held together. 1 GiB by default: the longest bodies of thirty
    /// calls, or a hundred kilobytes of each of ten thousand.
    pub max_held: usize,
    /// How long calls under way may go on after the shutdown has begun. 30 s, as the contract has it.
    pub drain: Duration,
    /// The most accounts that are kept; the longest idle one makes room for a new one. 10 000 by default: a few
    /// kilobytes each.
    pub max_accounts: usize,
    /// The upstreams that differ from the built-in ones, or are not among them.
    pub upstreams: Vec<Upstream>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            open: false,
            max_wait: Duration::from_secs(120),
            max_queue: 10_000,
            max_body: 32 * 1024 * 1024,
            max_held: 1024 * 1024 * 1024,
            drain: Duration::from_secs(30),
            max_accounts: 10_000,
            upstreams: Vec::new(),
        }
    }
}

/// A provider that the gateway forwards to.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The first segment of its paths.
    pub name: String,
    /// Where its API begins.
    pub base: BaseUrl,
    /// The wire format that it speaks.
    pub dialect: Dialect,
    /// What reads and writes it: the dialect's, or one that knows further header names.
    pub adapter: &'static dyn Adapter,
    /// The key that replaces the callers' own; `None` passes theirs through.
    pub key: Option<Key>,
    /// The account that all its calls belong to; `None` is one account a key.
    pub account: Option<String>,
    /// The limits of each of its accounts, on top of what is learned.
    pub limits: Vec<Limit>,
    /// What its models cost, as far as that is known.
    pub prices: Arc<Prices>,
    /// Whether it is asked how much credit is left before a call is refused for want of it. Only of use with a `key`.
    pub asks_for_credit: bool,
    /// The key of its organization's administration, which some such questions take.
    pub admin_key: Option<Key>,
}

impl Upstream {
    /// An upstream of any name, with the callers' own keys and no limits but the documented ones.
    #[must_use]
    pub fn new(name: impl Into<String>, base: BaseUrl, dialect: Dialect) -> Self {
        let adapter = adapter_at(dialect, base.host(), HeaderNames::default());
        let limits = adapter.known_limits();
        Self {
            name: name.into(),
            base,
            dialect,
            adapter,
            key: None,
            account: None,
            limits,
            prices: Arc::default(),
            asks_for_credit: false,
            admin_key: None,
        }
    }

    /// A built-in provider at its public place. `None` for one that has none, since each customer has an own.
    #[must_use]
    pub fn builtin(provider: &Provider) -> Option<Self> {
        let base = BaseUrl::parse(provider.base_url).ok()?.api_path(provider.api_path).ok()?;
        Some(Self::new(provider.name, base, provider.dialect))
    }
}

impl GatewayConfig {
    /// Checks what the types do not.
    pub(crate) fn check(&self, listen: SocketAddr) -> Result<(), GatewayError> {
        if !listen.ip().is_loopback() && !self.open {
            return Err(GatewayError::Exposed { listen });
        }
        let bounds = [
            ("max_wait", self.max_wait.is_zero()),
            ("max_queue", self.max_queue == 0),
            ("max_body", self.max_body == 0),
            ("max_held", self.max_held == 0),
            ("max_accounts", self.max_accounts == 0),
        ];
        if let Some((field, _)) = bounds.into_iter().find(|(_, is_zero)| *is_zero) {
            return Err(GatewayError::Zero { field });
        }
        for upstream in &self.upstreams {
            let sound =
                |each: char| each.is_ascii_lowercase() || each.is_ascii_digit() || "-_.".contains(each);
            let name = &upstream.name;
            if name.is_empty() || !name.chars().all(sound) || RESERVED.contains(&name.as_str()) {
                return Err(GatewayError::Name { name: name.clone() });
            }
        }
        Ok(())
    }

    /// Every upstream: the given ones, and the built-in ones that they leave as they are. A name given twice
    /// means the last.
    pub(crate) fn all_upstreams(&self) -> Vec<Upstream> {
        let builtin = tidegate_provider::builtins().iter().filter_map(Upstream::builtin);
        let mut all: Vec<Upstream> = Vec::new();
        for upstream in builtin.chain(self.upstreams.iter().cloned()) {
            all.retain(|other| other.name != upstream.name);
            all.push(upstream);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstream(name: &str) -> Upstream {
        Upstream::new(name, BaseUrl::parse("http://127.0.0.1:9").unwrap(), Dialect::OpenAi)
    }

    #[test]
    fn listening_beyond_loopback_has_to_be_meant() {
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 8080));
        let mut config = GatewayConfig::default();
        assert!(matches!(config.check(everywhere), Err(GatewayError::Exposed { .. })));
        config.open = true;
        assert!(config.check(everywhere).is_ok());
    }

    #[test]
    fn a_name_that_is_a_path_of_the_gateway_itself_is_refused() {
        for name in ["metrics", "api", "", "Big", "a/b"] {
            let config = GatewayConfig { upstreams: vec![upstream(name)], ..GatewayConfig::default() };
            assert!(matches!(config.check(config.listen), Err(GatewayError::Name { .. })), "{name}");
        }
    }

    #[test]
    fn a_given_upstream_takes_the_place_of_the_built_in_one() {
        let config = GatewayConfig {
            upstreams: vec![upstream("openai"), upstream("mine")],
            ..GatewayConfig::default()
        };
        let all = config.all_upstreams();
        let base = |name: &str| all.iter().find(|each| each.name == name).map(|each| each.base.to_string());
        assert_eq!(base("openai").as_deref(), Some("http://127.0.0.1:9"));
        assert_eq!(base("mine").as_deref(), Some("http://127.0.0.1:9"));
        assert_eq!(base("mistral").as_deref(), Some("https://api.mistral.ai"));
        assert_eq!(base("azure"), None);
    }
}
