//! `Credit`: what models cost, and when the provider is asked anew how much credit is left.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidegate::Limiter;
use tidegate_core::{Dimension, Observation, Price, Timestamp};
use tidegate_provider::discovery::credit_left;
use tidegate_provider::{Dialect, Prices, Verdict};
use tracing::info;

use crate::Asker;

/// How long what was told of credit is believed. A call that it cannot pay for is then tried against the provider, who
/// may have been paid meanwhile; shorter, and each of many such calls would be a question.
const BELIEVED: Duration = Duration::from_secs(30);

/// The most models of no known price that are told apart.
const TOLD_MAX: usize = 1_024;

/// The money side of one account's calls. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Credit {
    prices: Arc<Prices>,
    asker: Option<Arc<Asker>>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// When somebody told how much is left, or was asked.
    told_at: Option<Timestamp>,
    /// Models whose price nobody knows.
    unpriced: BTreeSet<String>,
}

impl Credit {
    pub(super) fn set_prices(&mut self, prices: Arc<Prices>) {
        self.prices = prices;
    }

    pub(super) fn set_asker(&mut self, asker: Asker) {
        self.asker = Some(Arc::new(asker));
    }

    /// What a model costs.
    pub(super) fn price(&self, dialect: Dialect, model: Option<&str>) -> Option<Price> {
        if self.prices.is_empty() { None } else { self.prices.of(dialect, model?) }
    }

    /// Whether a model of no known price is met for the first time, though money is limited: its calls are not charged
    /// before they are answered.
    pub(super) fn is_news(&self, model: &str, limiter: &Limiter) -> bool {
        if self.prices.is_empty() && self.asker.is_none() || self.lock().unpriced.contains(model) {
            return false;
        }
        if !limiter.counts(Dimension::Money) {
            return false;
        }
        let mut state = self.lock();
        let is_news = state.unpriced.len() < TOLD_MAX && state.unpriced.insert(model.to_owned());
        drop(state);
        if is_news {
            info!(
                model,
                "its price is not known: calls are charged to the limit in money once they are answered"
            );
        }
        is_news
    }

    /// What a refusal for want of credit says is left of it: the input and the output that it would pay for.
    pub(super) fn told(
        &self,
        verdict: &Verdict,
        price: Option<Price>,
        input: u64,
        now: Timestamp,
    ) -> Option<Observation> {
        let left = price?.of(input, verdict.affordable_output()?);
        self.lock().told_at = Some(now);
        Some(Observation {
            remaining: Some(left),
            reach: tidegate_core::Reach::Account,
            ..Observation::of(Dimension::Money)
        })
    }

    /// A call cannot be paid for, as far as is known. Finds out whether that is so still, not too often; says whether it
    /// is worth another try.
    pub(super) async fn is_renewed(&self, limiter: &Limiter) -> bool {
        let now = limiter.clock().now();
        {
            let mut state = self.lock();
            if state.told_at.is_some_and(|at| now.since(at) < BELIEVED) {
                return false;
            }
            state.told_at = Some(now);
        }
        let Some(asker) = &self.asker else {
            // Nobody can be asked: the next call is the question.
            limiter.credit(None);
            return true;
        };
        let discovered = asker.limits().await;
        let left = credit_left(&discovered.found);
        if left.is_some() {
            limiter.credit(left);
        }
        left.is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
