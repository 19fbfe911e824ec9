//! The way of one request through the emulated provider: understood, admitted or refused, faulted or answered.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use tidegate_core::{Dimension, Timestamp};

use super::render::{self, about_itself, broken};
use crate::arrivals::Arrival;
use crate::batches;
use crate::call::{Call, Delivery, Endpoint, Mistake};
use crate::compress;
use crate::config::{Compression, EmulatorConfig, KeyPolicy, Recording, RefusedCharge};
use crate::content::to_repeat;
use crate::demand::Demand;
use crate::discovery::{self, Told};
use crate::embeddings;
use crate::faults::FaultKind;
use crate::meters::{Reading, Refused};
use crate::prose::Prose;
use crate::reply::{Fault, Late, Reply};
use crate::rng::{Rng, digest};
use crate::route::below_root;
use crate::shelf::{Ask, Stored};
use crate::state::State;
use crate::stats::Stats;
use crate::voice::{Scene, Trouble, Voice, voice};
use crate::wall::WallTime;

/// The longest answer, which bounds what one call can make the emulator allocate.
const TOKENS_MAX: u64 = 100_000;

/// One request on its way.
struct Way<'a> {
    config: &'a EmulatorConfig,
    voice: &'static dyn Voice,
    state: &'a mut State,
    at: WallTime,
    id: u64,
}

/// See [`crate::Emulator::stats`].
pub(super) fn stats(config: &EmulatorConfig, state: &mut State, now: Timestamp) -> Stats {
    let stats = state.stats(now);
    let ideal = stats.first_arrival_ms.map(|first| {
        let from = state.origin().after(Duration::from_millis(first));
        crate::world::ideal_of_work(config, &stats.charged, from)
    });
    let ideal_ms = ideal.map(|ideal| u64::try_from(ideal.as_millis()).unwrap_or(u64::MAX));
    Stats { ideal_ms, ..stats }
}

/// See [`crate::Emulator::handle`].
pub(super) fn handle(
    config: &EmulatorConfig,
    state: &mut State,
    request: &Request<Bytes>,
    now: Timestamp,
) -> Reply {
    let at = state.advance(now);
    if let Some(question) = request.uri().path().strip_prefix("/_mock/") {
        return about_itself(config, state, question, now);
    }
    if config.recording == Recording::Last {
        state.record(request);
    }
    state.sequence += 1;
    state.counts.requests += 1;
    let id = Rng::new(config.seed ^ state.sequence.rotate_left(32)).next();
    let mut way = Way { config, voice: voice(config.dialect), state, at, id };
    let (mut reply, call) = way.go(request);
    if config.compression == Compression::Negotiated {
        compress::compress(&mut reply, request.headers());
    }
    way.note(request, call.as_ref(), &reply);
    reply
}

/// See [`crate::Emulator::refresh`].
pub(super) fn refresh(config: &EmulatorConfig, state: &State, reply: &mut Reply, now: Timestamp) {
    let Some(Late { lane, query_cost }) = reply.late.take() else { return };
    let (at, levels) = state.foresee(&lane, now);
    let scene = Scene { call: None, levels: &levels, query_cost, at, id: 0 };
    let mut headers = voice(config.dialect).rate_headers(&scene);
    headers.retain(|(name, _)| reply.headers.contains_key(*name));
    reply.set(&headers);
    reply.set(&[("date", at.http_date())]);
}

impl Way<'_> {
    fn go(&mut self, request: &Request<Bytes>) -> (Reply, Option<Call>) {
        if self.config.key == KeyPolicy::Required && key(request.headers()).is_none() {
            return (self.trouble(None, &Trouble::Unauthorised), None);
        }
        let path = request.uri().path();
        let below = below_root(path);
        if let Some(question) = batches::question(self.config.dialect, request.method(), &below) {
            return (self.batch(&question, request.body()), None);
        }
        if let Some(reply) = self.discovery(request, &below).or_else(|| self.stored(request, &below)) {
            return (reply, None);
        }
        let Some(endpoint) = self.voice.endpoint(request.method(), &below) else {
            let trouble = Trouble::NotFound { method: request.method().clone(), path: path.to_owned() };
            return (self.trouble(None, &trouble), None);
        };
        match Call::read(endpoint, request.body()).map(|call| self.weighed(call)) {
            Err(mistake) => (self.trouble(None, &Trouble::Invalid(mistake)), None),
            Ok(call) if call.endpoint.is_metered() => match self.mistake(&call) {
                Some(mistake) => (self.trouble(Some(&call), &Trouble::Invalid(mistake)), Some(call)),
                None => (self.meter(&call), Some(call)),
            },
            Ok(call) => {
                let scene = Scene { call: Some(&call), levels: &[], query_cost: 0, at: self.at, id: self.id };
                let prose = prose(self.config, &call);
                self.state.counts.answered += 1;
                (render::plain(self.voice, &scene, &prose, Duration::ZERO), Some(call))
            }
        }
    }

    /// Answers a question about limits, usage and credit, which no limit governs.
    fn discovery(&mut self, request: &Request<Bytes>, path: &str) -> Option<Reply> {
        let spent = &self.state.counts.charged;
        let told = discovery::tell(self.config, spent, request, path, key(request.headers()))?;
        let Told::Document(document) = told else { return Some(self.trouble(None, &Trouble::Unauthorised)) };
        self.state.counts.answered += 1;
        let scene = Scene { call: None, levels: &[], query_cost: 0, at: self.at, id: self.id };
        Some(render::stored(self.voice, &scene, Stored::Thing(document)))
    }

    /// The call in this provider's vocabulary, with the history of the conversation that it continues.
    fn weighed(&self, mut call: Call) -> Call {
        let remembered = self.voice.remembered(&self.state.shelf, &call);
        call.content = call.content.in_tokens_of(self.config.chars_per_token);
        call.content.tokens = call.content.tokens.saturating_add(remembered.tokens);
        if call.model.is_empty() {
            call.model = remembered.model.unwrap_or_default();
        }
        call
    }

    /// Answers a question to the batch API.
    fn batch(&mut self, question: &batches::Question, body: &[u8]) -> Reply {
        let (dialect, at) = (self.config.dialect, self.at);
        match question {
            batches::Question::Upload => batches::upload(&mut self.state.batches, body, at),
            batches::Question::Create => {
                let asked = match batches::asked(dialect, &self.state.batches, body) {
                    Ok(asked) => asked,
                    Err(reply) => return *reply,
                };
                let answers = asked.into_iter().map(|asked| self.batch_answer(asked)).collect();
                let mut written: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                // The requests are answered; keeping them as well would be for nothing.
                written["requests"] = serde_json::Value::Null;
                let job = batches::Job::new(answers, self.config.batch_takes, written);
                batches::begin(dialect, &mut self.state.batches, job, at)
            }
            _ => batches::answer(dialect, &mut self.state.batches, question, at),
        }
    }

    /// The answer to one request of a job: what it would be by itself, outside of every limit.
    fn batch_answer(&mut self, asked: batches::Asked) -> batches::Answer {
        let (custom_id, body) = (asked.custom_id, Bytes::from(asked.body.to_string()));
        self.id = digest(custom_id.as_bytes()) ^ self.config.seed;
        let endpoint = self.voice.endpoint(&http::Method::POST, &below_root(&asked.path));
        let call = match endpoint.map(|endpoint| Call::read(endpoint, &body)) {
            Some(Ok(call)) => call,
            Some(Err(mistake)) => return self.batch_trouble(custom_id, &Trouble::Invalid(mistake)),
            None => {
                let trouble = Trouble::NotFound { method: http::Method::POST, path: asked.path };
                return self.batch_trouble(custom_id, &trouble);
            }
        };
        // A job has no connection to break and meets no limit; what fails in it fails inside the provider.
        if self.config.faults.draw(&mut self.state.rng) == Some(FaultKind::ServerError) {
            self.state.counts.fault(FaultKind::ServerError);
            return self.batch_trouble(custom_id, &Trouble::ServerError);
        }
        let scene = Scene { call: Some(&call), levels: &[], query_cost: 0, at: self.at, id: self.id };
        let body = self.voice.answer(&scene, &prose(self.config, &call));
        let path = asked.path;
        let arrival = Arrival {
            at_ms: self.state.millis(self.at),
            status: 200,
            path,
            model: call.model.clone(),
            key_id: String::new(),
        };
        self.state.arrivals.note(arrival, call.marker(), true);
        batches::Answer { custom_id, status: 200, body }
    }

    fn batch_trouble(&self, custom_id: String, trouble: &Trouble) -> batches::Answer {
        let scene = Scene { call: None, levels: &[], query_cost: 0, at: self.at, id: self.id };
        let problem = self.voice.trouble(&scene, trouble);
        batches::Answer { custom_id, status: problem.status, body: problem.body }
    }

    /// What is wrong with a call by this provider's own bounds.
    fn mistake(&self, call: &Call) -> Option<Mistake> {
        let bound = self.config.embedding_inputs_max;
        (call.endpoint == Endpoint::Embeddings).then(|| embeddings::mistake(call, bound))?
    }

    /// Answers a question about what is stored, which no limit governs.
    fn stored(&mut self, request: &Request<Bytes>, path: &str) -> Option<Reply> {
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        let ask = Ask {
            method: request.method(),
            path,
            query: request.uri().query().unwrap_or_default(),
            body: &body,
            at: self.at,
            id: self.id,
        };
        let stored = self.voice.stored(&mut self.state.shelf, &ask)?;
        let scene = Scene { call: None, levels: &[], query_cost: 0, at: self.at, id: self.id };
        if stored == Stored::Missing {
            let trouble = Trouble::NotFound { method: request.method().clone(), path: path.to_owned() };
            return Some(self.trouble(None, &trouble));
        }
        self.state.counts.answered += 1;
        Some(render::stored(self.voice, &scene, stored))
    }

    /// Admits or refuses a metered call.
    fn meter(&mut self, call: &Call) -> Reply {
        let arrived = self.state.millis(self.at);
        self.state.counts.first_arrival_ms.get_or_insert(arrived);
        let latency = self.config.latency.draw(&mut self.state.rng);
        let fault = self.config.faults.draw(&mut self.state.rng);
        match fault {
            Some(kind @ FaultKind::Overloaded) => return self.faulty(call, kind, &Trouble::Overloaded),
            Some(kind @ FaultKind::Throttled) => return self.faulty(call, kind, &Trouble::Throttled),
            _ => {}
        }
        if self.config.capacity.is_some_and(|capacity| self.state.under_way() >= capacity) {
            return self.faulty(call, FaultKind::Overloaded, &Trouble::Overloaded);
        }
        let latency = self.slowed(latency);
        self.state.asked_for(&call.model);
        let demand = Demand::at_admission(call, self.config.token_charge);
        if let Err(refused) = self.state.meters.admit(&call.model, &demand, self.at) {
            return self.refuse(call, &refused);
        }
        self.state.counts.charged.add(&demand);
        self.state.counts.last_admission_ms = Some(arrived);
        self.answer(call, latency, fault)
    }

    /// How long an answer takes that would take so long at an idle provider.
    fn slowed(&self, latency: Duration) -> Duration {
        let Some(capacity) = self.config.capacity else { return latency };
        let nanos = |count: usize| u128::try_from(count).unwrap_or(u128::MAX);
        let (load, full) = (nanos(self.state.under_way() + 1).pow(2), nanos(capacity.max(1)).pow(2));
        let more = latency.as_nanos().saturating_mul(load) / full;
        latency.saturating_add(Duration::from_nanos(u64::try_from(more).unwrap_or(u64::MAX)))
    }

    fn refuse(&mut self, call: &Call, refused: &Refused) -> Reply {
        self.state.counts.refused += 1;
        if self.config.refused_charge == RefusedCharge::OneRequest {
            self.state.charge(&call.model, &Demand::ONE_REQUEST, self.at);
        }
        let levels = self.state.meters.levels(&call.model, self.at);
        let scene = Scene { call: Some(call), levels: &levels, query_cost: 0, at: self.at, id: self.id };
        let problem = self.voice.refusal(&scene, refused, self.config.hints);
        render::problem(self.voice, &scene, problem, Duration::ZERO)
    }

    /// Answers an admitted call, with whatever fault was drawn for it.
    fn answer(&mut self, call: &Call, latency: Duration, fault: Option<FaultKind>) -> Reply {
        if let Some(kind) = fault {
            self.state.counts.fault(kind);
        }
        let prose = prose(self.config, call);
        let output = if call.endpoint.has_output() { prose.tokens() } else { 0 };
        let query_cost = call.content.tokens + output + call.connector_tokens();
        let levels = self.levels_to_tell(call, query_cost);
        let scene = Scene { call: Some(call), levels: &levels, query_cost, at: self.at, id: self.id };
        let mut reply = match (fault, call.delivery) {
            (Some(FaultKind::Hang), _) => return broken(Fault::Hang, Duration::ZERO),
            (Some(FaultKind::Reset), _) => return broken(Fault::Reset, latency),
            (Some(FaultKind::ServerError), _) => {
                let problem = self.voice.trouble(&scene, &Trouble::ServerError);
                return render::problem(self.voice, &scene, problem, latency);
            }
            (_, Delivery::Plain) => render::plain(self.voice, &scene, &prose, latency),
            (_, Delivery::Stream) => render::stream(self.voice, &scene, &prose, latency),
        };
        reply.set(&self.rate_headers(&scene, call));
        if call.delivery == Delivery::Plain && self.voice.states_own_charge() {
            reply.late = Some(Late { lane: call.model.clone(), query_cost });
        }
        if fault == Some(FaultKind::Truncate) {
            render::truncate(&mut reply);
        } else {
            self.state.counts.answered += 1;
            self.voice.keep(&mut self.state.shelf, &scene, &prose);
        }
        let completion = Demand::at_completion(call, output, self.config.token_charge);
        self.state.charge_later(self.at.after(latency), &call.model, completion);
        reply
    }

    /// The levels as headers tell them: as they are now, less the call's own charge to come where the provider
    /// states it.
    fn levels_to_tell(&mut self, call: &Call, query_cost: u64) -> Vec<Reading> {
        let mut levels = self.state.meters.levels(&call.model, self.at);
        if self.voice.states_own_charge() {
            for (_, level) in levels.iter_mut().filter(|(dimension, _)| *dimension != Dimension::Requests) {
                level.used = level.used.saturating_add(query_cost);
            }
        }
        levels
    }

    /// An answer for a fault that happens before the limits are looked at.
    fn faulty(&mut self, call: &Call, kind: FaultKind, trouble: &Trouble) -> Reply {
        self.state.counts.fault(kind);
        self.trouble(Some(call), trouble)
    }

    fn trouble(&self, call: Option<&Call>, trouble: &Trouble) -> Reply {
        let scene = Scene { call, levels: &[], query_cost: 0, at: self.at, id: self.id };
        render::problem(self.voice, &scene, self.voice.trouble(&scene, trouble), Duration::ZERO)
    }

    fn rate_headers(&self, scene: &Scene<'_>, call: &Call) -> crate::voice::Headers {
        match call.delivery {
            Delivery::Stream if !self.voice.rates_on_streams() => Vec::new(),
            _ => self.voice.rate_headers(scene),
        }
    }

    fn note(&mut self, request: &Request<Bytes>, call: Option<&Call>, reply: &Reply) {
        let answered = reply.status.is_success() && reply.fault.is_none();
        let arrival = Arrival {
            at_ms: self.state.millis(self.at),
            status: reply.status.as_u16(),
            path: request.uri().path().to_owned(),
            model: call.map(|call| call.model.clone()).unwrap_or_default(),
            key_id: key(request.headers())
                .map(|key| format!("{:08x}", digest(key) >> 32))
                .unwrap_or_default(),
        };
        self.state.arrivals.note(arrival, call.and_then(Call::marker), answered);
    }
}

/// What the model says: what it is told to repeat, else the same for the same seed and question, however often and in whichever order it is asked,
/// so that a retried call gives the same answer.
fn prose(config: &EmulatorConfig, call: &Call) -> Prose {
    let mut rng = Rng::new(config.seed ^ call.content.digest);
    let wanted = rng.between(*config.output_tokens.start(), *config.output_tokens.end()).max(1);
    let most = call.max_tokens.unwrap_or(u64::MAX).min(TOKENS_MAX);
    if let Some(words) = to_repeat(&call.body) {
        return Prose::repeating(words, most);
    }
    let tokens = wanted.min(most);
    Prose::new(call.content.digest, tokens, tokens < wanted, &mut rng)
}

/// The key that a call carries, in either of the two headers that providers know.
fn key(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(header::AUTHORIZATION).or_else(|| headers.get("x-api-key")).map(http::HeaderValue::as_bytes)
}
