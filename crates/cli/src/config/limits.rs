//! `[[limits]]` as they are meant: each rate of a table becomes one core limit, bound to its provider.

use tidegate_core::{Dimension, Limit, Quota, Refill, Scope};

use super::mistake::{Report, Wrong};
use super::rate::{Exact, Per};
use super::suggest;
use super::written::{Entry, Section};

/// A limit and the provider whose calls it bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderLimit {
    /// The name that `[providers.NAME]` and the gateway's paths use.
    pub(crate) provider: String,
    /// The limit.
    pub(crate) limit: Limit,
}

/// What a rate counts, and how its keys begin.
const COUNTED: [(Dimension, &str); 6] = [
    (Dimension::Requests, "requests"),
    (Dimension::TotalTokens, "tokens"),
    (Dimension::InputTokens, "input_tokens"),
    (Dimension::OutputTokens, "output_tokens"),
    (Dimension::Images, "images"),
    (Dimension::Money, "usd"),
];

/// How a provider counts, as `enforcement` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    Bucket,
    Fixed,
    Sliding,
    Counter,
}

/// What holds for every rate of one table.
struct Common {
    scope: Scope,
    provisional: bool,
    headroom_permille: u16,
    zone: Option<String>,
    counts: Option<Counts>,
}

/// Reads one `[[limits]]` table; `providers` are the names that it may bound.
pub(super) fn read(
    mut section: Section<'_>,
    providers: &[String],
    report: &mut Report<'_>,
) -> Vec<ProviderLimit> {
    let provider = provider(&mut section, providers, report);
    let common = Common::read(&mut section, report);
    let mut limits = rates(&mut section, &common, report);
    burst(&mut section, &mut limits, report);
    if let Some(entry) = section.take("concurrency")
        && let Some(slots) = entry.whole(report, 0)
    {
        limits.push(common.limit(Dimension::Concurrency, Quota::concurrency(slots)));
    }
    if limits.is_empty() && !section.has_rates() {
        let remedy = "write how much per how long, such as requests_per_minute = 500, or concurrency = 64";
        section.wrong(report, Wrong::new("the limit has no rate", remedy));
    }
    section.finish(report);
    let Some(provider) = provider else { return Vec::new() };
    limits.into_iter().map(|limit| ProviderLimit { provider: provider.clone(), limit }).collect()
}

/// The provider that the table names.
fn provider(section: &mut Section<'_>, providers: &[String], report: &mut Report<'_>) -> Option<String> {
    let Some(entry) = section.take("provider") else {
        section.wrong(
            report,
            Wrong::new("`provider` is missing", "write provider = \"openai\", or another name"),
        );
        return None;
    };
    entry.meant(report, |text| {
        if providers.iter().any(|known| known == text) {
            return Ok(text.to_owned());
        }
        let remedy = match suggest::nearest(text, providers.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("write a [providers.{text}] table with its base_url, or take a built-in name"),
        };
        Err(Wrong::new(format!("no provider is called `{text}`"), remedy))
    })
}

impl Common {
    fn read(section: &mut Section<'_>, report: &mut Report<'_>) -> Self {
        let mut text = |key, meaning: fn(&str) -> Result<String, Wrong>| {
            section.take(key).and_then(|entry: Entry<'_>| entry.meant(report, meaning))
        };
        let scope =
            Scope { model: text("model", glob), endpoint: text("endpoint", endpoint), ..Scope::ACCOUNT };
        let zone = text("time_zone", zone);
        let counts = section.take("enforcement").and_then(|entry| entry.meant(report, counts));
        let provisional = section.take("provisional").and_then(|entry| entry.flag(report)).unwrap_or(false);
        let headroom_permille =
            section.take("headroom").and_then(|entry| headroom(&entry, report)).unwrap_or(0);
        Self { scope, provisional, headroom_permille, zone, counts }
    }

    /// A limit of this table.
    fn limit(&self, dimension: Dimension, quota: Quota) -> Limit {
        Limit {
            scope: self.scope.clone(),
            provisional: self.provisional,
            headroom_permille: self.headroom_permille,
            ..Limit::new(dimension, quota)
        }
    }
}

/// Every `..._per_...` key of the table.
fn rates(section: &mut Section<'_>, common: &Common, report: &mut Report<'_>) -> Vec<Limit> {
    let mut limits = Vec::new();
    for (dimension, counted) in COUNTED {
        for per in Per::ALL {
            let Some(entry) = section.take(format!("{counted}_per_{}", per.name())) else { continue };
            let Some(number) = entry.decimal(report) else { continue };
            match quota(dimension, per, &number, common.counts) {
                Ok(quota) => {
                    let zone = per.is_civil().then(|| common.zone.clone()).flatten();
                    limits.push(Limit { zone, ..common.limit(dimension, quota) });
                }
                Err(wrong) => entry.wrong(report, wrong),
            }
        }
    }
    limits
}

/// The quota of one rate.
fn quota(dimension: Dimension, per: Per, number: &str, counts: Option<Counts>) -> Result<Quota, Wrong> {
    let mut amount = Exact::read(number)?;
    if dimension == Dimension::Money {
        // Money is counted in millionths of a dollar; the reader of numbers allows no smaller part.
        let millionths = amount.times(1_000_000);
        amount = Exact { units: millionths.unwrap_or(u64::MAX), scale: 1 };
    }
    let Some(counts) = counts else { return per.quota(amount) };
    let plain = Quota { period: per.length(), refill: Refill::Continuous, ..per.quota(amount)? };
    let calendar = |refill: fn(_) -> Refill| {
        per.calendar().map(refill).ok_or_else(|| {
            Wrong::new(
                "no calendar has windows of a second",
                "write the rate per minute, or another enforcement",
            )
        })
    };
    let refill = match counts {
        Counts::Bucket => Refill::Continuous,
        Counts::Fixed if per == Per::Second => Refill::FixedWindow,
        Counts::Fixed => calendar(Refill::CalendarWindow)?,
        Counts::Sliding => Refill::SlidingWindow,
        Counts::Counter => calendar(Refill::WeightedCounter)?,
    };
    if refill == Refill::Continuous {
        per.quota(amount).map(|quota| quota.refill(refill))
    } else {
        Ok(plain.refill(refill))
    }
}

/// Gives the burst to the rate that it belongs to: that of requests, or the only one.
fn burst(section: &mut Section<'_>, limits: &mut [Limit], report: &mut Report<'_>) {
    let Some(entry) = section.take("burst") else { return };
    let Some(burst) = entry.whole(report, 1) else { return };
    let continuous = |limit: &&mut Limit| limit.quota.refill == Refill::Continuous;
    let mut own: Vec<&mut Limit> = limits.iter_mut().filter(continuous).collect();
    if own.iter().any(|limit| limit.dimension == Dimension::Requests) {
        own.retain(|limit| limit.dimension == Dimension::Requests);
    }
    match own.as_mut_slice() {
        [limit] => limit.quota.burst = Some(burst),
        [] => entry.wrong(
            report,
            Wrong::new("no rate here has a burst", "remove it; only limits that refill evenly have one"),
        ),
        _ => entry.wrong(
            report,
            Wrong::new("it is not clear whose burst this is", "give each rate a [[limits]] table of its own"),
        ),
    }
}

/// The share of the limit left unused, in thousandths.
fn headroom(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<u16> {
    let number = entry.decimal(report)?;
    let permille = Exact::read(&number).ok().filter(|share| share.units < share.scale || share.units == 0);
    let permille = permille.and_then(|share| share.times(1_000)).and_then(|share| u16::try_from(share).ok());
    if permille.is_none() {
        let remedy = "write a share from 0.0 to 0.999, such as 0.05";
        entry.wrong(report, Wrong::new(format!("`{number}` is not a share of the limit"), remedy));
    }
    permille
}

/// A pattern over models.
fn glob(text: &str) -> Result<String, Wrong> {
    if !text.is_empty() {
        return Ok(text.to_owned());
    }
    Err(Wrong::new("no model has an empty name", "write a model such as \"gpt-4o*\", or remove the key"))
}

/// A pattern over the paths of a provider.
fn endpoint(text: &str) -> Result<String, Wrong> {
    if text.starts_with('/') || text.starts_with('*') {
        return Ok(text.to_owned());
    }
    Err(Wrong::new(format!("`{text}` is not an endpoint"), "write its path, such as \"/v1/embeddings\""))
}

/// The name of a time zone, as the time zone database has it.
fn zone(text: &str) -> Result<String, Wrong> {
    match jiff::tz::TimeZone::get(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(Wrong::new(
            format!("no time zone is called `{text}`"),
            "write a name of the time zone database, such as \"UTC\" or \"Europe/Berlin\"",
        )),
    }
}

/// How the provider counts.
fn counts(text: &str) -> Result<Counts, Wrong> {
    const NAMES: [(&str, Counts); 4] = [
        ("bucket", Counts::Bucket),
        ("fixed", Counts::Fixed),
        ("sliding", Counts::Sliding),
        ("counter", Counts::Counter),
    ];
    NAMES.into_iter().find(|&(name, _)| name == text).map(|(_, counts)| counts).ok_or_else(|| {
        Wrong::new(
            format!("no enforcement is called `{text}`"),
            "take \"bucket\", \"fixed\", \"sliding\" or \"counter\"; without the key it is learned",
        )
    })
}
