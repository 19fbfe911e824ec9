//! `tidegate serve`: the gateway.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use tidegate_core::{Dimension, Limit, Quota};
use tidegate_gateway::{Gateway, GatewayConfig, GatewayError, Upstream};
use tidegate_provider::builtins;

use crate::config::{self, Config};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::state::State;
use crate::{discover, listen, runtime};

/// Arguments of `tidegate serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A config file; without one, the built-in providers at their public addresses
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", value_parser = listen::address)]
    listen: Option<SocketAddr>,

    /// A provider and where its API begins, such as mine=http://10.0.0.5:8000
    #[arg(long, value_name = "NAME=URL", value_parser = upstream)]
    upstream: Vec<(String, String)>,

    /// Requests a minute of each account, at most
    #[arg(long, value_name = "N")]
    rpm: Option<u64>,

    /// Tokens a minute of each account, at most
    #[arg(long, value_name = "N")]
    tpm: Option<u64>,

    /// Listen on an address that others can reach, too
    #[arg(long)]
    open: bool,

    /// Use nothing of what was learned of providers earlier, and keep nothing
    #[arg(long)]
    no_state: bool,
}

/// Serves until somebody stops it; running calls then have half a minute.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = args.meant(context)?;
    let output = context.output;
    runtime::block_on(async {
        let address = config.listen;
        let mut builder = Gateway::builder(config);
        if let Some(memory) = State::of(context).filter(|_| !args.no_state) {
            builder = builder.memory(memory);
        }
        let bound = builder.bind(address).await.map_err(|error| refused(address, &error))?;
        let (stop, at_once) = (runtime::interrupt(), runtime::interrupt_twice());
        output.note(&format!("listening on http://{}; Ctrl-C stops", bound.local_addr()));
        tokio::select! {
            () = bound.run(stop) => Ok(Exit::Done),
            () = at_once => Ok(Exit::Interrupted),
        }
    })?
}

impl Args {
    /// The gateway that the flags and the file describe.
    fn meant(&self, context: &Context) -> Result<GatewayConfig, Failure> {
        let mut config = self.config.as_deref().map_or_else(|| Ok(Config::default()), config::load)?;
        let state = State::here(context).filter(|_| !self.no_state);
        discover::at_start(&mut config, |name| self.url_of(name), context, state.as_ref())?;
        let server = &config.server;
        Ok(GatewayConfig {
            listen: self.listen.unwrap_or(server.listen),
            open: self.open,
            max_wait: server.max_wait,
            max_queue: server.max_queue,
            max_body: usize::try_from(server.max_body).unwrap_or(usize::MAX),
            upstreams: self.upstreams(&config)?,
            ..GatewayConfig::default()
        })
    }

    /// Where the command line says that a provider is.
    fn url_of(&self, name: &str) -> Option<&str> {
        let given = self.upstream.iter().rev().find(|(given, _)| given == name);
        given.map(|(_, url)| url.as_str())
    }

    /// Every provider that the flags, the file or the built-in table name.
    fn upstreams(&self, config: &Config) -> Result<Vec<Upstream>, Failure> {
        let flags: BTreeMap<&str, &str> =
            self.upstream.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        let named: Vec<&str> =
            flags.keys().copied().chain(config.providers.keys().map(String::as_str)).collect();
        let placed =
            builtins().iter().filter(|known| !known.base_url.is_empty() && !named.contains(&known.name));
        let mut names: Vec<&str> = placed.map(|known| known.name).chain(named.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| self.one(config, name, flags.get(name).copied())).collect()
    }

    /// One upstream.
    fn one(&self, config: &Config, name: &str, url: Option<&str>) -> Result<Upstream, Failure> {
        let resolved = config.resolve(name, url)?;
        let key = resolved.key()?;
        let (admin_key, asks_for_credit) = (resolved.admin_key(), resolved.discover);
        let mut limits = resolved.limits;
        // The credit that was told is that of our own key; callers who bring theirs have another.
        limits.retain(|limit| key.is_some() || limit.dimension != Dimension::Money || !limit.provisional);
        let given = [(Dimension::Requests, self.rpm), (Dimension::TotalTokens, self.tpm)];
        let given = given
            .into_iter()
            .filter_map(|(dimension, amount)| Some(Limit::new(dimension, Quota::per_minute(amount?))));
        limits.extend(resolved.adapter.charged(given.collect()));
        Ok(Upstream {
            key,
            account: resolved.account,
            limits,
            adapter: resolved.adapter,
            prices: resolved.prices,
            asks_for_credit,
            admin_key,
            ..Upstream::new(name, resolved.base, resolved.dialect)
        })
    }
}

/// `NAME=URL`.
fn upstream(text: &str) -> Result<(String, String), String> {
    let Some((name, url)) = text.split_once('=') else {
        return Err("write NAME=URL, such as mine=http://10.0.0.5:8000".to_owned());
    };
    let name = config::name_of(name).map_err(|wrong| wrong.to_string())?;
    let url = config::base_url(url).map_err(|wrong| wrong.to_string())?;
    Ok((name, url))
}

/// Why the gateway did not start.
pub(crate) fn refused(address: SocketAddr, error: &GatewayError) -> Failure {
    match error {
        GatewayError::Bind { source, .. } => listen::refused(address, source),
        error if error.is_config() => Failure::usage(error.to_string()),
        error => Failure::start(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Environment;
    use crate::output::Output;

    fn context() -> Context {
        let environment = Environment::default();
        Context { output: Output::new(environment.terminal), environment }
    }

    fn args(upstream: &[&str], rpm: Option<u64>) -> Args {
        let upstream = upstream.iter().map(|text| super::upstream(text).unwrap()).collect();
        Args { config: None, listen: None, upstream, rpm, tpm: None, open: false, no_state: true }
    }

    #[test]
    fn without_a_config_every_provider_with_a_public_address_is_there() {
        let config = args(&[], None).meant(&context()).unwrap();
        assert!(config.upstreams.iter().any(|upstream| upstream.name == "anthropic"));
        assert!(!config.upstreams.iter().any(|upstream| upstream.name == "azure"));
        // Limits that the documentation states are all that there is.
        let known = |upstream: &Upstream| upstream.limits == upstream.adapter.known_limits();
        assert!(config.upstreams.iter().all(|upstream| upstream.key.is_none() && known(upstream)));
    }

    #[test]
    fn limits_of_the_command_line_hold_for_every_provider() {
        let config = args(&["mine=http://127.0.0.1:9/v1", "azure=https://me.example"], Some(30))
            .meant(&context())
            .unwrap();
        let expected = Limit::new(Dimension::Requests, Quota::per_minute(30));
        assert!(config.upstreams.iter().all(|upstream| upstream.limits.contains(&expected)));
        let bases = ["mine", "azure"].map(|name| {
            let upstream = config.upstreams.iter().find(|upstream| upstream.name == name).unwrap();
            upstream.base.to_string()
        });
        assert_eq!(bases, ["http://127.0.0.1:9", "https://me.example"]);
    }

    #[test]
    fn an_upstream_needs_a_name_and_a_url() {
        for text in ["http://127.0.0.1:9", "=http://h", "a/b=http://h", "metrics=http://h", "mine=h"] {
            assert!(upstream(text).is_err(), "{text}");
        }
    }
}
