//! `Meter`: reads an answer's usage while it passes, and ends its permit once: at the end, at an error, or dropped.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use tidegate::{Clock, Permit};
use tidegate_core::{Class, Comparison, Dimension, Price, Timestamp, Usage};
use tidegate_provider::{
    Adapter, Basis, Charged, Ending, Endpoint, Reading, Settlement, UsageReader, settlement,
};

use super::histories::{Histories, History};
use super::{BodyEnd, Event, Watch};

/// How often a long answer tells that it is alive, even if it does not say what it has used so far. Much shorter
/// than the age at which a reservation is taken for lost.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Follows the body of one answer.
pub(crate) struct Meter {
    adapter: &'static dyn Adapter,
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
    watch: Watch,
    sent_at: Timestamp,
    /// What the head of the answer says that the provider counted.
    charged: Vec<Charged>,
    history: Option<KeptHistory>,
    /// Whether the answer comes piece by piece.
    streams: bool,
    /// What the model costs, where that is known.
    price: Option<Price>,
    /// When its first byte came.
    begun: Option<Timestamp>,
    /// What the permit was last told, and when.
    told: Option<Usage>,
    told_at: Timestamp,
    /// Both are there until the body ends. A call that no limit governs has no permit.
    reader: Option<UsageReader>,
    permit: Option<Permit>,
    /// What the body told, once it has ended.
    reading: Option<Reading>,
}

/// What a meter needs to know of its call.
pub(crate) struct Metered<'call> {
    pub(crate) adapter: &'static dyn Adapter,
    pub(crate) endpoint: Endpoint,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) watch: Watch,
    pub(crate) sent_at: Timestamp,
    pub(crate) headers: &'call HeaderMap,
    pub(crate) charged: Vec<Charged>,
    pub(crate) history: Option<KeptHistory>,
    pub(crate) streams: bool,
    pub(crate) price: Option<Price>,
    pub(crate) permit: Option<Permit>,
}

/// Where what a conversation weighs is kept.
pub(crate) struct KeptHistory {
    pub(crate) histories: Arc<Histories>,
    /// The lane of the call.
    pub(crate) lane: String,
    /// The name by which the call continued it, where it did.
    pub(crate) continues: Option<String>,
}

impl Meter {
    pub(crate) fn new(of: Metered<'_>) -> Self {
        let text = |name| of.headers.get(name).and_then(|value| value.to_str().ok());
        let reader = of.adapter.usage_reader(of.endpoint, text(CONTENT_TYPE), text(CONTENT_ENCODING));
        Self {
            adapter: of.adapter,
            endpoint: of.endpoint,
            clock: of.clock,
            watch: of.watch,
            sent_at: of.sent_at,
            charged: of.charged,
            history: of.history,
            streams: of.streams,
            price: of.price,
            begun: None,
            told: None,
            told_at: of.sent_at,
            reader: Some(reader),
            permit: of.permit,
            reading: None,
        }
    }

    /// A piece of the body passes.
    pub(crate) fn push(&mut self, chunk: &Bytes) {
        let now = self.clock.now();
        if self.begun.is_none() && !chunk.is_empty() {
            self.begun = Some(now);
            (self.watch)(&Event::FirstByte { after: now.since(self.sent_at) });
            if let Some(permit) = self.permit.as_ref().filter(|_| self.streams) {
                permit.first_byte();
            }
        }
        let Some(reader) = &mut self.reader else { return };
        reader.push(chunk);
        // A document says what it used when it is all there, which settles it.
        let so_far = if self.streams { reader.so_far() } else { None };
        let Some(permit) = &self.permit else { return };
        if so_far != self.told || now.since(self.told_at) >= SIGN_OF_LIFE {
            permit.progress(&so_far.unwrap_or_default());
            (self.told, self.told_at) = (so_far, now);
        }
    }

    /// The connection says that the body has ended so: settles, once, and gives how it ended by its own word. An answer
    /// may be closed in good order and lack its end; and one that has told its end is whole, whatever follows.
    pub(crate) fn close(&mut self, end: BodyEnd) -> Option<BodyEnd> {
        let reading = self.reader.take()?.finish();
        let end = match (reading.ending, end) {
            (Ending::Missing, BodyEnd::Whole) => BodyEnd::Broken,
            (Ending::Told, _) => BodyEnd::Whole,
            (_, end) => end,
        };
        self.end(reading, end);
        Some(end)
    }

    /// Who reads the body says that it has ended so: settles, once.
    pub(crate) fn finish(&mut self, end: BodyEnd) {
        if let Some(reader) = self.reader.take() {
            self.end(reader.finish(), end);
        }
    }

    fn end(&mut self, reading: Reading, end: BodyEnd) {
        let compared = self.permit.take().and_then(|permit| {
            self.tell_pace(&permit, &reading);
            self.remember(&permit, &reading);
            self.settle(permit, &reading, end)
        });
        let class = match (&reading.error, end) {
            (Some(verdict), _) => verdict.class,
            (None, BodyEnd::Broken) => Class::ServerError,
            (None, BodyEnd::Whole | BodyEnd::GivenUp) => Class::Ok,
        };
        let after = self.since_sent();
        (self.watch)(&Event::Ended { end, class, usage: reading.usage, compared, after });
        self.reading = Some(reading);
    }

    /// What the body told, once it has ended.
    pub(crate) fn take_reading(&mut self) -> Option<Reading> {
        self.reading.take()
    }

    /// From sending until now.
    pub(crate) fn since_sent(&self) -> Duration {
        self.clock.now().since(self.sent_at)
    }

    /// How long an answer in one piece took for its length tells how busy the provider is; a stream has told it already.
    fn tell_pace(&self, permit: &Permit, reading: &Reading) {
        let usage = reading.stated().filter(|_| !self.streams && reading.error.is_none());
        if let Some((usage, begun)) = usage.zip(self.begun) {
            permit.in_one_piece(usage.output_tokens, begun);
        }
    }

    /// Ends the permit with what the provider counts: as the answer states it, else by the text that went by. Where
    /// neither says anything the estimate stands: too much for a moment is better than refusals, and the next
    /// answer's headers put it right.
    fn settle(&self, permit: Permit, reading: &Reading, end: BodyEnd) -> Option<Comparison> {
        if let Some(verdict) = &reading.error {
            permit.observe(&verdict.feedback(Vec::new()));
        }
        let estimate = if reading.stated().is_some() { permit.estimate() } else { permit.reserved() };
        let settled = settlement(self.adapter, self.endpoint, reading, &self.charged, &estimate);
        let settled = settled.map(|settled| self.paid(settled, reading));
        match (settled, &reading.error) {
            // What broke off says nothing of how much such calls produce.
            (Some(settled), _) if end != BodyEnd::Whole => permit.settle_charged(settled.charge, None),
            (Some(settled), _) => match settled.basis {
                Basis::Stated => permit.settle_charged(settled.charge, Some(settled.usage)),
                Basis::Streamed => permit.settle_reckoned(settled.charge, settled.usage),
            },
            (None, Some(verdict)) if end == BodyEnd::Whole => {
                let charge = self.adapter.charge_refused(&permit.estimate(), verdict.class);
                permit.settle_charged(charge, None)
            }
            (None, _) => {
                permit.cancel();
                None
            }
        }
    }

    /// What a call cost: as its answer says, else by its model's price.
    fn paid(&self, settled: Settlement, reading: &Reading) -> Settlement {
        let Some(price) = self.price.filter(|_| reading.details.cost_microdollars.is_none()) else {
            return settled;
        };
        let cost = price.of(settled.usage.input_tokens, settled.usage.output_tokens);
        Settlement { charge: settled.charge.with(Dimension::Money, cost), ..settled }
    }

    /// Keeps what the conversation weighs now under each name by which it may be continued.
    fn remember(&self, permit: &Permit, reading: &Reading) {
        let Some(kept) = self.history.as_ref().filter(|_| reading.error.is_none()) else { return };
        let history = History::after(reading, &permit.reserved(), kept.lane.clone());
        let told = [&reading.conversation, &reading.answer];
        // An answer that names nothing goes on with what was continued.
        let named = told.iter().any(|name| name.is_some());
        let names = told.into_iter().chain((!named).then_some(&kept.continues));
        for name in names.flatten() {
            kept.histories.spoke(name, history.clone(), self.clock.now());
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.close(BodyEnd::GivenUp);
    }
}
