//! `tidegate limits`: what an account may use, has used and has left, as far as anybody tells.
//!
//! Asked in this order, and all that is told is printed: the provider's own endpoint, where it has one; one small call,
//! if wanted, for what its headers say; what earlier answers taught, from the state directory.

mod probe;
mod report;
mod table;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tidegate_client::chat::{provider_of_model, provider_of_url};
use tidegate_client::{Discovered, Fingerprint, Key, Missed, Transport, Unanswered, key_of_variable};
use tidegate_provider::discovery::{Found, questions};

use crate::config::{self, Config, Resolved};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::state::{Aged, State};
use crate::{discover, runtime};
use probe::Probed;
use report::{Report, Source};

/// Arguments of `tidegate limits`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose limits: a built-in provider, or one that the config names. The key is taken from <NAME>_API_KEY, and where
    /// an admin key is needed (openai, anthropic, mistral) from <NAME>_ADMIN_KEY [default: as the base URL or the model
    /// tells]
    #[arg(long, value_name = "NAME", value_parser = name)]
    provider: Option<String>,

    /// Where the provider's API begins [default: its public address]
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,

    /// Make one small call to this model, and print the limits that its answer states; it is charged like any call
    #[arg(long, value_name = "MODEL")]
    probe: Option<String>,

    /// Print only what calls to this model meet
    #[arg(long, value_name = "M")]
    model: Option<String>,

    /// Ask nobody: print what was told and learned earlier
    #[arg(long, conflicts_with = "probe")]
    cached: bool,

    /// Print a JSON object
    #[arg(long)]
    json: bool,

    /// A config file with the provider's address, keys and header names
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Use nothing of what was told and learned earlier, and keep nothing
    #[arg(long, conflicts_with = "cached")]
    no_state: bool,
}

/// Asks and prints.
pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let config = args.config.as_deref().map_or_else(|| Ok(Config::default()), config::load)?;
    let name = args.provider_name()?;
    let resolved = config.resolve(&name, args.base_url.as_deref())?;
    let key = resolved.key_or_usual(&name)?;
    let state = State::here(context).filter(|_| !args.no_state);
    let account = Fingerprint::of(&resolved.base, resolved.account.as_deref(), key.as_ref());
    let asking =
        Asking { args, name: &name, resolved: &resolved, key, account, state, output: context.output };
    let (report, discovered) = runtime::block_on_one_thread(asking.report())??;
    let failed = discovered.missed.iter().filter(|missed| asking.is_told(missed));
    for missed in failed {
        context.output.note(&format!("note: {}", discover::said(&name, &resolved, missed)));
    }
    if report.is_empty() {
        return Err(asking.nothing(&discovered));
    }
    let report = report.of_model(args.model.as_deref());
    context.output.data(&if args.json {
        report.json()
    } else {
        table::text(&report, context.output.data_paint())
    });
    Ok(Exit::Done)
}

impl Args {
    /// The provider that is named, else the one whose the base URL is, else the one that has the model.
    fn provider_name(&self) -> Result<String, Failure> {
        let of_url = || provider_of_url(self.base_url.as_deref()?).map(|known| known.name.to_owned());
        let of_model = || {
            let model = self.probe.as_deref().or(self.model.as_deref())?;
            let has_key = |variable: &str| key_of_variable(variable).is_some();
            provider_of_model(model, has_key).map(|(known, _)| known.name.to_owned())
        };
        self.provider.clone().or_else(of_url).or_else(of_model).ok_or_else(|| {
            Failure::usage("--provider is missing, and neither a base URL nor a model tells which it is")
                .hint("name it, such as --provider openrouter")
        })
    }
}

/// What is asked, of whom, with which key.
struct Asking<'a> {
    args: &'a Args,
    /// The provider's name.
    name: &'a str,
    resolved: &'a Resolved,
    key: Option<Key>,
    account: Fingerprint,
    state: Option<State>,
    output: Output,
}

impl Asking<'_> {
    /// Everything that anybody tells.
    async fn report(&self) -> Result<(Report, Discovered), Failure> {
        let mut report = Report::new(self.name, &self.resolved.base);
        let mut discovered = Discovered::default();
        if !self.args.cached {
            let transport = discover::transport()?;
            discovered = self.discovered(&transport).await;
            if let Some(model) = &self.args.probe {
                let probed = self.probe(transport, model).await?;
                for ignored in &probed.ignored {
                    self.output.note(&format!("note: not heeded: {ignored}"));
                }
                report.add_probed(&probed);
            }
        }
        if discover::is_worth_keeping(&discovered) {
            if let Some(state) = &self.state {
                state.keep_found(&self.account, &discovered.found);
            }
            report.add_found(&discovered.found, Source::Endpoint, Duration::ZERO);
        } else if let Some(Aged { what, age }) = self.kept_found() {
            report.add_found(&what, Source::Cache, age);
        }
        if let Some(Aged { what, age }) = self.state.as_ref().and_then(|state| state.learned(&self.account)) {
            report.add_learned(&what, age);
        }
        report.add_documented(&self.resolved.adapter.known_limits());
        Ok((report, discovered))
    }

    /// What the provider's own endpoint tells; of a host that is only expected to speak as OpenAI does, nothing is asked.
    async fn discovered(&self, transport: &Arc<dyn Transport>) -> Discovered {
        if !self.resolved.is_known {
            return Discovered::default();
        }
        discover::ask(Arc::clone(transport), self.resolved, self.key.clone()).await
    }

    fn kept_found(&self) -> Option<Aged<Found>> {
        self.state.as_ref()?.found(&self.account).filter(|kept| kept.age <= discover::OLDEST)
    }

    /// One small call; what it taught is kept like that of any other.
    async fn probe(&self, transport: Arc<dyn Transport>, model: &str) -> Result<Probed, Failure> {
        if self.key.is_none() && !self.resolved.base.is_loopback() {
            let variable = self.resolved.key_variable(self.name);
            return Err(Failure::usage(format!("no key for {}", self.name)).hint(format!("set {variable}")));
        }
        probe::probe(self, transport, model).await
    }

    /// Whether a question without an answer is worth a word: an admin key that is not there is none, as long as
    /// something else was told.
    fn is_told(&self, missed: &Missed) -> bool {
        !self.args.cached && !matches!(missed.why, Unanswered::NoKey)
    }

    /// Why nothing is printed.
    fn nothing(&self, discovered: &Discovered) -> Failure {
        let name = self.name;
        let Some(missed) = discovered.missed.first() else {
            let has_endpoint = self.resolved.is_known && !questions(self.resolved.dialect).is_empty();
            let what = match (self.args.cached, has_endpoint) {
                (true, _) => format!("nothing was told or learned earlier of this account at {name}"),
                (_, true) => format!("{name} tells nothing of this account's limits"),
                (_, false) => format!(
                    "{name} has no endpoint that tells limits, and nothing was learned of this account yet"
                ),
            };
            return Failure::unanswered(what).hint(
                "ask with one small call: --probe MODEL; or make calls through serve or batch first, whose answers \
                 teach the limits",
            );
        };
        let what = format!("{name} tells nothing: {}", discover::said(name, self.resolved, missed));
        let failure = match missed.why {
            Unanswered::NoKey => Failure::usage(what),
            _ => Failure::unanswered(what),
        };
        failure.hint(discover::remedy(name, self.resolved, missed))
    }
}

fn name(text: &str) -> Result<String, String> {
    config::name_of(text).map_err(|wrong| wrong.to_string())
}

fn base_url(text: &str) -> Result<String, String> {
    config::base_url(text).map_err(|wrong| wrong.to_string())
}
