//! The official SDKs, pointed at `tidegate serve` in front of the emulated provider.
//!
//! For each SDK: a plain call, a streamed call, and 200 calls at once, more than the provider admits, with the SDK's
//! own retries off. The gateway knows the limits only from the provider's headers. `cargo xtask test` installs the
//! SDKs and names them in the environment; without that these tests say so and pass.

#[path = "sdk/refusing.rs"]
mod refusing;

use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::console;
use xtask::process;
use xtask::server::Server;
use xtask::settings;

use refusing::Refusing;

/// Calls at once; the provider's burst is smaller.
const CALLS: u64 = 200;
/// A limit that is not known yet cannot be found without touching it now and then.
const REFUSED_MAX: u64 = 3;

/// An official SDK: what runs its script, and how it reaches the gateway.
struct Sdk {
    script: &'static str,
    provider: &'static str,
    /// Where the gateway serves this provider, as the SDK wants it.
    path: &'static str,
    /// The limits of the emulated provider, counted as the real one counts them: 150 at once, then 150 a minute.
    limits: &'static [&'static str],
}

const OPENAI_PYTHON: Sdk = Sdk {
    script: "openai_python.py",
    provider: "openai",
    path: "/openai/v1",
    limits: &["--rpm", "150", "--tpm", "400000"],
};
const OPENAI_NODE: Sdk = Sdk { script: "openai_node.mjs", ..OPENAI_PYTHON };
const ANTHROPIC_PYTHON: Sdk = Sdk {
    script: "anthropic_python.py",
    provider: "anthropic",
    path: "/anthropic",
    limits: &["--rpm", "150", "--itpm", "400000", "--otpm", "80000"],
};
const MISTRAL_PYTHON: Sdk = Sdk {
    script: "mistral_python.py",
    provider: "mistral",
    path: "/mistral",
    limits: &["--rpm", "150", "--tpm", "400000"],
};

/// What `cargo xtask test` names in the environment.
struct Installed {
    binary: PathBuf,
    python: PathBuf,
    node_modules: PathBuf,
}

fn installed() -> Option<Installed> {
    let found = Some(Installed {
        binary: settings::path(settings::BINARY)?,
        python: settings::path(settings::SDK_PYTHON)?,
        node_modules: settings::path(settings::SDK_NODE_MODULES)?,
    });
    found.filter(|installed| installed.binary.exists())
}

/// Runs one mode of an SDK's script against a gateway and a provider of its own.
fn drive(sdk: &Sdk, mode: &str, calls: u64) {
    let Some(installed) = installed() else {
        console::note("SKIPPED: the official SDKs are not installed; run `cargo xtask test`");
        return;
    };
    let mut arguments = vec!["mock", "--provider", sdk.provider, "--latency", "50..300"];
    arguments.extend(sdk.limits);
    let mock = Server::start(&installed.binary, &arguments).expect("the emulated provider starts");
    let upstream = format!("{}={}", sdk.provider, mock.url());
    let gateway = Server::start(&installed.binary, &["serve", "--no-state", "--upstream", &upstream])
        .expect("the gateway starts");
    let mut script = interpreter(sdk, &installed);
    script.arg(scripts().join(sdk.script)).arg(mode).arg(format!("{}{}", gateway.url(), sdk.path));
    script.env(settings::SDK_NODE_MODULES, &installed.node_modules);
    let said = process::capture(&mut script);
    let stats = mock.json("/_mock/stats").expect("the emulated provider tells its figures");
    let said =
        said.unwrap_or_else(|failure| panic!("{failure}\nprovider: {stats}\ngateway: {}", gateway.log()));
    assert_eq!(said.trim(), format!("answered {calls}"), "provider: {stats}\ngateway: {}", gateway.log());
    assert_eq!(stats["answered"], calls, "{stats}");
    let refused = stats["refused"].as_u64().expect("the emulated provider counts refusals");
    console::note(&format!("{} {mode}: {calls} answered, {refused} refused", sdk.script));
    assert!(refused <= REFUSED_MAX, "{refused} refusals: {stats}");
}

/// Five calls of an SDK with its own retries, while the provider refuses all of them: it sees one, and the gateway no
/// more than five.
fn stop(sdk: &Sdk, refusal: (u16, &'static str)) {
    let Some(installed) = installed() else {
        console::note("SKIPPED: the official SDKs are not installed; run `cargo xtask test`");
        return;
    };
    let provider = Refusing::start(refusal).expect("a port is free");
    let upstream = format!("{}={}", sdk.provider, provider.url());
    let gateway = Server::start(&installed.binary, &["serve", "--no-state", "--upstream", &upstream])
        .expect("the gateway starts");
    let mut script = interpreter(sdk, &installed);
    script.arg(scripts().join(sdk.script)).arg("stopped").arg(format!("{}{}", gateway.url(), sdk.path));
    script.env(settings::SDK_NODE_MODULES, &installed.node_modules);
    let said = process::capture(&mut script);
    let said = said.unwrap_or_else(|failure| panic!("{failure}\ngateway: {}", gateway.log()));
    assert_eq!(said.trim(), "answered 0", "{}", gateway.log());
    let metrics = gateway.text("/metrics").expect("the gateway tells its metrics");
    let counted = metrics.lines().filter(|line| line.starts_with("tidegate_requests_total{"));
    let calls: u64 = counted.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum();
    assert_eq!((provider.seen(), calls), (1, 5), "{metrics}");
}

fn interpreter(sdk: &Sdk, installed: &Installed) -> Command {
    match sdk.script.ends_with(".mjs") {
        true => Command::new("node"),
        false => Command::new(&installed.python),
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

#[test]
fn openai_python_gets_a_plain_answer() {
    drive(&OPENAI_PYTHON, "plain", 1);
}

#[test]
fn openai_python_gets_a_streamed_answer() {
    drive(&OPENAI_PYTHON, "stream", 1);
}

#[test]
fn openai_python_gets_every_answer_of_200_calls_over_the_limit() {
    drive(&OPENAI_PYTHON, "many", CALLS);
}

#[test]
fn openai_node_gets_a_plain_answer() {
    drive(&OPENAI_NODE, "plain", 1);
}

#[test]
fn openai_node_gets_a_streamed_answer() {
    drive(&OPENAI_NODE, "stream", 1);
}

#[test]
fn openai_node_gets_every_answer_of_200_calls_over_the_limit() {
    drive(&OPENAI_NODE, "many", CALLS);
}

#[test]
fn anthropic_python_gets_a_plain_answer() {
    drive(&ANTHROPIC_PYTHON, "plain", 1);
}

#[test]
fn anthropic_python_gets_a_streamed_answer() {
    drive(&ANTHROPIC_PYTHON, "stream", 1);
}

#[test]
fn anthropic_python_gets_every_answer_of_200_calls_over_the_limit() {
    drive(&ANTHROPIC_PYTHON, "many", CALLS);
}

#[test]
fn openai_python_stops_where_the_key_is_known_to_be_wrong() {
    stop(&OPENAI_PYTHON, refusing::WRONG_KEY);
}

#[test]
fn openai_python_stops_where_the_quota_is_known_to_be_used_up() {
    stop(&OPENAI_PYTHON, refusing::NO_QUOTA);
}

#[test]
fn openai_node_stops_where_the_quota_is_known_to_be_used_up() {
    stop(&OPENAI_NODE, refusing::NO_QUOTA);
}

#[test]
fn anthropic_python_stops_where_the_spend_cap_is_known_to_be_reached() {
    stop(&ANTHROPIC_PYTHON, refusing::SPEND_CAP);
}

#[test]
fn mistral_python_gets_a_plain_answer() {
    drive(&MISTRAL_PYTHON, "plain", 1);
}

#[test]
fn mistral_python_gets_a_streamed_answer() {
    drive(&MISTRAL_PYTHON, "stream", 1);
}

#[test]
fn mistral_python_gets_every_answer_of_200_calls_over_the_limit() {
    drive(&MISTRAL_PYTHON, "many", CALLS);
}
