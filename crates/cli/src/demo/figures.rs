//! `Figures`: what a demo comes to, from the gateway's status and the emulated providers' own counts.

use std::time::Duration;

use serde_json::{Value, json};
use tidegate_sim::{Charged, LimitUse, Stats};

use super::status::{Limit, Status};

/// What a demo comes to.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    /// Calls that the callers made.
    pub(super) requests: usize,
    /// Calls that the providers answered.
    pub(super) answered: u64,
    /// Calls that the providers refused because a limit was reached.
    pub(super) refused: u64,
    /// The shortest time in which the providers' limits allow this work.
    pub(super) ideal: Duration,
    /// The time that it took, from the first arrival to the last admission.
    pub(super) span: Duration,
    /// Every limit as the gateway knows it, with the name of its provider.
    pub(super) limits: Vec<(String, Limit)>,
}

impl Figures {
    /// The figures of `requests` calls, from what the gateway and each provider say now.
    pub(super) fn of(requests: usize, status: &Status, providers: &[Stats]) -> Self {
        let limits = status.limits().map(|(provider, limit)| (provider.to_owned(), limit.clone()));
        Self {
            requests,
            answered: providers.iter().map(|stats| stats.answered).sum(),
            refused: providers.iter().map(|stats| stats.refused).sum(),
            ideal: providers.iter().map(ideal).max().unwrap_or_default(),
            span: providers.iter().map(span).max().unwrap_or_default(),
            limits: limits.collect(),
        }
    }

    /// The ideal time as a share of the time that it took; `None` before there is any.
    pub(super) fn efficiency(&self) -> Option<f64> {
        (!self.span.is_zero()).then(|| self.ideal.as_secs_f64() / self.span.as_secs_f64())
    }

    /// The figures for another program.
    pub(super) fn json(&self, status_url: &str) -> Value {
        let limits = self.limits.iter().map(|(provider, limit)| {
            let mut value = json!(limit);
            value["provider"] = json!(provider);
            value
        });
        json!({
            "requests": self.requests,
            "answered": self.answered,
            "refused": self.refused,
            "efficiency": self.efficiency().map(|share| (share * 1e4).round() / 1e4),
            "limits": limits.collect::<Vec<_>>(),
            "status_url": status_url,
        })
    }
}

/// The shortest time in which one provider's limits admit what was charged to them: buckets that are full at first,
/// as the demo's providers have them. Their one model makes what was charged altogether the charge of each limit.
fn ideal(stats: &Stats) -> Duration {
    let of_limit = |limit: &LimitUse| {
        let beyond = charged(&stats.charged, limit.dimension).saturating_sub(limit.limit);
        Duration::from_secs_f64(beyond as f64 * limit.window_s as f64 / limit.limit.max(1) as f64)
    };
    stats.limits.iter().map(of_limit).max().unwrap_or_default()
}

/// What was charged to the limits of one dimension.
fn charged(charged: &Charged, dimension: &str) -> u64 {
    match dimension {
        "requests" => charged.requests,
        "input_tokens" => charged.input_tokens,
        "output_tokens" => charged.output_tokens,
        "total_tokens" => charged.total_tokens,
        _ => 0,
    }
}

/// From the first arrival at a provider to its last admission.
fn span(stats: &Stats) -> Duration {
    let (first, last) = (stats.first_arrival_ms.unwrap_or(0), stats.last_admission_ms.unwrap_or(0));
    Duration::from_millis(last.saturating_sub(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(requests: u64, total_tokens: u64) -> Stats {
        let limit =
            |dimension, limit| LimitUse { dimension, scope: String::new(), window_s: 60, limit, used: 0 };
        Stats {
            limits: vec![limit("requests", 240), limit("total_tokens", 46_000)],
            charged: Charged { requests, total_tokens, ..Charged::default() },
            first_arrival_ms: Some(500),
            last_admission_ms: Some(25_500),
            ..Stats::default()
        }
    }

    #[test]
    fn the_ideal_is_that_of_the_strictest_limit() {
        let figures = Figures::of(320, &Status::default(), &[stats(320, 50_000)]);
        assert_eq!(figures.ideal, Duration::from_secs(20));
        assert_eq!(figures.efficiency(), Some(0.8));
    }

    #[test]
    fn work_that_fits_into_the_burst_takes_no_time_at_best() {
        assert_eq!(ideal(&stats(200, 40_000)), Duration::ZERO);
        assert_eq!(Figures::of(0, &Status::default(), &[]).efficiency(), None);
    }

    #[test]
    fn the_json_has_the_keys_that_scripts_rely_on() {
        let json = Figures::of(320, &Status::default(), &[stats(320, 50_000)]).json("http://h/api/v1/status");
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["answered", "efficiency", "limits", "refused", "requests", "status_url"]);
    }
}
