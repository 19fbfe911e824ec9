//! The client and the official Python SDK make the same calls, and send the same requests.
//!
//! The emulated provider keeps what came; method, path, query, body and the headers that matter are compared. What the
//! SDK sends because it is the documented default anyway is left out on both sides. `cargo xtask test` installs the
//! SDK; without that this test says so and passes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};
use tidegate_client::mistral::{
    BatchRequest, BatchStatus, Chunk, CompletionArgs, Entry, Guardrail, GuardrailAction, GuardrailJudge,
    GuardrailThresholds, HandoffExecution, ImageDetail, ImageUrl, Instruct, Message, NamedTool, PromptMode,
    ReasoningEffort, ResponseFormat, Role, ServiceTier, Tool, ToolCall, ToolCallFunction, ToolChoice,
    ToolConfirmation,
};
use tidegate_client::{Call, Error, Operation, blocking::Mistral};
use tidegate_sim::{Dialect, Emulator, EmulatorConfig, Latency, Limits, Recording, serve};
use tokio::net::TcpListener;
use xtask::{console, process, settings};

/// An emulated provider that keeps what it is sent, served as long as the runtime lives.
struct Provider {
    emulator: Arc<Emulator>,
    base: String,
}

impl Provider {
    async fn start() -> Self {
        let mut config = EmulatorConfig::new(Dialect::Mistral)
            .with_limits(Limits::requests_and_tokens(100_000, 100_000_000))
            .with_latency(Latency::fixed(std::time::Duration::ZERO));
        config.recording = Recording::Last;
        let emulator = Arc::new(Emulator::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        tokio::spawn(serve(emulator.clone(), listener, std::future::pending()));
        Self { emulator, base: format!("http://{address}") }
    }

    fn seen(&self) -> Vec<Seen> {
        self.emulator.recorded().iter().map(Seen::of).collect()
    }
}

/// A request as far as the two have to agree.
#[derive(Debug, PartialEq)]
struct Seen {
    line: String,
    query: BTreeSet<(String, String)>,
    body: Value,
    headers: Vec<(String, String)>,
}

impl Seen {
    fn of(request: &Request<Bytes>) -> Self {
        let header = |name: &str| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some((name.to_owned(), value.split(';').next().unwrap_or_default().to_owned()))
        };
        let query = request.uri().query().unwrap_or_default().replace('+', "%20");
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut body = serde_json::from_slice(request.body()).unwrap_or_default();
        leave_defaults_out(&mut body);
        Self {
            line: format!("{} {}", request.method(), request.uri().path()),
            query: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).filter(is_said).collect(),
            body,
            headers: ["authorization", "content-type", "accept"].into_iter().filter_map(header).collect(),
        }
    }
}

/// Whether a parameter says more than its documented default. Version 3.7.0 of the SDK writes its own mark for "not
/// set" into queries, which says nothing either.
fn is_said((name, value): &(String, String)) -> bool {
    if value.contains("unset~%3F~sentinel") {
        return false;
    }
    let defaults = [("page", "0"), ("page_size", "100"), ("page_size", "20"), ("order_by", "-created")];
    !defaults.contains(&(name, value)) && (name, value.as_str()) != (&"created_by_me".to_owned(), "false")
}

/// Takes fields away that hold nothing or their documented default, and tags that say what stands there anyway.
fn leave_defaults_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| !is_default(name, value));
            fields.values_mut().for_each(leave_defaults_out);
            fields.retain(|_, value| !value.as_object().is_some_and(Map::is_empty));
        }
        Value::Array(items) => items.iter_mut().for_each(leave_defaults_out),
        _ => {}
    }
}

fn is_default(name: &str, value: &Value) -> bool {
    let defaults = [
        ("stream", json!(false)),
        ("object", json!("entry")),
        ("type", json!("message.input")),
        ("prefix", json!(false)),
        ("index", json!(0)),
        ("strict", json!(false)),
        ("timeout_hours", json!(24)),
        ("output_dtype", json!("float")),
        ("encoding_format", json!("float")),
        ("store", json!(true)),
        ("handoff_execution", json!("server")),
    ];
    value.is_null() || defaults.iter().any(|(field, default)| *field == name && default == value)
}

type Blocking<O> = Call<O, tidegate_client::Blocking>;

/// Makes a call; errors of the provider are its own business.
fn make<O: Operation>(call: Blocking<O>) {
    if let Err(error @ (Error::Request(_) | Error::Call(_))) = call.send() {
        panic!("{error}");
    }
}

fn stream<O: tidegate_client::Streams>(call: Blocking<O>) {
    match call.stream() {
        Ok(events) => events.for_each(drop),
        Err(error @ (Error::Request(_) | Error::Call(_))) => panic!("{error}"),
        Err(_) => {}
    }
}

fn notes() -> Map<String, Value> {
    Map::from_iter([("k".to_owned(), json!("v"))])
}

fn function() -> Tool {
    Tool::function("tide", "tells", json!({"type": "object"}))
}

fn guarded() -> [Guardrail; 1] {
    let thresholds = GuardrailThresholds::new().violence_and_threats(0.5);
    let judge = GuardrailJudge::new().model_name("g").custom_category_thresholds(thresholds);
    let judge = judge.ignore_other_categories(true).action(GuardrailAction::Block);
    [Guardrail::new().block_on_error(true).moderation_llm_v2(judge)]
}

/// Content of every kind that a caller writes.
fn chunks() -> [Chunk; 6] {
    let closely = ImageUrl::new().url("https://i.test/2.png").detail(ImageDetail::High);
    [
        Chunk::new_text("t"),
        Chunk::image_url("https://i.test/1.png"),
        Chunk::image_url(closely),
        Chunk::document_url("https://d.test/1.pdf"),
        Chunk::file("f1"),
        Chunk::input_audio("https://a.test/1.mp3"),
    ]
}

/// A chat in which a tool was called, and an answer begun.
fn called() -> [Message; 4] {
    let thought = json!({"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]});
    let thought = serde_json::from_value(thought).expect("a thought is a chunk");
    let call = ToolCall::new()
        .id("t1")
        .kind("function")
        .function(ToolCallFunction::new().name("tide").arguments("{}"));
    let said = Message::new().role(Role::Assistant).content(vec![thought, Chunk::new_text("a")]);
    let told = Message::new().role(Role::Tool).content("r").tool_call_id("t1").name("tide");
    [
        Message::user(chunks().to_vec()),
        said.tool_calls([call]),
        told,
        Message::new().role(Role::Assistant).content("It").prefix(true),
    ]
}

fn talk(client: &Mistral) {
    let talks = client.beta().conversations();
    let arguments =
        CompletionArgs::new().temperature(0.7).max_tokens(9).top_p(0.9).stop(["END"]).random_seed(7);
    make(talks.start("Hello!").model("m"));
    let full = talks.start([Entry::user("Hello!")]).model("m").instructions("Be brief.");
    let full = full.tools([Tool::web_search(), function()]).completion_args(arguments).store(true);
    make(full.handoff_execution(HandoffExecution::Server).metadata(notes()).name("n").description("d"));
    make(talks.start("Hello!").agent_id("ag_1").agent_version("stable"));
    let arguments = CompletionArgs::new().prediction("p").reasoning_effort(ReasoningEffort::High);
    let arguments = arguments.tool_choice(ToolChoice::Auto).response_format(ResponseFormat::json());
    let arguments = arguments.presence_penalty(0.5).frequency_penalty(0.5);
    let pictured = talks.start([Entry::user(chunks()[..4].to_vec())]).model("m").guardrails(guarded());
    make(pictured.completion_args(arguments));
    stream(talks.start("Hello!").model("m"));
    make(talks.append("c1", [Entry::user("Hello!")]).store(false));
    make(talks.append("c1", [Entry::function_result("t", "r")]));
    make(talks.append("c1", "x").tool_confirmations([ToolConfirmation::allow("t")]));
    stream(talks.append("c1", "x"));
    make(talks.restart("c1", "e1").inputs("x").agent_version(3).metadata(notes()));
    stream(talks.restart("c1", "e1").inputs("x"));
    make(talks.get("c1"));
    make(talks.history("c1"));
    make(talks.messages("c1"));
    make(talks.list().page(2).page_size(10));
    make(talks.list().metadata(notes()));
    make(talks.delete("c1"));
}

fn keep_agents(client: &Mistral) {
    let agents = client.beta().agents();
    let tools = [Tool::code_interpreter(), Tool::image_generation(), Tool::document_library(["l1"])];
    let create = agents.create("m", "n").instructions("i").tools(tools).description("d");
    let create = create.completion_args(CompletionArgs::new().temperature(0.1));
    make(create.handoffs(["ag_2".to_owned()]).metadata(notes()).version_message("vm"));
    let list = agents.list().page_size(5).deployment_chat(true).name("n").search("s");
    make(list.sources(["api".to_owned(), "playground".to_owned()]));
    make(agents.pages().page_size(5).page_token("t"));
    make(agents.get("ag_1").agent_version("stable"));
    make(agents.update("ag_1").name("n2").deployment_chat(true));
    make(agents.delete("ag_1"));
    make(agents.switch_version("ag_1", 2));
    make(agents.versions("ag_1").page(1).page_size(5));
    make(agents.version("ag_1", 2));
    make(agents.set_alias("ag_1", "a b", 2));
    make(agents.aliases("ag_1"));
    make(agents.delete_alias("ag_1", "a b"));
}

fn ask_models(client: &Mistral) {
    let chat = client.chat("m", [Message::system("s"), Message::user("u")]).temperature(0.2).max_tokens(9);
    let chat =
        chat.stop("END").random_seed(7).response_format(ResponseFormat::json()).tool_choice(ToolChoice::Any);
    let chat = chat.tools([function()]).n(2).safe_prompt(true).presence_penalty(0.5).frequency_penalty(0.5);
    make(chat.top_p(0.9));
    let hello = || [Message::user("Hello!")];
    stream(client.chat("m", hello()));
    let full = client.chat("m", hello()).guardrails(guarded()).prediction("p").prompt_cache_key("k");
    let full = full.reasoning_effort(ReasoningEffort::High).prompt_mode(PromptMode::Reasoning);
    let full = full.service_tier(ServiceTier::StandardOnly).parallel_tool_calls(false).metadata(notes());
    let full = full.tools([function()]).tool_choice(NamedTool::function_named("tide"));
    make(full.response_format(ResponseFormat::schema("n", json!({"type": "object"}))));
    make(client.chat("m", called()));
    make(client.agent_chat("ag_1", hello()).max_tokens(9));
    stream(client.agent_chat("ag_1", hello()).stop(["END"]).prompt_mode(PromptMode::Reasoning));
    make(client.fim("m", "p").suffix("s").min_tokens(1));
    stream(client.fim("m", "p").temperature(0.1).stop("END").random_seed(7));
    make(client.embed("m", ["a", "b"]).output_dimension(8));
    make(client.moderate("m", ["a", "b"]));
    make(client.moderate_chat("m", hello()));
    make(client.moderate_chat("m", vec![hello().to_vec(), hello().to_vec()]));
    make(client.classify("m", "a"));
    let judged = || Instruct::new().messages([Message::user("Hello!")]);
    make(client.classify_chat("m", judged()));
    make(client.classify_chat("m", vec![judged(), judged()]));
    make(client.models().list());
    make(client.models().get("m"));
    make(client.models().delete("m"));
}

fn run_jobs(client: &Mistral) {
    const JOB: &str = "00000000-0000-4000-8000-000000000001";
    let jobs = client.jobs();
    let request = BatchRequest::new().custom_id("1").body(json!({"a": 1}));
    make(jobs.create("/v1/chat/completions").model("m").requests([request]));
    let states = [BatchStatus::Queued, BatchStatus::Running];
    make(jobs.list().page(1).page_size(5).model("m").status(states).created_by_me(true));
    make(jobs.get(JOB).inline(true));
    make(jobs.cancel(JOB));
    make(jobs.delete(JOB));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn mistral_python_and_the_client_send_the_same_requests() {
    let Some(python) = settings::path(settings::SDK_PYTHON) else {
        console::note("SKIPPED: the official SDKs are not installed; run `cargo xtask test`");
        return;
    };
    let (theirs, ours) = (Provider::start().await, Provider::start().await);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/mistral_calls.py");
    let mut command = Command::new(python);
    command.arg(script).arg(&theirs.base);
    let said = process::capture(&mut command).unwrap_or_else(|failure| panic!("{failure}"));
    let builder = Mistral::builder().key("test").base_url(&ours.base).learned_limits().max_retries(0);
    let client = builder.build().expect("the client can be built");
    talk(&client);
    keep_agents(&client);
    ask_models(&client);
    run_jobs(&client);
    let (theirs, ours) = (theirs.seen(), ours.seen());
    for (number, (their, our)) in theirs.iter().zip(&ours).enumerate() {
        assert_eq!(our, their, "call {number}: ours on the left");
    }
    assert_eq!(ours.len(), theirs.len(), "{said}");
    assert!(ours.len() >= 52, "{} calls", ours.len());
    console::note(&format!("{} calls sent alike", ours.len()));
}
