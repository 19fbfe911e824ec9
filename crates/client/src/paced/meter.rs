//! `Meter`: reads an answer's usage while it passes, and ends its permit once: at the end, at an error, or dropped.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tidegate::{Clock, Permit};
use tidegate_core::{Class, Cost, Timestamp, Usage};
use tidegate_provider::{Adapter, Endpoint, Reading, UsageReader, settlement};

use super::{BodyEnd, Event, Watch};

/// How often a long answer tells that it is alive, even if it does not say what it has used so far. Much shorter
/// than the age at which a reservation is taken for lost.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Follows the body of one answer.
pub(crate) struct Meter {
    adapter: &'static dyn Adapter,
    endpoint: Endpoint,
    estimate: Cost,
    clock: std::sync::Arc<dyn Clock>,
    watch: Watch,
    sent_at: Timestamp,
    /// Whether a byte has come yet.
    begun: bool,
    /// What the permit was last told, and when.
    told: Option<Usage>,
    told_at: Timestamp,
    /// Both are there until the body ends. A call that no limit governs has no permit.
    reader: Option<UsageReader>,
    permit: Option<Permit>,
}

/// What a meter needs to know of its call.
pub(crate) struct Metered<'call> {
    pub(crate) adapter: &'static dyn Adapter,
    pub(crate) endpoint: Endpoint,
    pub(crate) estimate: Cost,
    pub(crate) clock: std::sync::Arc<dyn Clock>,
    pub(crate) watch: Watch,
    pub(crate) sent_at: Timestamp,
    pub(crate) headers: &'call HeaderMap,
    pub(crate) permit: Option<Permit>,
}

impl Meter {
    pub(crate) fn new(of: Metered<'_>) -> Self {
        let text = |name| of.headers.get(name).and_then(|value| value.to_str().ok());
        let reader = of.adapter.usage_reader(of.endpoint, text(CONTENT_TYPE), text(CONTENT_ENCODING));
        Self {
            adapter: of.adapter,
            endpoint: of.endpoint,
            estimate: of.estimate,
            clock: of.clock,
            watch: of.watch,
            sent_at: of.sent_at,
            begun: false,
            told: None,
            told_at: of.sent_at,
            reader: Some(reader),
            permit: of.permit,
        }
    }

    /// A piece of the body passes.
    pub(crate) fn push(&mut self, chunk: &Bytes) {
        if !self.begun && !chunk.is_empty() {
            self.begun = true;
            (self.watch)(&Event::FirstByte { after: self.since_sent() });
        }
        let Some(reader) = &mut self.reader else { return };
        reader.push(chunk);
        let so_far = reader.so_far();
        let Some(permit) = &self.permit else { return };
        let now = self.clock.now();
        if so_far != self.told || now.since(self.told_at) >= SIGN_OF_LIFE {
            permit.progress(&so_far.unwrap_or_default());
            (self.told, self.told_at) = (so_far, now);
        }
    }

    /// The body has ended: settles, once. `None` when it had ended before.
    pub(crate) fn finish(&mut self, end: BodyEnd) -> Option<Reading> {
        let reading = self.reader.take()?.finish();
        if let Some(permit) = self.permit.take() {
            self.settle(permit, &reading, end);
        }
        let class = match (&reading.error, end) {
            (Some(verdict), _) => verdict.class,
            (None, BodyEnd::Broken) => Class::ServerError,
            (None, BodyEnd::Whole | BodyEnd::GivenUp) => Class::Ok,
        };
        let after = self.since_sent();
        (self.watch)(&Event::Ended { end, class, usage: reading.usage, estimate: self.estimate, after });
        Some(reading)
    }

    /// From sending until now.
    pub(crate) fn since_sent(&self) -> Duration {
        self.clock.now().since(self.sent_at)
    }

    /// Ends the permit with what the provider counts: as the answer states it, else by the text that went by. Where
    /// neither says anything the estimate stands: too much for a moment is better than refusals, and the next
    /// answer's headers put it right.
    fn settle(&self, permit: Permit, reading: &Reading, end: BodyEnd) {
        if let Some(verdict) = &reading.error {
            permit.observe(&verdict.feedback(Vec::new()));
        }
        let settled = settlement(self.adapter, self.endpoint, reading, &permit.estimate());
        match (settled, &reading.error) {
            // What broke off says nothing of how much such calls produce.
            (Some(settled), _) => {
                permit.settle_charged(settled.charge, (end == BodyEnd::Whole).then_some(settled.usage))
            }
            (None, Some(verdict)) if end == BodyEnd::Whole => {
                let charge = self.adapter.charge_refused(&permit.estimate(), verdict.class);
                permit.settle_charged(charge, None);
            }
            (None, _) => permit.cancel(),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.finish(BodyEnd::GivenUp);
    }
}
