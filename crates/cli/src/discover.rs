//! Discovery: asks providers what their accounts may use, for `limits` and at the start of whatever makes calls.

use std::sync::Arc;
use std::time::Duration;

use tidegate::RealClock;
use tidegate_client::{
    Asker, Discovered, Fingerprint, HttpTransport, Key, Listing, Missed, Transport, TransportConfig,
    Unanswered,
};
use tidegate_core::Limit;
use tidegate_provider::discovery::{Credit, Found, FoundLimit, KeyKind, ceilings};

use crate::config::{Config, ProviderLimit, Resolved};
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Output;
use crate::runtime;
use crate::state::{Aged, State};

/// How long what a provider told is used without asking again at a start, but for credit. A day: tiers change by
/// payments, and an answer's headers correct a limit anyway.
const FRESH: Duration = Duration::from_secs(86_400);

/// The oldest that is used where the provider cannot be asked. A week: better than nothing, and corrected by answers.
pub(crate) const OLDEST: Duration = Duration::from_secs(7 * 86_400);

/// The connections that questions go over.
pub(crate) fn transport() -> Result<Arc<dyn Transport>, Failure> {
    let transport = HttpTransport::new(&TransportConfig::default());
    let transport =
        transport.map_err(|error| Failure::start(format!("cannot set up connections: {error}")))?;
    Ok(Arc::new(transport))
}

/// Asks the provider itself.
pub(crate) async fn ask(transport: Arc<dyn Transport>, resolved: &Resolved, key: Option<Key>) -> Discovered {
    let asker = Asker::new(transport, RealClock.into(), resolved.base.clone(), resolved.dialect);
    asker.key(key).admin_key(resolved.admin_key()).limits().await
}

/// Adds to the config what those of its providers tell that are to be asked. `base_url` is where the command line says
/// that a provider is. Nothing stops at a provider that tells nothing: its limits are then learned.
pub(crate) fn at_start<'u>(
    config: &mut Config,
    base_url: impl Fn(&str) -> Option<&'u str>,
    context: &Context,
    state: Option<&State>,
) -> Result<(), Failure> {
    let asked: Vec<String> =
        config.providers.keys().filter(|name| config.providers[*name].discover).cloned().collect();
    if asked.is_empty() {
        return Ok(());
    }
    let transport = transport()?;
    for name in asked {
        let resolved = config.resolve(&name, base_url(&name))?;
        let key = resolved.key_or_usual(&name)?;
        let place = Place { name: &name, resolved: &resolved, key, state, output: context.output };
        let (told, models) = runtime::block_on_one_thread(async {
            (place.limits(Arc::clone(&transport)).await, place.models(Arc::clone(&transport)).await)
        })?;
        let of_provider = |limit| ProviderLimit { provider: name.clone(), limit };
        config.limits.extend(told.into_iter().map(of_provider));
        if !models.names.is_empty() {
            config.catalogue.add(&name, models.names);
        }
        config.listed.entry(name).or_default().list(models.prices);
    }
    Ok(())
}

/// An account to ask about.
struct Place<'a> {
    name: &'a str,
    resolved: &'a Resolved,
    key: Option<Key>,
    state: Option<&'a State>,
    output: Output,
}

impl Place<'_> {
    /// What the provider told lately, or tells now, as limits.
    async fn limits(&self, transport: Arc<dyn Transport>) -> Vec<Limit> {
        let account = self.account();
        let kept = self.state.and_then(|state| state.found(&account)).filter(|kept| kept.age <= OLDEST);
        if let Some(Aged { what, age }) = &kept
            && *age <= FRESH
            && !tells_credit(what)
        {
            return ceilings(what);
        }
        let discovered = ask(transport, self.resolved, self.key.clone()).await;
        if discovered.answered > 0 {
            if let Some(state) = self.state {
                state.keep_found(&account, &discovered.found);
            }
            return ceilings(&discovered.found);
        }
        let why = discovered.missed.first().map_or_else(
            || "it has no endpoint that tells them".to_owned(),
            |missed| said(self.name, self.resolved, missed),
        );
        let instead =
            if kept.is_some() { "what it told earlier is used" } else { "they are learned from its answers" };
        self.output.note(&format!("{}: its limits could not be asked for: {why}; {instead}", self.name));
        kept.map(|kept| ceilings(&without_credit(kept.what))).unwrap_or_default()
    }
}

impl Place<'_> {
    /// The models that the provider listed lately, or lists now; nothing where it does not tell.
    async fn models(&self, transport: Arc<dyn Transport>) -> Listing {
        let account = self.account();
        let kept = self.state.and_then(|state| state.models(&account)).filter(|kept| kept.age <= OLDEST);
        if let Some(Aged { what, age }) = &kept
            && *age <= FRESH
        {
            return what.clone();
        }
        let asker =
            Asker::new(transport, RealClock.into(), self.resolved.base.clone(), self.resolved.dialect);
        match asker.key(self.key.clone()).listing().await {
            Ok(listing) => {
                if let Some(state) = self.state {
                    state.keep_models(&account, &listing);
                }
                listing
            }
            Err(why) => {
                tracing::info!(provider = self.name, %why, "the models could not be asked for");
                kept.map(|kept| kept.what).unwrap_or_default()
            }
        }
    }

    fn account(&self) -> Fingerprint {
        Fingerprint::of(&self.resolved.base, self.resolved.account.as_deref(), self.key.as_ref())
    }
}

/// Whether what a provider told grows old at once: what is left of credit or of a day.
fn tells_credit(found: &Found) -> bool {
    let is_of_today = |limit: &FoundLimit| limit.used_today.is_some();
    found.credit.remaining.is_some() || found.balance.is_some() || found.limits.iter().any(is_of_today)
}

/// The same without what has changed since.
fn without_credit(mut found: Found) -> Found {
    for limit in &mut found.limits {
        limit.used_today = limit.used_today.map(|_| 0);
    }
    Found { credit: Credit::default(), balance: None, ..found }
}

/// Why a question has no answer, in words for a person.
pub(crate) fn said(name: &str, resolved: &Resolved, missed: &Missed) -> String {
    let host = resolved.base.host();
    match (&missed.why, missed.key) {
        (Unanswered::NoKey, KeyKind::Usual) => format!("{} is not set", resolved.key_variable(name)),
        (Unanswered::NoKey, KeyKind::Admin) => {
            format!("{host} tells limits to admin keys alone, and {} is not set", resolved.admin_key_env)
        }
        (Unanswered::Refused(status), KeyKind::Usual) => {
            format!(
                "{host} does not take the key of {} (status {})",
                resolved.key_variable(name),
                status.as_u16()
            )
        }
        (Unanswered::Refused(status), KeyKind::Admin) => {
            format!(
                "{host} does not take {} as an admin key (status {})",
                resolved.admin_key_env,
                status.as_u16()
            )
        }
        (Unanswered::Absent(_), _) => format!("{host} has no {}", path(missed)),
        (Unanswered::Transport(error), _) => error.to_string(),
        (why, _) => format!("{}: {why}", path(missed)),
    }
}

/// The path of a question without its query.
fn path(missed: &Missed) -> &str {
    missed.path.split('?').next().unwrap_or_default()
}

/// What the reader can do about it.
pub(crate) fn remedy(name: &str, resolved: &Resolved, missed: &Missed) -> String {
    match (&missed.why, missed.key) {
        (Unanswered::NoKey, KeyKind::Usual) => format!("set {}", resolved.key_variable(name)),
        (Unanswered::NoKey, KeyKind::Admin) => format!(
            "set {} to an admin key, which is made in the organization's settings and is another than the one for \
             calls; or ask with one small call: --probe MODEL",
            resolved.admin_key_env
        ),
        (Unanswered::Refused(_), KeyKind::Usual) => {
            format!("check {}: it is unknown there, expired, or an admin key", resolved.key_variable(name))
        }
        (Unanswered::Refused(_), KeyKind::Admin) => format!(
            "check {}: only an admin key is taken, and a key for calls is none; or ask with one small call: \
             --probe MODEL",
            resolved.admin_key_env
        ),
        (Unanswered::Transport(_) | Unanswered::Status(_), _) => {
            "try again later, or check --base-url".to_owned()
        }
        _ => "check --base-url; or ask with one small call: --probe MODEL".to_owned(),
    }
}

/// Whether anything in it is worth keeping.
pub(crate) fn is_worth_keeping(discovered: &Discovered) -> bool {
    discovered.answered > 0 && discovered.found != Found::default()
}
