//! The config file: as it is written, then as it is meant. Every mistake in it is found at once.
//!
//! `written` reads tables and values with their place in the file; `server`, `providers`, `models` and `limits` say
//! what each table means; `mistake` lists what is wrong with line, column and remedy. A key that nobody reads is a mistake.

mod headers;
mod limits;
mod mistake;
mod models;
mod providers;
mod rate;
mod resolve;
mod server;
mod suggest;
mod units;
mod written;

use std::collections::BTreeMap;
use std::path::Path;

use tidegate_client::Catalogue;
use tidegate_core::{Limit, Price};
use tidegate_provider::{Prices, builtins};
use toml::de::DeTable;

use crate::exit::Failure;

pub(crate) use limits::ProviderLimit;
pub(crate) use mistake::Mistakes;
pub(crate) use providers::{ProviderConfig, base_url, name_of};
pub(crate) use rate::{Exact, Per};
pub(crate) use resolve::Resolved;
pub(crate) use server::{Server, address};
pub(crate) use units::{duration, size_text};

use mistake::Report;
use written::Section;

/// Longer files are none that a person wrote.
const LENGTH_MAX: u64 = 4 << 20;

/// A config file as it is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// How the gateway listens.
    pub(crate) server: Server,
    /// What the file says of each provider that it names.
    pub(crate) providers: BTreeMap<String, ProviderConfig>,
    /// The limits of all providers.
    pub(crate) limits: Vec<ProviderLimit>,
    /// What models its providers list, those that were asked; no file holds that.
    pub(crate) catalogue: Catalogue,
    /// What the file says that models cost, each with its pattern.
    pub(crate) prices: Vec<(String, Price)>,
    /// What the providers that were asked list as their prices; no file holds that.
    pub(crate) listed: BTreeMap<String, Prices>,
}

impl Config {
    /// The limits of one provider.
    pub(crate) fn limits_of(&self, provider: &str) -> Vec<Limit> {
        let own = self.limits.iter().filter(|own| own.provider == provider);
        own.map(|own| own.limit.clone()).collect()
    }

    /// What the models of one provider cost.
    fn prices_of(&self, provider: &str) -> Prices {
        let mut prices = self.listed.get(provider).cloned().unwrap_or_default();
        for (pattern, price) in &self.prices {
            prices.give(pattern, *price);
        }
        prices
    }
}

/// Reads a config file.
///
/// # Errors
///
/// A file that cannot be read; or every mistake in it, each with its line and its remedy.
pub(crate) fn load(path: &Path) -> Result<Config, Failure> {
    let name = path.display().to_string();
    let unread = |error: std::io::Error| {
        Failure::start(format!("config file {name}: {error}")).hint("check the path and that you may read it")
    };
    if std::fs::metadata(path).map_err(unread)?.len() > LENGTH_MAX {
        return Err(Failure::usage(format!("config file {name}: larger than 4 MiB")));
    }
    let bytes = std::fs::read(path).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        Failure::usage(format!("{name}:{}: the file is not UTF-8", line + 1)).hint("save it as UTF-8")
    })?;
    Ok(parse(&name, &text)?)
}

/// Reads the text of a config file; `file` is its name for the list of mistakes.
pub(crate) fn parse(file: &str, text: &str) -> Result<Config, Mistakes> {
    let mut report = Report::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        report.broken(&error.span().unwrap_or(0..0), error.message());
    }
    let config = read(Section::root(&table), &mut report);
    match report.finish() {
        list if list.is_empty() => Ok(config),
        list => Err(Mistakes { file: file.to_owned(), list }),
    }
}

/// Reads the whole file.
fn read(mut root: Section<'_>, report: &mut Report<'_>) -> Config {
    let mut config = Config::default();
    if let Some(section) = root.take("server").and_then(|entry| entry.section(report)) {
        config.server = Server::read(section, report);
    }
    if let Some(section) = root.take("providers").and_then(|entry| entry.section(report)) {
        config.providers = providers::read(&section, report);
    }
    if let Some(section) = root.take("models").and_then(|entry| entry.section(report)) {
        config.prices = models::read(&section, report);
    }
    let mut names: Vec<String> = builtins().iter().map(|known| known.name.to_owned()).collect();
    names.extend(config.providers.keys().cloned());
    if let Some(entry) = root.take("limits") {
        for section in entry.sections(report) {
            config.limits.extend(limits::read(section, &names, report));
        }
    }
    root.finish(report);
    config
}

#[cfg(test)]
mod tests;
