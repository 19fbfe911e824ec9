//! `tidegate limits` against emulated providers: what their own endpoints tell, one call's headers, what was learned.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Finished, Running, run, run_with};
use crate::http::{get, post};

/// An emulated provider, a place to keep state in, and the keys that the environment holds.
struct House {
    place: tempfile::TempDir,
    mock: Running,
    address: SocketAddr,
    provider: &'static str,
    base: String,
    variables: Vec<(&'static str, &'static str)>,
}

impl House {
    fn of(provider: &'static str, variables: &[(&'static str, &'static str)]) -> Self {
        let mock = ["mock", "--listen", "127.0.0.1:0", "--provider", provider, "--latency", "1..5"];
        let mock = Running::start(&mock);
        let address = mock.address();
        let base = format!("http://{address}");
        Self {
            place: tempfile::tempdir().unwrap(),
            mock,
            address,
            provider,
            base,
            variables: variables.to_vec(),
        }
    }

    fn limits(&self, flags: &[&str]) -> Finished {
        let args = ["limits", "--provider", self.provider, "--base-url", &self.base];
        let ended = run_with(self.place.path(), &self.variables, &[&args, flags].concat());
        let told = format!("{ended:?} {}", kept(self.place.path()));
        assert!(!told.contains("secret"), "a key shows: {told}");
        ended
    }

    fn json(&self, flags: &[&str]) -> Value {
        let ended = self.limits(&[&["--json"], flags].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        serde_json::from_str(&ended.stdout).unwrap()
    }
}

/// The names and contents of the files under a place.
fn kept(place: &Path) -> String {
    let entries = fs::read_dir(place.join("tidegate")).into_iter().flatten();
    let text =
        |path: std::path::PathBuf| format!("{} {}", path.display(), fs::read_to_string(&path).unwrap());
    entries.map(|entry| text(entry.unwrap().path())).collect()
}

/// Scope, dimension, window and limit of each line of a source.
fn lines(report: &Value, source: &str) -> Vec<(String, String, Value, Value)> {
    let lines = report["limits"].as_array().unwrap().iter().filter(|line| line["source"] == source);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    lines
        .map(|line| {
            (text(&line["scope"]), text(&line["dimension"]), line["window_s"].clone(), line["limit"].clone())
        })
        .collect()
}

fn line(scope: &str, dimension: &str, window_s: u64, limit: u64) -> (String, String, Value, Value) {
    (scope.to_owned(), dimension.to_owned(), window_s.into(), limit.into())
}

#[test]
fn openrouter_tells_credit_and_usage_of_any_key() {
    let house = House::of("openrouter", &[("OPENROUTER_API_KEY", "sk-or-secret")]);
    let message = json!({"model": "emulated/model", "max_tokens": 20, "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(post(house.address, "/api/v1/chat/completions", &message).status, 200);
    let report = house.json(&[]);
    let credit = &report["credit"];
    let of = |field: &str| credit[field].as_f64().unwrap();
    assert!(of("limit") == 10.0 && of("used") > 0.0, "{report}");
    assert!((of("remaining") + of("used") - 10.0).abs() < 1e-6, "{report}");
    let periods: Vec<_> =
        report["usage"].as_array().unwrap().iter().map(|used| used["period"].clone()).collect();
    assert_eq!(periods, ["day", "week", "month"]);
    assert_eq!(lines(&report, "documentation")[0].1, "requests");
    let text = house.limits(&[]);
    assert!(text.stdout.contains("credit: 10.00 of 10.00 USD left"), "{text:?}");
    assert_eq!(text.stderr, "", "that the account's own credit takes another key is not worth a word");
}

#[test]
fn openai_tells_an_admin_key_the_limits_of_each_model() {
    let house =
        House::of("openai", &[("OPENAI_API_KEY", "sk-secret"), ("OPENAI_ADMIN_KEY", "sk-admin-secret")]);
    let expected = [
        line("Default project: emulated-1", "requests", 60, 500),
        line("Default project: emulated-1", "total_tokens", 60, 200_000),
    ];
    assert_eq!(lines(&house.json(&["--model", "emulated-1"]), "endpoint"), expected);
    assert_eq!(house.json(&[])["limits"].as_array().unwrap().len(), 4);
}

#[test]
fn a_missing_admin_key_and_one_that_is_none_are_told_apart() {
    let missing = House::of("openai", &[("OPENAI_API_KEY", "sk-secret")]).limits(&[]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(2), ""), "{missing:?}");
    assert!(missing.stderr.contains("OPENAI_ADMIN_KEY is not set"), "{missing:?}");
    assert!(missing.stderr.contains("hint: set OPENAI_ADMIN_KEY to an admin key"), "{missing:?}");
    let variables = [("MISTRAL_API_KEY", "secret"), ("MISTRAL_ADMIN_KEY", "usual-secret")];
    let wrong = House::of("mistral", &variables).limits(&[]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    assert!(
        wrong.stderr.contains("does not take MISTRAL_ADMIN_KEY as an admin key (status 401)"),
        "{wrong:?}"
    );
}

#[test]
fn anthropics_groups_of_models_are_read_to_the_last_page() {
    let report = House::of("anthropic", &[("ANTHROPIC_ADMIN_KEY", "sk-ant-admin-secret")]).json(&[]);
    let told = lines(&report, "endpoint");
    let models = "claude-emulated-1, claude-emulated-2";
    assert!(told.contains(&line(models, "input_tokens", 60, 2_000_000)), "{report}");
    assert!(told.contains(&("batch".into(), "requests".into(), Value::Null, 200_000.into())), "{report}");
}

#[test]
fn mistral_tells_rates_and_spending_and_venice_tells_any_key() {
    let mistral = House::of("mistral", &[("MISTRAL_ADMIN_KEY", "admin-secret")]).json(&[]);
    let told = lines(&mistral, "endpoint");
    assert!(told.contains(&line("account", "requests", 1, 2)), "{mistral}");
    assert!(told.contains(&line("mistral-emulated", "total_tokens", 60, 100_000)), "{mistral}");
    assert_eq!(mistral["credit"]["limit"], 10.0);
    let venice = House::of("venice", &[("VENICE_API_KEY", "secret")]).json(&[]);
    assert!(lines(&venice, "endpoint").contains(&line("emulated-2", "requests", 60, 500)), "{venice}");
    assert_eq!(venice["credit"]["remaining"], 10.0);
}

#[test]
fn what_a_provider_told_is_there_when_it_is_not() {
    let house = House::of("openrouter", &[("OPENROUTER_API_KEY", "sk-or-secret")]);
    assert_eq!(house.json(&[])["credit"]["source"], "endpoint");
    assert_eq!(house.json(&["--cached"])["credit"]["source"], "cache");
    let House { place, mock, base, variables, .. } = house;
    mock.terminate();
    mock.end();
    let args = ["limits", "--provider", "openrouter", "--base-url", &base];
    let gone = run_with(place.path(), &variables, &args);
    assert_eq!(gone.code, Some(0), "{gone:?}");
    assert!(gone.stdout.contains("(the provider, earlier"), "{gone:?}");
    assert!(gone.stderr.contains("note: could not connect to 127.0.0.1"), "{gone:?}");
    let without = run_with(place.path(), &variables, &[&args[..], &["--no-state"]].concat());
    assert_eq!((without.code, without.stdout.as_str()), (Some(1), ""), "{without:?}");
}

#[test]
fn one_small_call_tells_limits_where_no_endpoint_does() {
    let house = House::of("groq", &[("GROQ_API_KEY", "secret")]);
    let unasked = house.limits(&[]);
    assert_eq!(unasked.code, Some(1), "{unasked:?}");
    assert!(
        unasked.stderr.contains("groq has no endpoint") && unasked.stderr.contains("--probe"),
        "{unasked:?}"
    );
    let probed = house.json(&["--probe", "m"]);
    let tokens =
        probed["limits"].as_array().unwrap().iter().find(|line| line["dimension"] == "total_tokens").unwrap();
    assert_eq!((&tokens["source"], &tokens["limit"]), (&"answer".into(), &200_000.into()));
    assert!(tokens["remaining"].as_u64().unwrap() < 200_000, "{probed}");
    let learned = house.json(&[]);
    assert!(lines(&learned, "learned").iter().any(|line| line.1 == "total_tokens"), "{learned}");
    assert_eq!(get(house.address, "/_mock/stats").json()["charged"]["requests"], 1, "one call, once");
}

#[test]
fn what_is_told_at_the_start_of_the_gateway_holds_until_an_answer_says_otherwise() {
    let house = House::of("mistral", &[("MISTRAL_ADMIN_KEY", "admin-secret")]);
    let file = house.place.path().join("tidegate.toml");
    fs::write(&file, format!("[providers.mistral]\nbase_url = \"{}\"\ndiscover = true\n", house.base))
        .unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()];
    let gateway = Running::start_with(house.place.path(), &house.variables, &serve);
    // Mistral's streams have no headers, so nothing else can have told.
    let address = gateway.address();
    let call = json!({"model": "mistral-emulated", "stream": true, "messages": [{"role": "user", "content": "hello"}]});
    assert_eq!(post(address, "/mistral/v1/chat/completions", &call).status, 200);
    let status = get(address, "/api/v1/status").json();
    let limits = status["accounts"][0]["limits"].as_array().unwrap();
    let tokens = limits.iter().find(|limit| limit["window_s"] == 60.0).unwrap();
    assert_eq!(
        (&tokens["limit"], &tokens["scope"], &tokens["learned"]),
        (&100_000.into(), &"mistral-emulated".into(), &false.into()),
        "{status}"
    );
}

#[test]
fn a_provider_that_tells_nothing_at_the_start_is_named_and_stops_nothing() {
    let house = House::of("openai", &[("OPENAI_API_KEY", "secret")]);
    let path = |name: &str, text: String| {
        let file = house.place.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let config = path("c.toml", "[providers.openai]\ndiscover = true\n".to_owned());
    let row = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
    let (input, output) = (path("in.jsonl", row.to_string()), path("out.jsonl", String::new()));
    fs::remove_file(&output).unwrap();
    let args = [
        "batch",
        &input,
        "-o",
        &output,
        "--provider",
        "openai",
        "--base-url",
        &house.base,
        "--config",
        &config,
    ];
    let ended = run_with(house.place.path(), &house.variables, &args);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("openai: its limits could not be asked for")
            && ended.stderr.contains("OPENAI_ADMIN_KEY"),
        "{ended:?}"
    );
}

#[test]
fn a_row_whose_model_only_another_provider_lists_goes_there_and_the_lists_are_kept() {
    let openai = House::of("openai", &[("OPENAI_API_KEY", "secret"), ("MISTRAL_API_KEY", "secret")]);
    let mistral = House::of("mistral", &[]);
    let path = |name: &str| openai.place.path().join(name).to_str().unwrap().to_owned();
    let (config, input) = (path("c.toml"), path("in.jsonl"));
    let table =
        |name: &str, base: &str| format!("[providers.{name}]\nbase_url = \"{base}\"\ndiscover = true\n");
    let tables = [table("openai", &openai.base), table("mistral", &mistral.base)].concat();
    fs::write(&config, tables).unwrap();
    let row =
        |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "hello"}]}).to_string();
    fs::write(&input, ["emulated-1", "mistral-emulated", "unheard-of"].map(row).join("\n")).unwrap();
    for run in ["one", "two"] {
        let output = path(run);
        let args = ["batch", &input, "-o", &output, "--provider", "openai", "--config", &config, "--quiet"];
        let ended = run_with(openai.place.path(), &openai.variables, &args);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let calls = |address, path: &str| {
        let arrivals = get(address, "/_mock/arrivals").json();
        arrivals.as_array().unwrap().iter().filter(|arrival| arrival["path"] == path).count()
    };
    assert_eq!(calls(openai.address, "/v1/chat/completions"), 4);
    assert_eq!(calls(mistral.address, "/v1/chat/completions"), 2);
    assert_eq!(
        (calls(openai.address, "/v1/models"), calls(mistral.address, "/v1/models")),
        (1, 1),
        "once a day"
    );
}

#[test]
fn what_cannot_be_asked_is_told_before_anything_is() {
    for (args, code, part) in [
        (&["limits"][..], 2, "--provider"),
        (&["limits", "--provider", "mine"], 2, "no provider mine is built in"),
        (&["limits", "--provider", "opnai"], 2, "did you mean openai?"),
        (&["limits", "--model", "codestral-latest"], 2, "MISTRAL_ADMIN_KEY"),
        (&["limits", "--base-url", "https://openrouter.ai/api/v1"], 2, "OPENROUTER_API_KEY is not set"),
        (&["limits", "--provider", "a/b"], 2, "cannot name a provider"),
        (&["limits", "--provider", "openrouter"], 2, "OPENROUTER_API_KEY is not set"),
        (&["limits", "--provider", "groq", "--probe", "m"], 2, "set GROQ_API_KEY"),
        (&["limits", "--provider", "groq", "--cached"], 1, "nothing was told or learned earlier"),
        (&["limits", "--provider", "openai", "--config", "/nowhere.toml"], 3, "/nowhere.toml"),
    ] {
        let ended = run(args);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(code), ""), "{args:?} {ended:?}");
        assert!(ended.stderr.contains(part), "{args:?} {ended:?}");
    }
}
