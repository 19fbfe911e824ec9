//! The run of a trial: one loop over the agenda and the engines' own deadlines.

use std::time::Duration;

use tidegate_core::lease::{Allocator, Grants, Step};
use tidegate_core::{
    Class, Cost, Decision, Dimension, Effect, Feedback, Request, ReservationId, Timestamp, Usage,
};

use super::book::Book;
use super::call::{Answer, Call, Trouble, draw};
use super::link::Link;
use super::node::{Node, templates};
use super::plan::Plan;
use super::provider::Provider;
use super::record::{Fate, Record};
use crate::rng::Rng;
use crate::world::agenda::Agenda;

/// How long a caller waits for an answer that never comes.
const SILENCE: Duration = Duration::from_secs(60);
/// How often a call is tried.
const ATTEMPTS_MAX: u32 = 8;
/// How long a refused call waits where the provider does not say.
const RETRY: Duration = Duration::from_millis(700);
/// A trial that goes on for this much longer than its calls arrive has lost some of them.
const TAIL: Duration = Duration::from_secs(3_600);

/// What happens. Small, since the agenda moves its entries a lot.
#[derive(Debug)]
enum Event {
    Ask { call: usize },
    Reach { call: usize },
    Answer { call: usize },
    Step(Box<(usize, Step)>),
    Grants(Box<Delivery>),
}

/// An answer of the store on its way to an instance.
#[derive(Clone, Debug)]
struct Delivery {
    node: usize,
    grants: Grants,
    /// What its leases come to, in requests and in tokens.
    coming: [u64; 2],
}

/// A trial under way.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    plan: &'a Plan,
    calls: Vec<Call>,
    next_call: usize,
    /// Who loses patience when, and how many have. Most are long answered by then, so the agenda is spared them.
    give_ups: Vec<(Timestamp, usize)>,
    given_up: usize,
    nodes: Vec<Node>,
    requests: Vec<Vec<Request>>,
    provider: Option<Provider>,
    store: Allocator,
    link: Link,
    agenda: Agenda<Event>,
    rng: Rng,
    now: Timestamp,
    turn: u64,
    refused: u64,
    book: Book,
}

impl<'a> Trial<'a> {
    pub(super) fn new(plan: &'a Plan, seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x7472_6961_6c00);
        let calls = draw(plan, &mut rng);
        let patience = calls.iter().enumerate().filter_map(|(call, it)| Some((it.gives_up?, call)));
        let mut give_ups: Vec<_> = patience.collect();
        give_ups.sort_unstable();
        let nodes = (0..plan.nodes).map(|place| Node::new(plan, place)).collect();
        Self {
            plan,
            book: Book::new(plan, calls.len()),
            calls,
            next_call: 0,
            give_ups,
            given_up: 0,
            nodes,
            requests: templates(plan),
            provider: plan.provider.as_ref().map(|provider| Provider::new(provider, seed)),
            store: Allocator::default(),
            link: Link::new(plan.store.clone()),
            agenda: Agenda::new(),
            rng,
            now: Timestamp::ZERO,
            turn: 0,
            refused: 0,
        }
    }

    pub(super) fn live(mut self) -> Record {
        for node in 0..self.nodes.len() {
            self.drain(node);
        }
        for node in 0..self.nodes.len() {
            self.touched(node);
        }
        let end = Timestamp::ZERO.after(Duration::from_secs(self.plan.minutes * 60)).after(TAIL);
        while self.now < end && self.turn_once() {}
        let nodes = self.nodes.iter().map(|node| node.record(self.now)).collect();
        let stormy = if self.plan.nodes > 1 { self.link.stormy() } else { Vec::new() };
        Record {
            calls: self.calls.iter().map(|call| call.record).collect(),
            spends: self.book.spends,
            nodes,
            refused: self.refused,
            ended: self.now,
            stormy,
        }
    }

    /// Lets the next thing happen; false when nothing is left to happen, or all calls have ended.
    fn turn_once(&mut self) -> bool {
        let mut wake: Option<(Timestamp, usize)> = None;
        for (place, node) in self.nodes.iter().enumerate() {
            if let Some(at) = node.wakes_at().filter(|at| wake.is_none_or(|(first, _)| *at < first)) {
                wake = Some((at, place));
            }
        }
        let arrival = self.calls.get(self.next_call).map(|call| call.record.arrived);
        let (agenda, give_up) = (self.agenda.next_at(), self.give_ups.get(self.given_up).copied());
        let at = |instant: Option<Timestamp>| instant.unwrap_or(Timestamp::MAX);
        let (woken, given_up) = (wake.map(|(at, _)| at), give_up.map(|(at, _)| at));
        let first = at(woken).min(at(arrival)).min(at(agenda)).min(at(given_up));
        if first == Timestamp::MAX {
            return false;
        }
        self.now = self.now.max(first);
        let touched = if let Some((_, node)) = wake.filter(|(at, _)| *at == first) {
            self.nodes[node].wake(self.now);
            self.drain(node);
            Some(node)
        } else if arrival == Some(first) {
            let call = self.next_call;
            self.next_call += 1;
            Some(self.ask(call))
        } else if let Some((_, call)) = give_up.filter(|(at, _)| *at == first) {
            self.given_up += 1;
            self.give_up(call)
        } else {
            self.agenda.pop().and_then(|(_, event)| self.happen(event))
        };
        if let Some(node) = touched {
            self.touched(node);
        }
        if self.plan.nodes > 1 {
            self.book.checkpoint(self.now);
        }
        arrival.is_some()
            || self.agenda.next_at().is_some()
            || self.given_up < self.give_ups.len()
            || self.nodes.iter().any(|node| !node.waiting.is_empty())
    }

    /// Something happened to an instance: it may want to be woken at another time, and hold other leases.
    fn touched(&mut self, node: usize) {
        self.nodes[node].arm(self.plan.late_ms, &mut self.rng);
        if self.plan.nodes > 1 {
            self.book.touched(node, &self.nodes[node], self.now);
        }
    }

    /// Lets an event happen; says to which instance it did.
    fn happen(&mut self, event: Event) -> Option<usize> {
        match event {
            Event::Ask { call } if self.calls[call].record.fate == Fate::Open => Some(self.ask(call)),
            Event::Ask { .. } => None,
            Event::Reach { call } => {
                self.reach(call);
                None
            }
            Event::Answer { call } => self.answer(call),
            Event::Step(step) => Some(self.step(&step)),
            Event::Grants(delivery) => {
                let Delivery { node, grants, coming } = *delivery;
                let taken = self.nodes[node].engine.lease(&grants, self.now);
                self.nodes[node].arrived(coming, taken);
                self.drain(node);
                Some(node)
            }
        }
    }

    /// A step of an instance reaches the store, whose answer leaves for it.
    fn step(&mut self, (node, step): &(usize, Step)) -> usize {
        let node = *node;
        let grants = self.store.step(step, self.now.as_nanos() / 1_000_000);
        let coming = worth(step, &grants);
        let arrivals = self.link.send(node, self.now, &mut self.rng);
        if arrivals == [None, None] {
            self.nodes[node].lost(coming);
        }
        for _ in arrivals.iter().flatten() {
            self.nodes[node].expect(coming);
        }
        self.deliver(arrivals, Box::new(Delivery { node, grants, coming }), Event::Grants);
        node
    }

    fn ask(&mut self, call: usize) -> usize {
        let it = &self.calls[call];
        let (node, estimate) = (it.record.node, it.estimate());
        let model = usize::try_from(it.record.model).unwrap_or(0);
        let tenant = usize::try_from(it.record.tenant).unwrap_or(0);
        let request = &mut self.requests[model][tenant];
        (request.cost, request.band, request.place) = (estimate, it.record.band, it.place);
        request.resolved = self.nodes[node].lanes.get(model).copied();
        let (id, decision) = self.nodes[node].engine.reserve(request, self.now);
        self.calls[call].id = Some(id);
        match decision {
            Decision::Grant => self.granted(call, id, self.now),
            Decision::Wait { .. } => drop(self.nodes[node].waiting.insert(id, call)),
            Decision::Reject(_) => self.calls[call].record.fate = Fate::Rejected,
        }
        self.drain(node);
        node
    }

    /// The call may go: it leaves, or its caller has lost interest.
    fn granted(&mut self, call: usize, id: ReservationId, at: Timestamp) {
        self.turn += 1;
        let it = &mut self.calls[call];
        (it.record.granted, it.record.turn) = (Some(at), self.turn);
        it.record.attempts += 1;
        let (node, estimate) = (it.record.node, it.estimate());
        it.place = self.nodes[node].engine.place(id);
        let trouble = it.trouble;
        self.book.granted(&estimate, at);
        if trouble == Trouble::Dropped {
            self.calls[call].record.fate = Fate::GivenUp;
            self.nodes[node].engine.cancel(id, self.now);
            self.book.returned(&estimate, self.now);
            return;
        }
        self.nodes[node].engine.sent(id, self.now);
        let way = self.way();
        self.agenda.add(self.now.after(way), Event::Reach { call });
    }

    fn reach(&mut self, call: usize) {
        let it = &mut self.calls[call];
        let Some(id) = it.id else { return };
        let (latency, tokens) = (Duration::from_nanos(it.latency_ns), it.tokens());
        let mut class = match it.trouble {
            Trouble::Refused => Class::Throttled,
            Trouble::Failed => Class::ServerError,
            Trouble::Silent => Class::Timeout,
            Trouble::None | Trouble::Dropped => Class::Ok,
        };
        // A call meets its trouble once.
        it.trouble = if it.trouble == Trouble::Refused { Trouble::None } else { it.trouble };
        let mut retry_after = None;
        if class == Class::Ok
            && let Some(provider) = &mut self.provider
            && let Err(wait) = provider.admit(tokens, self.now)
        {
            (class, retry_after) = (Class::Throttled, Some(wait));
            self.refused += 1;
        }
        let took = match class {
            Class::Throttled => Duration::from_millis(5),
            Class::Timeout => SILENCE,
            _ => latency,
        };
        let back = self.way();
        let told = match &mut self.provider {
            Some(provider) if self.plan.learning && class != Class::Timeout => provider.tell(self.now),
            _ => Vec::new(),
        };
        let feedback = (self.plan.learning && class != Class::Timeout).then_some(Feedback {
            class,
            limits: told,
            retry_after,
        });
        self.calls[call].answer = Some(Answer { id, class, feedback: feedback.map(Box::new) });
        self.agenda.add(self.now.after(took).after(back), Event::Answer { call });
    }

    fn answer(&mut self, call: usize) -> Option<usize> {
        let it = &mut self.calls[call];
        let (node, estimate, charge) = (it.record.node, it.estimate(), it.charge());
        let answer = it.answer.take()?;
        if it.record.fate != Fate::Open || it.id != Some(answer.id) {
            return None;
        }
        it.id = None;
        let usage = Usage::new(it.input, it.output);
        let engine = &mut self.nodes[node].engine;
        if let Some(feedback) = &answer.feedback {
            engine.observe(answer.id, feedback, self.now);
        }
        let counted = match answer.class {
            Class::Ok => charge,
            Class::Throttled => Cost::ZERO,
            _ => estimate,
        };
        let usage = (answer.class == Class::Ok).then_some(&usage);
        engine.settle(answer.id, &counted, usage, self.now);
        self.book.settled(&estimate, &counted, self.now);
        self.drain(node);
        let attempts = self.calls[call].record.attempts;
        self.calls[call].record.fate = match answer.class {
            Class::Ok => Fate::Answered,
            Class::Throttled if attempts < ATTEMPTS_MAX => {
                let wait =
                    answer.feedback.as_ref().and_then(|feedback| feedback.retry_after).unwrap_or(RETRY);
                self.agenda.add(self.now.after(wait), Event::Ask { call });
                Fate::Open
            }
            _ => Fate::Failed,
        };
        Some(node)
    }

    /// The caller has waited for long enough, unless the call is under way.
    fn give_up(&mut self, call: usize) -> Option<usize> {
        let it = &self.calls[call];
        let node = it.record.node;
        let id = it.id.filter(|_| it.record.fate == Fate::Open)?;
        self.nodes[node].waiting.remove(&id)?;
        self.calls[call].record.fate = Fate::GivenUp;
        self.nodes[node].engine.cancel(id, self.now);
        self.drain(node);
        Some(node)
    }

    fn drain(&mut self, node: usize) {
        while let Some(effect) = self.nodes[node].engine.poll() {
            match effect {
                Effect::Granted { id, at } => {
                    if let Some(call) = self.nodes[node].waiting.remove(&id) {
                        self.granted(call, id, at);
                    }
                }
                Effect::Refused { id, .. } => {
                    if let Some(call) = self.nodes[node].waiting.remove(&id) {
                        self.calls[call].record.fate = Fate::Rejected;
                    }
                }
                Effect::LeaseWanted { step } => {
                    let arrivals = self.link.send(node, self.now, &mut self.rng);
                    self.deliver(arrivals, Box::new((node, step)), Event::Step);
                }
                _ => {}
            }
        }
    }

    /// Lets a message arrive when it does: nearly always once, and then nothing is copied.
    fn deliver<T: Clone>(&mut self, arrivals: [Option<Timestamp>; 2], message: T, event: fn(T) -> Event) {
        let [first, second] = arrivals;
        if let Some(at) = first.filter(|_| second.is_some()) {
            self.agenda.add(at, event(message.clone()));
        }
        if let Some(at) = second.or(first) {
            self.agenda.add(at, event(message));
        }
    }

    fn way(&mut self) -> Duration {
        let [low, high] = self.plan.network_ms;
        Duration::from_nanos(self.rng.between(low * 1_000_000, high * 1_000_000))
    }
}

/// What the leases of an answer come to, in requests and in tokens.
fn worth(step: &Step, grants: &Grants) -> [u64; 2] {
    let mut worth = [0; 2];
    for (claim, amount) in grants.leases.iter().flat_map(|lease| &lease.amounts) {
        let is_requests = step.claims[*claim].limit.starts_with(Dimension::Requests.name());
        worth[usize::from(!is_requests)] += amount;
    }
    worth
}
