//! `Report`: everything that is known of an account's limits, usage and credit, with who says so and when; as JSON.

use std::time::Duration;

use serde::Serialize;
use tidegate_client::BaseUrl;
use tidegate_core::{Dimension, Learned, Limit, Observation, Reach};
use tidegate_provider::discovery::{Credit, Found, Whose};

use super::probe::Probed;

/// What is printed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) provider: String,
    pub(super) base_url: String,
    pub(super) limits: Vec<Line>,
    pub(super) usage: Vec<Used>,
    /// `None` where nobody tells of money.
    pub(super) credit: Option<Money>,
}

/// A limit. Money is in US dollars, everything else is counted.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    /// What it holds for: `account`, or models by name.
    pub(super) scope: String,
    /// The models that it holds for; empty for all.
    #[serde(skip)]
    models: Vec<String>,
    pub(super) dimension: &'static str,
    /// `None` where no period is told, as for what may be under way at once.
    pub(super) window_s: Option<u64>,
    pub(super) limit: Option<Amount>,
    pub(super) remaining: Option<Amount>,
    pub(super) reset_ms: Option<u64>,
    pub(super) source: Source,
    /// How old what is told is.
    pub(super) age_s: u64,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    /// The provider's own endpoint, just now.
    Endpoint,
    /// The same, earlier.
    Cache,
    /// The headers of an answer, just now.
    Answer,
    /// The headers of earlier answers.
    Learned,
    /// The provider's documentation.
    Documentation,
}

/// What was used in a calendar period (UTC).
#[derive(Debug, Serialize)]
pub(super) struct Used {
    pub(super) period: &'static str,
    pub(super) dimension: &'static str,
    pub(super) amount: Amount,
}

/// Money, in US dollars.
#[derive(Debug, Serialize)]
pub(super) struct Money {
    pub(super) limit: Option<f64>,
    pub(super) remaining: Option<f64>,
    pub(super) used: Option<f64>,
    pub(super) currency: &'static str,
    pub(super) source: Source,
    pub(super) age_s: u64,
}

/// A count, or dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Amount {
    Count(u64),
    Dollars(f64),
}

impl Report {
    pub(super) fn new(provider: &str, base: &BaseUrl) -> Self {
        let (provider, base_url) = (provider.to_owned(), base.to_string());
        Self { provider, base_url, limits: Vec::new(), usage: Vec::new(), credit: None }
    }

    /// Whether nobody tells anything of this account; what a documentation says of all is not about it.
    pub(super) fn is_empty(&self) -> bool {
        self.usage.is_empty()
            && self.credit.is_none()
            && self.limits.iter().all(|limit| limit.source == Source::Documentation)
    }

    /// Adds what the provider's own endpoint tells.
    pub(super) fn add_found(&mut self, found: &Found, source: Source, age: Duration) {
        self.limits.extend(found.limits.iter().map(|limit| Line {
            models: match &limit.whose {
                Whose::Models(models) => models.clone(),
                Whose::Project { model, .. } => model.clone().into_iter().collect(),
                Whose::Account | Whose::Other(_) => Vec::new(),
            },
            limit: Some(amount(limit.dimension, limit.limit)),
            ..Line::of(limit.whose.to_string(), limit.dimension, limit.window, source, age)
        }));
        self.usage.extend(found.usage.iter().map(|used| Used {
            period: used.period.name(),
            dimension: used.dimension.name(),
            amount: amount(used.dimension, used.amount),
        }));
        if found.credit != Credit::default() {
            let Credit { limit, remaining, used, .. } = found.credit;
            let age_s = age.as_secs();
            let [limit, remaining, used] = [limit, remaining, used].map(|micros| micros.map(dollars));
            self.credit = Some(Money { limit, remaining, used, currency: "USD", source, age_s });
        }
    }

    /// Adds what the headers of one answer state.
    pub(super) fn add_probed(&mut self, probed: &Probed) {
        let line = |limit: &Observation| {
            let models = match limit.reach {
                Reach::Lane => vec![probed.model.clone()],
                Reach::Account => Vec::new(),
            };
            let scope = models.first().cloned().unwrap_or_else(|| "account".to_owned());
            Line {
                models,
                limit: limit.limit.map(|count| amount(limit.dimension, count)),
                remaining: limit.remaining.map(|count| amount(limit.dimension, count)),
                reset_ms: limit.reset.map(|reset| u64::try_from(reset.as_millis()).unwrap_or(u64::MAX)),
                ..Line::of(scope, limit.dimension, limit.window, Source::Answer, Duration::ZERO)
            }
        };
        self.limits.extend(probed.limits.iter().map(line));
    }

    /// Adds what earlier answers taught, apart from what an answer has just stated.
    pub(super) fn add_learned(&mut self, learned: &Learned, age: Duration) {
        let lines = learned.limits.iter().map(|limit| {
            let scope = limit.model.clone().unwrap_or_else(|| "account".to_owned());
            // A period that was only assumed is none that anybody tells.
            let window = Some(limit.period).filter(|_| !limit.period_assumed);
            Line {
                models: limit.model.clone().into_iter().collect(),
                limit: Some(amount(limit.dimension, limit.amount)),
                ..Line::of(scope, limit.dimension, window, Source::Learned, age)
            }
        });
        let is_stated = |line: &Line| {
            let same = |stated: &&Line| (stated.dimension, &stated.scope) == (line.dimension, &line.scope);
            self.limits.iter().filter(same).any(|stated| stated.source == Source::Answer)
        };
        let lines: Vec<Line> = lines.filter(|line| !is_stated(line)).collect();
        self.limits.extend(lines);
    }

    /// Adds what the provider's documentation states for everybody.
    pub(super) fn add_documented(&mut self, limits: &[Limit]) {
        self.limits.extend(limits.iter().map(|limit| {
            let scope = limit.scope.model.clone().unwrap_or_else(|| "account".to_owned());
            let counted = amount(limit.dimension, limit.quota.amount);
            let window = Some(limit.quota.period);
            let line = Line::of(scope, limit.dimension, window, Source::Documentation, Duration::ZERO);
            Line { models: limit.scope.model.clone().into_iter().collect(), limit: Some(counted), ..line }
        }));
    }

    /// The same with the limits alone that calls to a model meet.
    pub(super) fn of_model(mut self, model: Option<&str>) -> Self {
        if let Some(model) = model {
            let is_met = |glob: &String| tidegate_core::Scope::model(glob.as_str()).matches(model, "");
            self.limits.retain(|limit| limit.models.is_empty() || limit.models.iter().any(is_met));
        }
        self
    }

    /// The report as JSON for people and programs.
    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers are JSON")
    }
}

impl Line {
    fn of(
        scope: String,
        dimension: Dimension,
        window: Option<Duration>,
        source: Source,
        age: Duration,
    ) -> Self {
        Self {
            scope,
            models: Vec::new(),
            dimension: dimension.name(),
            window_s: window.map(|window| window.as_secs()).filter(|seconds| *seconds > 0),
            limit: None,
            remaining: None,
            reset_ms: None,
            source,
            age_s: age.as_secs(),
        }
    }
}

fn amount(dimension: Dimension, amount: u64) -> Amount {
    match dimension {
        Dimension::Money => Amount::Dollars(dollars(amount)),
        _ => Amount::Count(amount),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a sum of money to look at; 52 bits hold billions of dollars")]
fn dollars(micros: u64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use tidegate_provider::discovery::FoundLimit;

    use super::*;

    fn report(whose: Vec<Whose>) -> Report {
        let limit = |whose| FoundLimit {
            whose,
            dimension: Dimension::Requests,
            window: Some(Duration::from_secs(60)),
            limit: 60,
            used_today: None,
        };
        let found = Found { limits: whose.into_iter().map(limit).collect(), ..Found::default() };
        let mut report = Report::new("openai", &BaseUrl::parse("https://api.openai.com").unwrap());
        report.add_found(&found, Source::Cache, Duration::from_secs(90));
        report
    }

    #[test]
    fn a_model_meets_its_own_limits_and_those_of_all() {
        let of = |name: &str| Whose::Models(vec![name.to_owned()]);
        let met = report(vec![Whose::Account, of("m"), of("n")]).of_model(Some("m"));
        assert_eq!(met.limits.iter().map(|limit| limit.scope.as_str()).collect::<Vec<_>>(), ["account", "m"]);
    }

    #[test]
    fn what_a_documentation_says_of_everybody_tells_nothing_of_an_account() {
        let mut report = report(Vec::new());
        report.add_documented(&[Limit::new(Dimension::Requests, tidegate_core::Quota::per_minute(20))]);
        assert!(report.is_empty() && report.limits.len() == 1);
        assert_eq!(self::report(vec![Whose::Account]).limits[0].age_s, 90);
    }
}
