//! `tidegate mock`: the emulated provider as a server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tidegate_sim::{
    Compression, Dialect, Emulator, EmulatorConfig, EnforcementPlan, FaultPlan, Latency, LimitChange, Limits,
    TokenCharge,
};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::{listen, runtime};

/// Arguments of `tidegate mock`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081", value_parser = listen::address)]
    listen: SocketAddr,

    /// Whose API to speak
    #[arg(long, value_name = "NAME", default_value = "openai", value_parser = provider)]
    provider: &'static str,

    /// How limits are counted: bucket, fixed, sliding, counter, quantised; or requests=KIND,tokens=KIND
    /// [default: as the provider counts]
    #[arg(long, value_name = "KIND", value_parser = enforcement)]
    enforce: Vec<String>,

    /// Requests a minute [default, when no limit is given: the provider's own limits]
    #[arg(long, value_name = "N")]
    rpm: Option<u64>,

    /// Tokens a minute, input and output together
    #[arg(long, value_name = "N")]
    tpm: Option<u64>,

    /// Input tokens a minute
    #[arg(long, value_name = "N")]
    itpm: Option<u64>,

    /// Output tokens a minute
    #[arg(long, value_name = "N")]
    otpm: Option<u64>,

    /// What limits on tokens count of a call, and when: input-then-output, input-only, maximum, maximum-returned,
    /// completion [default: as the provider does]
    #[arg(long, value_name = "RULE")]
    charge: Option<TokenCharge>,

    /// Other limits from some seconds after the first call on, in percent of the first ones, such as 30:50
    #[arg(long, value_name = "SECONDS:PERCENT", value_parser = change)]
    change: Option<String>,

    /// How long an answer takes, in milliseconds: 500 or 500..1000 [default: 200..600]
    #[arg(long, value_name = "MS|MS..MS", value_parser = latency)]
    latency: Option<Latency>,

    /// A fault and its share of all calls, such as 500:0.05; kinds: 500, 529, 429, reset, truncate, hang
    #[arg(long, value_name = "KIND:SHARE", value_parser = fault)]
    fault: Vec<String>,

    /// Compress answers as the call's accept-encoding asks
    #[arg(long)]
    compress: bool,

    /// What everything random is drawn from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// Serves the emulated provider until somebody stops it.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let emulator = Arc::new(Emulator::new(args.meant()?));
    runtime::block_on(async {
        let listener = listen::bind(args.listen).await?;
        let address = listener.local_addr().map_err(|error| listen::refused(args.listen, &error))?;
        let stop = runtime::interrupt();
        context.output.note(&format!("listening on http://{address} as {}; Ctrl-C stops", args.provider));
        tidegate_sim::serve(emulator, listener, stop).await;
        Ok(Exit::Done)
    })?
}

impl Args {
    /// The emulator that the flags describe.
    fn meant(&self) -> Result<EmulatorConfig, Failure> {
        let mut config = EmulatorConfig::new(Dialect::named(self.provider)).with_seed(self.seed);
        config.limits = Limits {
            requests: self.rpm,
            total_tokens: self.tpm,
            input_tokens: self.itpm,
            output_tokens: self.otpm,
        };
        for text in &self.enforce {
            config.enforcement = config.enforcement.amended(text).map_err(Failure::usage)?;
        }
        for text in &self.fault {
            config.faults = config.faults.with_text(text).map_err(Failure::usage)?;
        }
        config.token_charge = self.charge.unwrap_or(config.token_charge);
        let change =
            self.change.as_deref().map(|text| LimitChange::of_text(text, &config.effective_limits()));
        config.change = change.transpose().map_err(Failure::usage)?;
        config.latency = self.latency.unwrap_or(config.latency);
        if self.compress {
            config.compression = Compression::Negotiated;
        }
        Ok(config)
    }
}

/// The name of a built-in provider.
fn provider(text: &str) -> Result<&'static str, String> {
    let known = tidegate_provider::builtins();
    known.iter().map(|provider| provider.name).find(|&name| name == text).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|provider| provider.name).collect();
        format!("known are {}", names.join(", "))
    })
}

/// An enforcement plan, kept as text until the provider is known whose own plan it changes.
fn enforcement(text: &str) -> Result<String, String> {
    EnforcementPlan::uniform(tidegate_sim::Enforcement::Bucket).amended(text).map(|_| text.to_owned())
}

/// A fault and its share, kept as text until all are known.
fn fault(text: &str) -> Result<String, String> {
    FaultPlan::default().with_text(text).map(|_| text.to_owned())
}

/// A change of limits, kept as text until the limits are known.
fn change(text: &str) -> Result<String, String> {
    LimitChange::of_text(text, &Limits::default()).map(|_| text.to_owned())
}

/// A latency in milliseconds, one or a range.
fn latency(text: &str) -> Result<Latency, String> {
    let millis = |text: &str| {
        let text = text.trim();
        let number = text.strip_suffix("ms").unwrap_or(text).parse::<u32>();
        number
            .map(|number| Duration::from_millis(number.into()))
            .map_err(|_| format!("`{text}` is not a whole number of milliseconds; write 500 or 500..1000"))
    };
    let Some((low, high)) = text.split_once("..") else { return millis(text).map(Latency::fixed) };
    let (low, high) = (millis(low)?, millis(high)?);
    if low > high {
        return Err(format!("`{text}` runs backwards; write the shorter one first"));
    }
    Ok(Latency::range(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_one_number_or_a_range() {
        assert_eq!(latency("500"), Ok(Latency::fixed(Duration::from_millis(500))));
        let range = Latency::range(Duration::from_millis(500), Duration::from_millis(1000));
        assert_eq!(latency("500..1000"), Ok(range));
        assert_eq!(latency("500ms..1000ms"), Ok(range));
        for wrong in ["", "x", "5..", "1000..500", "-1", "1.5"] {
            assert!(latency(wrong).is_err(), "{wrong}");
        }
    }
}
