//! `Metrics`: what the gateway counts, under the names that people's dashboards rely on.
//!
//! Labels never carry keys, ids or prompts, and their sets are capped: a model that a caller made up cannot grow
//! them without end.

mod family;
mod gauges;
mod histogram;
mod text;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tidegate::{Band, Class, Comparison, Usage};
use tidegate_provider::Why;

use family::Family;
pub(crate) use gauges::Gauges;
use histogram::Histogram;
pub(crate) use text::{CONTENT_TYPE, Page};

/// The most pairs of provider and model that are told apart; later ones count as `other`.
const MODELS_MAX: usize = 200;

/// The longest model name in bytes that is taken for one.
const MODEL_NAME_BYTES_MAX: usize = 100;

/// Bounds in seconds of what takes from milliseconds to minutes.
const SECONDS: &[f64] =
    &[0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];

/// Bounds of estimated over used: 1 is a perfect estimate.
const RATIOS: &[f64] = &[0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0, 8.0];

/// Everything that is counted; gauges are read from the accounts when they are asked for.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<u64>,
    upstream_responses: Family<u64>,
    tokens: Family<u64>,
    retries: Family<u64>,
    ignored: Family<u64>,
    queue_wait: Family<Histogram>,
    upstream_seconds: Family<Histogram>,
    first_token: Family<Histogram>,
    estimate_error: Family<Histogram>,
    output_estimate_error: Family<Histogram>,
    models: Mutex<BTreeSet<(String, String)>>,
}

/// The provider and model of a call, as labels: known and bounded.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    provider: String,
    model: String,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            requests: Family::new(
                "tidegate_requests_total",
                "Calls of callers, by how they ended.",
                &["provider", "model", "band", "outcome"],
            ),
            upstream_responses: Family::new(
                "tidegate_upstream_responses_total",
                "Answers of providers, failures to get one included, retried ones too.",
                &["provider", "model", "class"],
            ),
            tokens: Family::new(
                "tidegate_tokens_total",
                "Tokens that answers say they used.",
                &["provider", "model", "direction"],
            ),
            retries: Family::new(
                "tidegate_retries_total",
                "Calls sent again, by what ended the attempt before.",
                &["class"],
            ),
            ignored: Family::new(
                "tidegate_headers_ignored_total",
                "Headers that look like limits but are not heeded, each name counted once a host and reason.",
                &["provider", "why"],
            ),
            queue_wait: Family::new(
                "tidegate_queue_wait_seconds",
                "How long granted calls waited for their turn.",
                &["band"],
            ),
            upstream_seconds: Family::new(
                "tidegate_upstream_seconds",
                "From sending a call to the end of its answer.",
                &["provider", "model"],
            ),
            first_token: Family::new(
                "tidegate_first_token_seconds",
                "From sending a call to the first byte of its answer's body.",
                &["provider", "model"],
            ),
            estimate_error: Family::new(
                "tidegate_estimate_error_ratio",
                "Input tokens reserved over input tokens used.",
                &["model"],
            ),
            output_estimate_error: Family::new(
                "tidegate_output_estimate_error_ratio",
                "Output tokens reserved over output tokens used.",
                &["model"],
            ),
            models: Mutex::new(BTreeSet::new()),
        }
    }

    /// The labels of a call. Beyond the bound, and for names that no model has, the model is `other`.
    pub(crate) fn labels(&self, provider: &str, model: Option<&str>) -> Labels {
        let model = model.unwrap_or_default();
        let sound = model.len() <= MODEL_NAME_BYTES_MAX && !model.chars().any(char::is_control);
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (provider.to_owned(), model.to_owned());
        let known =
            sound && (models.contains(&pair) || models.len() < MODELS_MAX && models.insert(pair.clone()));
        let model = if known { pair.1 } else { "other".to_owned() };
        Labels { provider: pair.0, model }
    }

    /// A call of a caller ended.
    pub(crate) fn request(&self, labels: &Labels, band: Band, outcome: &str) {
        self.requests.with([&labels.provider, &labels.model, band.name(), outcome], |count| *count += 1);
    }

    /// A call's turn came.
    pub(crate) fn granted(&self, band: Band, waited: Duration) {
        self.queue_wait.with([band.name()], |seen| seen.observe(SECONDS, waited.as_secs_f64()));
    }

    /// A header of a provider's answer was not heeded.
    pub(crate) fn ignored(&self, labels: &Labels, why: Why) {
        self.ignored.with([&labels.provider, why.name()], |count| *count += 1);
    }

    /// A provider answered, or failed to.
    pub(crate) fn answered(&self, labels: &Labels, class: Class) {
        self.upstream_responses.with([&labels.provider, &labels.model, class.name()], |count| *count += 1);
    }

    /// A call goes back to the queue.
    pub(crate) fn retried(&self, class: Class) {
        self.retries.with([class.name()], |count| *count += 1);
    }

    /// The first byte of an answer came.
    pub(crate) fn first_byte(&self, labels: &Labels, after: Duration) {
        self.first_token
            .with([&labels.provider, &labels.model], |seen| seen.observe(SECONDS, after.as_secs_f64()));
    }

    /// An answer came to its end.
    pub(crate) fn ended(&self, labels: &Labels, usage: Option<Usage>, after: Duration) {
        let pair = [labels.provider.as_str(), labels.model.as_str()];
        self.upstream_seconds.with(pair, |seen| seen.observe(SECONDS, after.as_secs_f64()));
        let Some(usage) = usage else { return };
        let directions = [
            ("input", usage.input_tokens),
            ("cached_input", usage.cached_input_tokens),
            ("output", usage.output_tokens),
        ];
        for (direction, tokens) in directions {
            self.tokens.with([pair[0], pair[1], direction], |count| *count = count.saturating_add(tokens));
        }
    }

    /// A call's estimate can be compared with its usage.
    pub(crate) fn estimated(&self, labels: &Labels, compared: Option<&Comparison>) {
        let Some(Comparison { input, output }) = compared else { return };
        for (family, compared) in [(&self.estimate_error, input), (&self.output_estimate_error, output)] {
            let Some(compared) = compared.filter(|compared| compared.used > 0) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a ratio for a chart needs no more than 52 bits")]
            let ratio = compared.estimated as f64 / compared.used as f64;
            family.with([labels.model.as_str()], |seen| seen.observe(RATIOS, ratio));
        }
    }

    /// Writes everything that is counted.
    pub(crate) fn write(&self, page: &mut Page) {
        for family in [&self.requests, &self.upstream_responses, &self.tokens, &self.retries, &self.ignored] {
            family.write(page);
        }
        for family in [&self.queue_wait, &self.upstream_seconds, &self.first_token] {
            family.write(page, SECONDS);
        }
        self.estimate_error.write(page, RATIOS);
        self.output_estimate_error.write(page, RATIOS);
    }
}

#[cfg(test)]
mod tests {
    use tidegate::Compared;

    use super::*;

    #[test]
    fn made_up_models_end_as_other() {
        let metrics = Metrics::new();
        for number in 0..MODELS_MAX * 2 {
            metrics.labels("openai", Some(&format!("model-{number}")));
        }
        assert_eq!(metrics.labels("openai", Some("model-0")).model, "model-0");
        assert_eq!(metrics.labels("openai", Some("model-399")).model, "other");
        assert_eq!(metrics.labels("openai", Some("line\nfeed")).model, "other");
    }

    #[test]
    fn the_page_tells_what_was_counted() {
        let metrics = Metrics::new();
        let labels = metrics.labels("openai", Some("gpt-4o"));
        metrics.request(&labels, Band::Standard, "ok");
        metrics.granted(Band::Standard, Duration::from_millis(30));
        let usage = Usage::new(10, 5);
        metrics.ended(&labels, Some(usage), Duration::from_secs(2));
        let compared = |estimated, used| Some(Compared { estimated, used });
        let comparison = Comparison { input: compared(12, 10), output: compared(20, 5) };
        metrics.estimated(&labels, Some(&comparison));
        let mut page = Page::new();
        metrics.write(&mut page);
        let text = page.finish();
        for line in [
            "tidegate_requests_total{provider=\"openai\",model=\"gpt-4o\",band=\"standard\",outcome=\"ok\"} 1",
            "tidegate_queue_wait_seconds_bucket{band=\"standard\",le=\"0.05\"} 1",
            "tidegate_queue_wait_seconds_bucket{band=\"standard\",le=\"0.02\"} 0",
            "tidegate_queue_wait_seconds_count{band=\"standard\"} 1",
            "tidegate_tokens_total{provider=\"openai\",model=\"gpt-4o\",direction=\"output\"} 5",
            "tidegate_estimate_error_ratio_bucket{model=\"gpt-4o\",le=\"1.25\"} 1",
            "tidegate_output_estimate_error_ratio_bucket{model=\"gpt-4o\",le=\"4\"} 1",
            "# TYPE tidegate_upstream_seconds histogram",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
