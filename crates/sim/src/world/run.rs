//! The run of a world: one loop over the agenda and the engine's own deadlines.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request as HttpRequest};
use tidegate::call::{Call, CallPolicy, Jitter, Next, Outcome as CallOutcome};
use tidegate_core::{
    Calendar, Charging, Class, Decision, Effect, Engine, EngineConfig, Feedback, Learning, Place,
    ReservationId, Timestamp,
};
use tidegate_provider::{Adapter, Endpoint, Estimate, ResponseHead, adapter};

use super::agenda::Agenda;
use super::ideal::ideal_of_work;
use super::{Outcome, WorldConfig};
use crate::rng::Rng;
use crate::{Emulator, EmulatorConfig, Reply, WallTime};

/// What happens in a world.
#[derive(Debug)]
enum Event {
    /// The call asks the engine.
    Ask { call: usize },
    /// The call's bytes leave.
    Leave { call: usize },
    /// The call's bytes reach the provider.
    Reach { call: usize },
    /// The head of the answer leaves the provider.
    Reply { call: usize, reply: Box<Reply> },
    /// The head of the answer comes back.
    Head { call: usize, reply: Box<Reply> },
    /// The answer is complete, or broken.
    End { call: usize, reply: Box<Reply> },
}

/// One call of the world.
#[derive(Debug)]
struct Work {
    request: HttpRequest<Bytes>,
    endpoint: Endpoint,
    estimate: Estimate,
    machine: Call,
    id: Option<ReservationId>,
    place: Option<Place>,
}

/// A world at work.
#[derive(Debug)]
pub(super) struct World {
    config: WorldConfig,
    emulator: Emulator,
    origin: WallTime,
    adapter: &'static dyn Adapter,
    engine: Engine,
    agenda: Agenda<Event>,
    work: Vec<Work>,
    waiting: BTreeMap<ReservationId, usize>,
    rng: Rng,
    jitter: Jitter,
    now: Timestamp,
    next_call: usize,
    /// How many calls have connections, how many of those were made, and until when the last ones are being made.
    under_way: usize,
    connections: usize,
    idle_from: Timestamp,
    admissions: Vec<Timestamp>,
    refusals: Vec<Timestamp>,
    charging: Vec<(usize, Charging)>,
    answered: usize,
    lost: usize,
}

impl World {
    pub(super) fn new(config: WorldConfig) -> Self {
        let origin = config.emulator.wall_origin.unwrap_or(WallTime::DEFAULT_ORIGIN);
        let emulator = Emulator::new(EmulatorConfig { wall_origin: Some(origin), ..config.emulator.clone() });
        emulator.anchor(Timestamp::ZERO, origin);
        let adapter = adapter(config.adapter.unwrap_or_else(|| adapter_of(&config.emulator)));
        let mut engine = Engine::new(EngineConfig { learning: Learning::On, ..EngineConfig::default() });
        engine.configure(config.declared.clone(), Timestamp::ZERO);
        if let Some(learned) = &config.learned {
            engine.restore(learned, Timestamp::ZERO);
        }
        let mut policy = CallPolicy::default();
        policy.max_attempts = config.attempts_max;
        let work = config.calls.iter().map(|(path, body)| work(adapter, &policy, path, body)).collect();
        let (rng, jitter) =
            (Rng::new(config.emulator.seed ^ 0x7469_6465), Jitter::seeded(config.emulator.seed));
        Self {
            config,
            emulator,
            origin,
            adapter,
            engine,
            agenda: Agenda::new(),
            work,
            waiting: BTreeMap::new(),
            rng,
            jitter,
            now: Timestamp::ZERO,
            next_call: 0,
            under_way: 0,
            connections: 0,
            idle_from: Timestamp::ZERO,
            admissions: Vec::new(),
            refusals: Vec::new(),
            charging: Vec::new(),
            answered: 0,
            lost: 0,
        }
    }

    pub(super) fn live(mut self) -> Outcome {
        for _ in 0..self.config.concurrency {
            self.begin_next();
        }
        loop {
            let due = self.engine.next_deadline();
            match (self.agenda.next_at(), due) {
                (None, None) => break,
                (Some(at), Some(due)) if due <= at => self.advance(due),
                (None, Some(due)) => self.advance(due),
                (Some(_), _) => {
                    if let Some((at, event)) = self.agenda.pop() {
                        self.now = self.now.max(at);
                        self.happen(event);
                    }
                }
            }
            if self.answered + self.lost == self.work.len() {
                break;
            }
        }
        self.conclude()
    }

    fn advance(&mut self, due: Timestamp) {
        self.now = self.now.max(due);
        self.engine.advance(self.now);
        self.drain();
    }

    fn begin_next(&mut self) {
        if self.next_call < self.work.len() {
            self.agenda.add(self.now, Event::Ask { call: self.next_call });
            self.next_call += 1;
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Ask { call } => self.ask(call),
            Event::Reach { call } => self.reach(call),
            Event::Leave { call } => {
                self.leave(call);
                self.drain();
            }
            Event::Reply { call, reply } => self.reply(call, reply),
            Event::Head { call, reply } => self.head(call, reply),
            Event::End { call, reply } => self.end(call, &reply),
        }
    }

    fn ask(&mut self, call: usize) {
        let work = &self.work[call];
        let request = work.estimate.request();
        let request = match work.place {
            Some(place) => request.place(place),
            None => request,
        };
        let (id, decision) = self.engine.reserve(&request, self.now);
        match decision {
            Decision::Grant => self.go(call, id),
            Decision::Wait { .. } => drop(self.waiting.insert(id, call)),
            Decision::Reject(_) => self.lose(),
        }
        self.drain();
    }

    /// The call is granted: its bytes leave when those of the calls before it have.
    fn go(&mut self, call: usize, id: ReservationId) {
        self.work[call].place = self.engine.place(id);
        self.work[call].id = Some(id);
        self.engine.sent(id, self.now);
        self.under_way += 1;
        if self.under_way > self.connections {
            self.connections = self.under_way;
            self.idle_from = self.now.max(self.idle_from).after(self.config.connecting);
        }
        if self.idle_from > self.now {
            self.agenda.add(self.idle_from, Event::Leave { call });
        } else {
            self.leave(call);
        }
    }

    fn leave(&mut self, call: usize) {
        if let Some(id) = self.work[call].id {
            self.engine.sent(id, self.now);
        }
        let way = self.way();
        self.agenda.add(self.now.after(way), Event::Reach { call });
    }

    fn reach(&mut self, call: usize) {
        let reply = Box::new(self.emulator.handle(&self.work[call].request, self.now));
        if reply.fault.is_none() && reply.status.is_success() {
            self.admissions.push(self.now);
        }
        if reply.fault.is_none() && reply.status == http::StatusCode::TOO_MANY_REQUESTS {
            self.refusals.push(self.now);
        }
        self.agenda.add(self.now.after(reply.after), Event::Reply { call, reply });
    }

    fn reply(&mut self, call: usize, mut reply: Box<Reply>) {
        self.emulator.refresh(&mut reply, self.now);
        let way = self.way();
        self.agenda.add(self.now.after(way), Event::Head { call, reply });
    }

    fn head(&mut self, call: usize, reply: Box<Reply>) {
        if reply.fault.is_none()
            && let Some(id) = self.work[call].id
        {
            let feedback = self.feedback(call, &reply);
            self.engine.observe(id, &feedback, self.now);
            if self.work[call].estimate.streams && reply.status.is_success() {
                self.engine.first_byte(id, self.now);
            }
            self.drain();
        }
        let rest = reply.ends_after().saturating_sub(reply.after);
        self.agenda.add(self.now.after(rest), Event::End { call, reply });
    }

    fn feedback(&self, call: usize, reply: &Reply) -> Feedback {
        let head = self.head_of(reply);
        let limits = self.adapter.observe(self.work[call].endpoint, &head);
        self.adapter.classify(&head, &reply.bytes()).feedback(limits)
    }

    fn end(&mut self, call: usize, reply: &Reply) {
        let Some(id) = self.work[call].id.take() else { return };
        self.under_way -= 1;
        let endpoint = self.work[call].endpoint;
        let class = match reply.fault {
            Some(_) => Class::ServerError,
            None => self.adapter.classify(&self.head_of(reply), &reply.bytes()).class,
        };
        if class == Class::Ok {
            let kind = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok());
            let coding = reply.headers.get("content-encoding").and_then(|coding| coding.to_str().ok());
            let mut reader = self.adapter.usage_reader(endpoint, kind, coding);
            reader.push(&reply.bytes());
            let usage = reader.finish().usage;
            let charge = usage
                .map_or(self.work[call].estimate.cost, |usage| self.adapter.charge(endpoint, &usage.into()));
            if let Some(usage) = usage.filter(|_| !self.work[call].estimate.streams) {
                let rest = reply.ends_after().saturating_sub(reply.after);
                self.engine.in_one_piece(id, usage.output_tokens, self.now.before(rest), self.now);
            }
            self.engine.settle(id, &charge, usage.as_ref(), self.now);
        } else {
            let charge = self.adapter.charge_refused(&self.work[call].estimate.cost, class);
            self.engine.settle(id, &charge, None, self.now);
        }
        self.drain();
        self.follow(call, class, reply);
    }

    /// What follows the outcome, by the one machine that decides it.
    fn follow(&mut self, call: usize, class: Class, reply: &Reply) {
        let retry_after = self.adapter.classify(&self.head_of(reply), &reply.bytes()).retry_after;
        let outcome = CallOutcome::of(class).retry_after(retry_after);
        let entropy = self.jitter.next_u64();
        match self.work[call].machine.outcome(&outcome, entropy, self.now) {
            Next::Done => {
                self.answered += 1;
                self.begin_next();
            }
            Next::Retry { until, .. } => self.agenda.add(until.max(self.now), Event::Ask { call }),
            _ => self.lose(),
        }
    }

    fn lose(&mut self) {
        self.lost += 1;
        self.begin_next();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.engine.poll() {
            match effect {
                Effect::Granted { id, .. } => {
                    if let Some(call) = self.waiting.remove(&id) {
                        self.go(call, id);
                    }
                }
                Effect::Refused { id, .. } if self.waiting.remove(&id).is_some() => self.lose(),
                Effect::EdgeWanted { limit, calendar, .. } => {
                    let (start, end) = self.window(calendar);
                    self.engine.window(limit, start, end, self.now);
                }
                Effect::ChargingLearned(learned) => {
                    self.charging.push((self.admissions.len(), learned.charging));
                }
                _ => {}
            }
        }
    }

    /// The present window of the calendar, in the engine's own time; before its beginning counts as zero.
    fn window(&self, calendar: Calendar) -> (Timestamp, Timestamp) {
        let length: u64 = match calendar {
            Calendar::Minute => 60,
            Calendar::Hour => 3_600,
            Calendar::Day => 86_400,
            Calendar::Week => 604_800,
            Calendar::Month => 2_592_000,
        } * 1_000_000_000;
        let wall = self.origin.as_unix_nanos() + self.now.as_nanos();
        let into = wall % length;
        let start = self.now.before(Duration::from_nanos(into));
        (start, self.now.after(Duration::from_nanos(length - into)))
    }

    fn head_of<'a>(&self, reply: &'a Reply) -> ResponseHead<'a> {
        let wall = Duration::from_nanos(self.origin.as_unix_nanos() + self.now.as_nanos());
        ResponseHead {
            status: reply.status.as_u16(),
            headers: &reply.headers,
            received_at: SystemTime::UNIX_EPOCH + wall,
        }
    }

    /// How long one way through the network takes this time.
    fn way(&mut self) -> Duration {
        let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let (low, high) = self.config.network;
        Duration::from_nanos(self.rng.between(nanos(low), nanos(high)))
    }

    fn conclude(self) -> Outcome {
        let stats = self.emulator.stats(self.now);
        let first = self.admissions.first().copied().unwrap_or_default();
        let begun = self.origin.after(first.since(Timestamp::ZERO));
        let ideal = ideal_of_work(&self.config.emulator, &stats.charged, begun);
        let mut admissions = self.admissions;
        admissions.sort_unstable();
        let learned = self.engine.learned(self.now);
        Outcome {
            answered: self.answered,
            lost: self.lost,
            admissions,
            refusals: self.refusals,
            ended: self.now,
            stats,
            ideal,
            learned,
            charging: self.charging,
        }
    }
}

fn work(adapter: &dyn Adapter, policy: &CallPolicy, path: &str, body: &[u8]) -> Work {
    let endpoint = adapter.endpoint(&Method::POST, path);
    let request = HttpRequest::post(path)
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(body))
        .expect("a path that the test wrote is a path");
    let estimate = adapter.estimate(endpoint, body);
    Work {
        request,
        endpoint,
        estimate,
        machine: Call::new(policy.clone(), Timestamp::ZERO),
        id: None,
        place: None,
    }
}

fn adapter_of(config: &EmulatorConfig) -> tidegate_provider::Dialect {
    match config.dialect {
        crate::Dialect::OpenAi => tidegate_provider::Dialect::OpenAi,
        crate::Dialect::Anthropic => tidegate_provider::Dialect::Anthropic,
        crate::Dialect::Mistral => tidegate_provider::Dialect::Mistral,
        crate::Dialect::OpenRouter => tidegate_provider::Dialect::OpenRouter,
        crate::Dialect::Compatible => tidegate_provider::Dialect::Compatible,
    }
}
