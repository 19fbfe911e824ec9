//! Every name of ours in `docs/from-other-clients.md` exists: here each is used, so that the compiler knows it.
//!
//! Nothing here runs but the comparison at the end, which holds the page against this file and the sources of the
//! metrics.

#![expect(dead_code, reason = "names are used for the compiler alone")]

use std::collections::BTreeSet;

use xtask::workspace;

/// Uses fields of types by their names.
macro_rules! fields {
    ($($type:ident::$field:ident),* $(,)?) => {
        $( let _ = |value: &$type| { let _ = &value.$field; }; )*
    };
}

/// Uses variants of enums by their names.
macro_rules! variants {
    ($($type:ident::$variant:ident),* $(,)?) => {
        $( let _ = |value: &$type| matches!(value, $type::$variant { .. }); )*
    };
}

mod facade {
    //! The limiter, its call machine, its store.

    use tidegate::call::{BreakerPolicy, Call, CallPolicy, Outcome};
    use tidegate::events::Happening;
    use tidegate::{
        Builder, Decision, Dimension, Feedback, LimitStatus, Limiter, Limits, ManualClock, MemoryStore,
        Observation, Order, Overflow, Permit, Quota, Reason, Request, Snapshot, Store, Usage, Weight, Within,
    };
    use tidegate_core::FlowStatus;
    use tidegate_provider::{Adapter, HeaderNames, builtin, inspect, parse_duration, parse_instant};

    fn limiter(limiter: &Limiter, request: Request, store: &dyn Store, status: &LimitStatus) {
        let _ = (Limiter::builder(), Limiter::acquire(limiter, request.clone()), store, status);
        let _ = (
            Limiter::acquire_blocking(limiter, request.clone()),
            Limiter::try_acquire(limiter, request.clone()),
        );
        let _ = (Limiter::quote(limiter, request), Limiter::snapshot(limiter), Limiter::learned(limiter));
        let _ =
            (Limiter::circuits(limiter), Limiter::configure(limiter, Vec::new()), Limiter::events(limiter));
        let _ = (ManualClock::new(), MemoryStore::new(ManualClock::new()));
    }

    fn builder(builder: Builder) -> Builder {
        let builder = Builder::headroom(builder, 0.1);
        let builder = Builder::instances_expected(builder, 8);
        let builder = Builder::max_reservations(builder, 1);
        let builder = Builder::reservation_age(builder, std::time::Duration::ZERO);
        let builder = Builder::learned(builder, tidegate::Learned::default());
        let builder = Builder::weight(Builder::tenant(Builder::name(builder, ""), ""), "", Weight::ONE);
        let _ = Limits::headroom(Limits::provisional(Limits::new(), true), 0.1);
        Builder::metrics(builder, "openai")
    }

    fn permit(permit: Permit, feedback: &Feedback) {
        Permit::observe(&permit, feedback);
        let _ = Permit::waited(&permit);
        Permit::settle(permit, Usage::default());
        let _ = Permit::cancel;
    }

    fn call(call: &mut Call, outcome: &Outcome, quota: Quota) {
        let _ = (Call::outcome(call, outcome, 0, tidegate::Timestamp::ZERO), quota);
        let _ = CallPolicy::fallbacks(CallPolicy::default(), ["m"]);
        fields!(CallPolicy::base_delay, CallPolicy::max_delay);
        fields!(BreakerPolicy::calls_min, BreakerPolicy::failed_permille_min);
    }

    fn values(flow: &FlowStatus, dimension: Dimension, reason: &Reason) {
        let _ = (flow, dimension, reason);
        fields!(Snapshot::in_flight, Snapshot::tally, Snapshot::flows, Snapshot::waiting);
        fields!(Feedback::class, Feedback::retry_after);
        fields!(Observation::dimension, Observation::limit, Observation::remaining, Observation::reset);
        fields!(Observation::window);
        variants!(Happening::Granted, Happening::Settled, Happening::Expired);
        variants!(Happening::StoreLost, Happening::StoreFound, Happening::StoreFailed);
        variants!(Order::Fair, Order::Priority, Order::WeightedRoundRobin, Order::DeficitRoundRobin);
        variants!(Order::Adaptive, Within::Arrival, Within::Deadline, Overflow::Reject, Overflow::DropOldest);
        variants!(Decision::Grant, Decision::Wait, Decision::Reject);
    }

    fn provider(adapter: &dyn Adapter, endpoint: tidegate_provider::Endpoint, names: &HeaderNames) {
        let _ = (Adapter::estimate(adapter, endpoint, b""), names, builtin("openai"));
        let _ = (inspect, parse_duration, parse_instant);
    }
}

mod scheduler {
    //! The scheduler and its seams.

    use futures_util::stream;
    use tidegate::conformance;
    use tidegate::scheduler::{
        Attempt, Bucket, ByLength, Classifier, LastAnswer, Metadata, Metered, Mode, Provider, Resource,
        Scheduler, SchedulerBuilder, Seen,
    };
    use tidegate::{Error, Overflow};

    type Answer = ();
    type Failure = std::io::Error;

    async fn scheduler(scheduler: Scheduler<Answer, Failure>, metadata: Metadata) {
        let _: SchedulerBuilder<Answer, Failure> = Scheduler::builder();
        let make = |_attempt: Attempt| async { Ok(()) };
        let _ = Scheduler::submit(&scheduler, metadata.clone(), make).await;
        let classify = |_request: &str| Metadata::new("m");
        let _ = Scheduler::submit_classified(&scheduler, &classify, "request", make).await;
        let open = |()| stream::iter([1]);
        let streamed = Scheduler::submit_stream(&scheduler, metadata, make, open, |_item| Seen::Part).await;
        if let Ok(metered) = streamed {
            let _ = (Metered::usage(&metered), Metered::is_settled(&metered));
        }
        let _ = Scheduler::discover(&scheduler).await;
        Scheduler::close(&scheduler);
    }

    fn builder(builder: SchedulerBuilder<Answer, Failure>) -> SchedulerBuilder<Answer, Failure> {
        let builder = SchedulerBuilder::mode(builder, Mode::Basic);
        let builder = SchedulerBuilder::max_concurrent(builder, 1);
        let builder = SchedulerBuilder::max_queue(builder, 1);
        let builder = SchedulerBuilder::max_accounts(builder, 1);
        variants!(Mode::Basic, Mode::Intelligent, Mode::Account);
        SchedulerBuilder::overflow(builder, Overflow::Reject)
    }

    fn metadata(cost: tidegate::Cost) -> Metadata {
        let metadata = Metadata::request_id(Metadata::new("m"), "id");
        let metadata = Metadata::resource(metadata, Resource::Custom(String::new()));
        let metadata = Metadata::estimated_tokens(metadata, 1);
        let metadata = Metadata::timeout(Metadata::priority(Metadata::cost(metadata, cost), 1), None);
        variants!(Resource::Text, Resource::Image, Resource::Audio, Resource::Embedding, Resource::Generic);
        variants!(Resource::Custom);
        Metadata::endpoint(Metadata::client_id(metadata, "id"), "/v1/x")
    }

    async fn seams(
        provider: &dyn Provider<Answer, Failure>,
        last: &LastAnswer<Answer, Failure>,
        bucket: Bucket,
    ) {
        let _ = (Provider::name(provider), Provider::discover(provider).await, bucket, last);
        let _ = (Provider::bucket(provider, &Metadata::new("m")), Provider::parse(provider, Ok(&())));
        let _ = conformance::provider::<Answer, Failure>;
        let _ = |classifier: &ByLength, request: &str| Classifier::classify(classifier, request);
    }

    fn error(error: &Error) {
        let _ = (Error::is_capacity(error), Error::is_timeout(error), Error::is_unknown_bucket(error));
        let _ = (Error::is_reservations_full(error), Error::is_store_connection(error));
        let _ = (Error::is_store_operation(error), Error::is_configuration(error));
        let _ = (Error::is_queue_overflow(error), Error::is_circuit_open(error), Error::retry_after(error));
    }
}

mod client {
    //! The clients.

    use std::time::Duration;

    use tidegate_client::chat::{self, Answer, Effort, Message, Question};
    use tidegate_client::mistral::{
        Agents, CompletionArgs, ConversationAnswer, ConversationEvent, ConversationUsage, Conversations,
        Entry, ResponseDone, StartConversation, Tool,
    };
    use tidegate_client::{
        Anthropic, Async, Builder, Call, Catalogue, Chat, Error, FakeTransport, LimitUse, Meta, Mistral,
        OpenAi, OpenRouter, RequestError, Timeouts, Used, blocking,
    };

    fn clients(mistral: &Mistral, openai: &OpenAi, anthropic: &Anthropic, openrouter: &OpenRouter) {
        let _ = (OpenAi::builder(), Anthropic::builder(), OpenRouter::builder(), Mistral::builder());
        let _ = (Mistral::from_env(), Mistral::new(""), OpenAi::at("groq"));
        let _ = (Mistral::beta(mistral), Mistral::conversations(mistral), Mistral::agents(mistral));
        let _ = (Mistral::limits(mistral), Mistral::chat(mistral, "m", []));
        let _ = (OpenAi::models(openai), Anthropic::models(anthropic), OpenRouter::models(openrouter));
        let _ = (OpenRouter::key(openrouter), OpenAi::request(openai, http::Method::GET, "models", None));
        let _ = (blocking::OpenAi::builder(), blocking::Chat::for_model("gpt-4o"));
    }

    fn builder(builder: Builder<Mistral>, client: reqwest::Client) -> Builder<Mistral> {
        let builder = Builder::base_url(Builder::key(builder, "k"), "http://localhost");
        let builder = Builder::proxy(Builder::http_client(builder, client), "http://localhost");
        let builder = Builder::transport(builder, FakeTransport::new([]));
        let builder = Builder::limits(builder, |limits| limits);
        let builder = Builder::requests_per_minute(Builder::requests_per_second(builder, 1), 1);
        let builder = Builder::max_retries(Builder::tokens_per_minute(builder, 1), 1);
        let builder = Builder::retry_delays(builder, Duration::ZERO, Duration::ZERO);
        let builder = Builder::fallback_wait(Builder::fallbacks(builder, ["m"]), Duration::ZERO);
        Builder::idempotency_keys(Builder::timeout(builder, Duration::ZERO))
    }

    fn call(call: Call<StartConversation, Async>) -> Call<StartConversation, Async> {
        let call = Call::band(Call::max_wait(call, Duration::ZERO), tidegate::Band::Batch);
        let call = Call::header(Call::timeouts(call, Timeouts::all(Duration::ZERO)), "x", "y");
        let call = Call::idempotency_key(call, "k").model("m").agent_id("a").agent_version(1_u64);
        let call = call.instructions("i").tools([]).completion_args(CompletionArgs::new()).store(true);
        call.handoff_execution("server").name("n").description("d").metadata(serde_json::Map::new())
    }

    async fn chat(chat: &Chat) {
        let _ = (Chat::for_model("m"), Chat::builder_for("m"), Chat::chat(chat, []), Chat::limits(chat));
        Chat::reset_usage(chat);
        let _ = (chat::provider_of_url("https://localhost"), Catalogue::default());
        let question = Question::model(Chat::ask(chat, "?"), "m");
        let question = Question::max_tokens(Question::temperature(question, 0.5), 1);
        let question = Question::top_k(Question::top_p(question, 0.5), 1);
        let question = Question::seed(Question::stop(question, "x"), 1);
        let question = Question::presence_penalty(Question::frequency_penalty(question, 0.1), 0.1);
        let question = Question::reasoning_effort(Question::json(question), Effort::Low);
        let question = Question::providers(question, ["p"]);
        let question: Question<Async> = question; // Question::send and Question::stream, whose modes are told apart by it
        let _ = question.clone().send().await;
        let _ = question.stream().await;
        let _ = (Message::user(""), Message::system(""), Message::assistant(""));
        let _ = |answer: chat::Answer, message: chat::Message| (answer, message);
        fields!(Answer::text, Answer::usage, Answer::raw);
    }

    fn conversations(talks: Conversations<'_, Async>, entries: Vec<Entry>) {
        let _ = (Conversations::start(&talks, entries), Conversations::append(&talks, "c", ""));
        let _ = (Conversations::restart(&talks, "c", "e"), Conversations::get(&talks, "c"));
        let _ = (Conversations::history(&talks, "c"), Conversations::messages(&talks, "c"));
        let _ = (Conversations::list(&talks), Conversations::delete(&talks, "c"));
        let _ = ConversationAnswer::text;
        fields!(ConversationAnswer::conversation_id, ConversationAnswer::usage, ConversationAnswer::outputs);
        fields!(ConversationUsage::prompt_tokens, ConversationUsage::completion_tokens);
        fields!(ConversationUsage::total_tokens, ConversationUsage::connector_tokens);
        fields!(ConversationUsage::connectors, ResponseDone::usage);
        let _ = (ConversationEvent::kind, ConversationEvent::text);
        variants!(ConversationEvent::Started, ConversationEvent::Done, ConversationEvent::Failed);
        variants!(ConversationEvent::MessageDelta, ConversationEvent::FunctionCallDelta);
        variants!(ConversationEvent::ToolStarted, ConversationEvent::ToolDelta, ConversationEvent::ToolDone);
        variants!(ConversationEvent::HandoffStarted, ConversationEvent::HandoffDone);
    }

    fn agents(agents: Agents<'_, Async>) {
        let _ = (Agents::create(&agents, "m", "n"), Agents::list(&agents), Agents::get(&agents, "a"));
        let _ = (Agents::update(&agents, "a"), Agents::delete(&agents, "a"), Agents::versions(&agents, "a"));
        let _ = (Agents::switch_version(&agents, "a", 1), Agents::aliases(&agents, "a"));
        let _ = Agents::set_alias(&agents, "a", "stable", 1);
        let _ = (Tool::function("f", "d", serde_json::Value::Null), Tool::web_search());
        let _ = (Tool::web_search_premium(), Tool::code_interpreter(), Tool::image_generation());
        let _ = (Tool::document_library(["l"]), Tool::connector("c"));
    }

    fn told(error: &Error) {
        let _ = (Error::attempts(error), Error::is_throttled(error), Error::retry_after(error));
        variants!(Error::Api, Error::Call, RequestError::NoProvider, RequestError::NoKey);
        fields!(LimitUse::limit, LimitUse::used, LimitUse::pct, LimitUse::next_free);
        fields!(Used::refused, Meta::headers);
    }
}

mod batch {
    //! The batch engine.

    use std::num::NonZeroUsize;

    use tidegate_batch::{
        BlockingProcessor, Concurrency, Counts, Deferred, Effort, Embedder, ItemEnd, Items, Job, Observer,
        OnFailure, PacedRows, Processor, Request, RequestRows, Stop, Workers,
    };

    async fn jobs(job: Job, rows: &PacedRows, observer: &mut dyn Observer, deferred: Option<&Deferred<'_>>) {
        let _ = Job::run(&job, &RequestRows::new(), rows, &Stop::new(), observer).await;
        let _ = (Job::failures_kept(job, 1), deferred);
        let _ = |embedder: &Embedder, counts: &Counts, effort: &Effort| {
            let _ = (embedder, counts, effort);
        };
        variants!(OnFailure::Stop, Concurrency::FoundUpTo);
    }

    async fn items<P: Processor<Item = Request>>(processor: &P, item: Request) {
        let _ = (Processor::group(processor, &item), Processor::process(processor, item.clone()).await);
        let ends: Vec<Option<ItemEnd<P::Output>>> =
            Items::run(&Items::new(), [item], processor, &Stop::new()).await;
        let _ = ends;
    }

    fn workers<B: BlockingProcessor>(work: B, threads: NonZeroUsize) {
        let _ = Workers::start(work, threads);
    }
}

/// What a user of `mistral_ratelimit` finds in its manual beside its parameters: its classes, and what answers and events
/// hold.
const THEIRS: [&str; 16] = [
    "MistralRatelimitClient(config)",
    "RatelimitConfig",
    "RateLimitedConversations",
    "RateLimitedAgents",
    "client.beta.conversations",
    "client.beta.agents",
    "response.conversation_id",
    "response.usage",
    "response.outputs[0].content",
    "connector_tokens",
    "connectors",
    "event.type",
    "event.delta.content",
    "event.usage",
    "event.tool_name",
    "conversation.response.error",
];

/// The code spans of the page's second columns.
fn ours(page: &str) -> BTreeSet<&str> {
    spans(page, 1)
}

/// The code spans of one column of every table of a page.
fn spans(page: &str, column: usize) -> BTreeSet<&str> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let columns = rows.filter_map(|row| row.trim_matches('|').split(" | ").nth(column));
    columns.flat_map(|column| column.split('`').skip(1).step_by(2)).collect()
}

/// Whether a span is a name of Rust, and not a flag, a path, a command or a metric.
fn is_rust(span: &str) -> bool {
    let sound = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    span.split("::").all(sound) && !span.starts_with("tidegate_")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_name_of_ours_that_the_page_tells_exists() {
    let page = read("docs/from-other-clients.md");
    let here = include_str!("names.rs");
    let spans = ours(&page);
    assert!(spans.len() > 200, "only {} names were found; is it still a page of tables?", spans.len());
    let is_used = |name: &&str| {
        let is_word = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        here.match_indices(name).any(|(at, _)| {
            is_word(here[..at].chars().next_back()) && is_word(here[at + name.len()..].chars().next())
        })
    };
    let unknown: Vec<&str> = spans.into_iter().filter(|span| is_rust(span) && !is_used(span)).collect();
    assert!(unknown.is_empty(), "use these in this file, or correct the page: {unknown:?}");
}

#[test]
fn every_name_of_the_mistral_client_is_on_the_page() {
    let page = read("docs/from-other-clients.md");
    let theirs = spans(&page, 0);
    let missing: Vec<&str> = THEIRS.into_iter().filter(|name| !theirs.contains(name)).collect();
    assert!(missing.is_empty(), "the page does not tell what stands here for {missing:?}");
}

/// Who records metrics, and where.
const RECORDERS: [(&str, &[&str]); 3] = [
    ("gateway", &["crates/gateway/src/metrics.rs", "crates/gateway/src/metrics/gauges.rs"]),
    ("limiter", &["crates/tidegate/src/meters/recording.rs"]),
    ("client", &["crates/client/src/api/meters.rs"]),
];

/// The metrics that a source names before its tests.
fn recorded(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let names = code.split('"').skip(1).step_by(2).filter(|name| name.starts_with("tidegate_"));
    names.map(str::to_owned).collect()
}

#[test]
fn every_metric_that_is_recorded_is_on_the_page_with_who_records_it() {
    let page = read("docs/observability.md");
    let rows =
        page.lines().filter(|line| line.starts_with("| `tidegate_") && line.matches(" | ").count() >= 3);
    let rows: Vec<(&str, &str)> = rows
        .filter_map(|row| Some((row.split('`').nth(1)?, row.trim_end_matches(" |").rsplit_once(" | ")?.1)))
        .collect();
    for (who, sources) in RECORDERS {
        let code: Vec<_> = sources.iter().map(|path| recorded(&read(path))).collect();
        let told = rows.iter().filter(|(_, of)| of.split(", ").any(|own| own == who));
        let told: BTreeSet<String> = told.map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(
            told,
            code.into_iter().flatten().collect(),
            "what the page tells of the {who}, and what it records"
        );
    }
}

#[test]
fn every_metric_that_the_pages_tell_is_recorded() {
    let sources = RECORDERS.iter().flat_map(|(_, sources)| *sources);
    let code: String = sources.map(|path| read(path)).collect();
    let mut found = 0;
    for page in ["docs/from-other-clients.md", "docs/observability.md", "docs/reservations.md"] {
        let text = read(page);
        for span in text.split('`').skip(1).step_by(2).filter(|span| span.starts_with("tidegate_")) {
            if span.contains("::")
                || span == "tidegate_client"
                || span == "tidegate_batch"
                || span == "tidegate_provider"
            {
                continue;
            }
            found += 1;
            assert!(code.contains(&format!("\"{span}\"")), "{page} tells of {span}, which nothing records");
        }
    }
    assert!(found > 30, "only {found} metrics were found");
}
