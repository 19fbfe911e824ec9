//! `Family`: one metric with its series, one a set of label values.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::histogram::Histogram;
use super::text::{Kind, Page};

/// The most series of one metric. Labels are bounded where they are made, so this only catches a mistake there.
const SERIES_MAX: usize = 10_000;

/// One metric with its series.
#[derive(Debug)]
pub(crate) struct Family<V> {
    name: &'static str,
    help: &'static str,
    labels: &'static [&'static str],
    series: Mutex<BTreeMap<Vec<String>, V>>,
}

impl<V: Default> Family<V> {
    pub(crate) const fn new(name: &'static str, help: &'static str, labels: &'static [&'static str]) -> Self {
        Self { name, help, labels, series: Mutex::new(BTreeMap::new()) }
    }

    /// Changes the series of these label values.
    pub(crate) fn with<const N: usize>(&self, values: [&str; N], change: impl FnOnce(&mut V)) {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        if series.len() < SERIES_MAX || series.contains_key(&values) {
            change(series.entry(values).or_default());
        }
    }
}

impl Family<u64> {
    /// Writes the counters.
    pub(crate) fn write(&self, page: &mut Page) {
        page.family(self.name, self.help, Kind::Counter);
        for (values, count) in self.series.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            page.sample(self.name, self.labels, values, &count.to_string());
        }
    }
}

impl Family<Histogram> {
    /// Writes the histograms, whose buckets have these upper bounds.
    pub(crate) fn write(&self, page: &mut Page, bounds: &[f64]) {
        page.family(self.name, self.help, Kind::Histogram);
        let labels: Vec<&str> = self.labels.iter().copied().chain(["le"]).collect();
        for (values, seen) in self.series.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let mut with_bound = values.clone();
            for (bound, count) in seen.cumulative(bounds) {
                with_bound.push(bound);
                page.sample(&format!("{}_bucket", self.name), &labels, &with_bound, &count.to_string());
                with_bound.pop();
            }
            page.sample(&format!("{}_sum", self.name), self.labels, values, &seen.sum().to_string());
            page.sample(&format!("{}_count", self.name), self.labels, values, &seen.count().to_string());
        }
    }
}
