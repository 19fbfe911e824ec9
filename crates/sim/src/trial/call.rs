//! The calls of a trial, drawn before it begins, so that what one of them meets does not change the others.

use tidegate_core::{Band, Class, Cost, Feedback, Place, ReservationId, Timestamp};

use super::plan::{Faults, Plan, Span};
use super::record::{CallRecord, Fate};
use crate::rng::Rng;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    Refused,
    Failed,
    Silent,
    Dropped,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) record: CallRecord,
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) latency_ns: u64,
    pub(super) trouble: Trouble,
    pub(super) gives_up: Option<Timestamp>,
    pub(super) id: Option<ReservationId>,
    /// What is on its way back to it.
    pub(super) answer: Option<Answer>,
    pub(super) place: Option<Place>,
}

/// What a provider says to a call; a call has one answer on its way at most.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) id: ReservationId,
    pub(super) class: Class,
    pub(super) feedback: Option<Box<Feedback>>,
}

/// How many tokens of output are estimated for every call.
pub(super) const ESTIMATED_OUTPUT: u64 = 100;

impl Call {
    pub(super) fn estimate(&self) -> Cost {
        Cost::requests(1).input_tokens(self.input).output_tokens(ESTIMATED_OUTPUT)
    }

    pub(super) fn charge(&self) -> Cost {
        Cost::requests(1).input_tokens(self.input).output_tokens(self.output)
    }

    pub(super) fn tokens(&self) -> u64 {
        self.input + self.output
    }
}

/// Every call of a plan, in the order of arrival.
pub(super) fn draw(plan: &Plan, rng: &mut Rng) -> Vec<Call> {
    let work = &plan.workload;
    let length = plan.minutes * 60_000_000_000;
    let mut arrivals = vec![0; usize::try_from(work.at_once).unwrap_or(usize::MAX)];
    arrivals.extend((0..work.calls_per_minute * plan.minutes).map(|_| rng.below(length)));
    arrivals.sort_unstable();
    arrivals.into_iter().map(|at| one(plan, Timestamp::from_nanos(at), rng)).collect()
}

fn one(plan: &Plan, arrived: Timestamp, rng: &mut Rng) -> Call {
    let work = &plan.workload;
    let within = |rng: &mut Rng, [low, high]: Span| rng.between(low, high);
    let bands = [Band::Standard, Band::Interactive, Band::Batch];
    let band = bands[usize::try_from(rng.below(work.bands)).unwrap_or(0) % 3];
    let record = CallRecord {
        arrived,
        granted: None,
        turn: 0,
        attempts: 0,
        node: usize::try_from(rng.below(plan.nodes as u64)).unwrap_or(0),
        model: rng.below(work.models),
        tenant: rng.below(work.tenants),
        band,
        fate: Fate::Open,
    };
    let patience = work.patience_ms.map(|span| within(rng, span));
    Call {
        record,
        input: within(rng, work.input_tokens),
        output: within(rng, work.output_tokens),
        latency_ns: within(rng, work.latency_ms) * 1_000_000,
        trouble: trouble(&plan.faults, rng),
        gives_up: patience.map(|ms| arrived.after(std::time::Duration::from_millis(ms))),
        id: None,
        answer: None,
        place: None,
    }
}

fn trouble(faults: &Faults, rng: &mut Rng) -> Trouble {
    let kinds = [
        (faults.refused, Trouble::Refused),
        (faults.failed, Trouble::Failed),
        (faults.silent, Trouble::Silent),
        (faults.dropped, Trouble::Dropped),
    ];
    let mut drawn = rng.below(1_000);
    for (share, trouble) in kinds {
        match drawn.checked_sub(share) {
            None => return trouble,
            Some(rest) => drawn = rest,
        }
    }
    Trouble::None
}
