//! Rules that hold for every recorded exchange; runs where the recordings are beside the checkout, passes without.

mod endings;
mod expected;
mod usage;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use tidegate_core::{Class, Dimension, Observation, Usage};
use tidegate_provider::{Adapter, Dialect, Endpoint, EndpointKind, Reading, ResponseHead, Spent, adapter};

struct Record {
    name: String,
    adapter: &'static dyn Adapter,
    endpoint: Endpoint,
    request: Vec<u8>,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Record {
    fn head(&self) -> ResponseHead<'_> {
        ResponseHead { status: self.status, headers: &self.headers, received_at: SystemTime::UNIX_EPOCH }
    }

    fn observations(&self) -> Vec<Observation> {
        self.adapter.observe(self.endpoint, &self.head())
    }

    fn reading(&self, chunk: usize) -> Reading {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let mut reader =
            self.adapter.usage_reader(self.endpoint, text("content-type"), text("content-encoding"));
        self.body.chunks(chunk).for_each(|part| reader.push(part));
        reader.finish()
    }

    fn document(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

#[expect(clippy::print_stdout, reason = "tells the reader of a test run why nothing was checked")]
fn records() -> Vec<Record> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures");
    if !folder.is_dir() {
        println!("the recordings are absent: nothing to check");
        return Vec::new();
    }
    let mut records = Vec::new();
    let entries = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    files.sort();
    for path in files {
        let (file, text) = (
            path.file_stem().unwrap_or_default().to_string_lossy(),
            fs::read_to_string(&path).expect("text"),
        );
        let lines = text.lines().enumerate();
        records.extend(lines.filter_map(|(line, text)| record(format!("{file}:{}", line + 1), text)));
    }
    records
}

/// One recording; `None` where its status is not known.
fn record(name: String, line: &str) -> Option<Record> {
    let value: Value = serde_json::from_str(line).expect("a recording is a line of JSON");
    let text = |name: &str| match &value[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let url = text("url");
    let path = url.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
    let method = Method::from_bytes(text("method").as_bytes()).unwrap_or(Method::POST);
    let mut headers = HeaderMap::new();
    for (name, values) in value["response_headers"].as_object().into_iter().flatten() {
        for text in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(text)) = (name, HeaderValue::from_str(text)) {
                headers.append(name, text);
            }
        }
    }
    let status = u16::try_from(value["status"].as_u64()?).ok()?;
    let adapter = adapter(Dialect::from_name(&text("provider")).unwrap_or(Dialect::Compatible));
    Some(Record {
        endpoint: adapter.endpoint(&method, path.split('#').next().unwrap_or_default()),
        request: text("request_body").into_bytes(),
        status,
        body: body(&value),
        name,
        adapter,
        headers,
    })
}

/// The body: text, or base64 where it is none.
fn body(record: &Value) -> Vec<u8> {
    match (&record["response_body"], &record["response_body_base64"]) {
        (Value::String(text), _) => text.clone().into_bytes(),
        (Value::Null, Value::String(text)) => STANDARD.decode(text).expect("a recording's base64 is whole"),
        (Value::Null, _) => Vec::new(),
        (other, _) => other.to_string().into_bytes(),
    }
}

#[test]
fn no_limit_is_invented() {
    for record in records() {
        let stated: BTreeSet<u64> =
            record.headers.values().filter_map(|value| value.to_str().ok()?.trim().parse().ok()).collect();
        for limit in record.observations() {
            let name = &record.name;
            for number in [limit.limit, limit.remaining].into_iter().flatten() {
                assert!(stated.contains(&number), "{name}: no header says {number}");
            }
            assert!(limit.remaining.unwrap_or(0) <= limit.limit.unwrap_or(u64::MAX), "{name}: {limit:?}");
            let longest = Duration::from_secs(2_678_400);
            assert!(limit.window.is_none_or(|window| window <= longest), "{name}: {limit:?}");
            assert!(limit.reset.is_none_or(|reset| reset <= longest), "{name}: {limit:?}");
        }
    }
}

#[test]
fn a_success_asks_for_no_wait_and_an_error_is_never_a_success() {
    for record in records() {
        let verdict = record.adapter.classify(&record.head(), &record.body);
        let name = &record.name;
        if record.status < 400 {
            assert!(verdict.class != Class::Ok || verdict.retry_after.is_none(), "{name}: {verdict:?}");
            assert!(verdict.class != Class::Ok || !verdict.retryable, "{name}: {verdict:?}");
        } else {
            assert_ne!(verdict.class, Class::Ok, "{name}");
            let has_text = record.body.iter().any(|byte| !byte.is_ascii_whitespace());
            assert_eq!(verdict.error.is_some(), has_text, "{name}: {verdict:?}");
        }
        assert!(verdict.class.is_retryable() || !verdict.retryable, "{name}: {verdict:?}");
    }
}

#[test]
fn usage_is_the_providers_own_numbers() {
    let mut seen = 0;
    for record in records() {
        let Some(expected) = expected_usage(&record).filter(|_| record.endpoint.is_metered()) else {
            continue;
        };
        seen += 1;
        let reading = record.reading(usize::MAX);
        assert_eq!(reading.usage.map(unwritten), Some(expected), "{}", record.name);
    }
    println!("{seen} usages compared");
}

/// The usage without what no field of the recordings' own words is compared with.
fn unwritten(mut usage: Usage) -> Usage {
    usage.cache_write_tokens = 0;
    usage
}

/// The usage of a plain answer, read field by field.
fn expected_usage(record: &Record) -> Option<Usage> {
    let document = record.document()?;
    if let Some(usage) = document.get("usageMetadata") {
        return Some(of_gemini(usage));
    }
    let cohere = document.get("usage").filter(|usage| usage.get("billed_units").is_some());
    if let Some(told) = cohere.or_else(|| document.get("meta")?.get("billed_units").and(document.get("meta")))
    {
        return of_cohere(told);
    }
    let usage = document.get("usage").filter(|usage| usage.is_object())?;
    if usage.get("total_input_tokens").is_some() {
        return Some(of_interaction(usage));
    }
    let anthropic = usage.get("cache_read_input_tokens").is_some() || document["type"] == "message";
    Some(if anthropic { of_anthropic(usage) } else { of_openai(usage) })
}

fn of_gemini(usage: &Value) -> Usage {
    let sum = |names: [&str; 2]| names.iter().filter_map(|name| usage.get(name)?.as_u64()).sum();
    let mut expected = Usage::new(
        sum(["promptTokenCount", "toolUsePromptTokenCount"]),
        sum(["candidatesTokenCount", "thoughtsTokenCount"]),
    );
    expected.cached_input_tokens = usage.get("cachedContentTokenCount").and_then(Value::as_u64).unwrap_or(0);
    expected.total_tokens = usage.get("totalTokenCount").and_then(Value::as_u64);
    expected
}

fn of_interaction(usage: &Value) -> Usage {
    let at = |name: &str| usage[name].as_u64().unwrap_or(0);
    let mut expected = Usage::new(
        at("total_input_tokens") + at("total_tool_use_tokens"),
        at("total_output_tokens") + at("total_thought_tokens"),
    );
    expected.cached_input_tokens = at("total_cached_tokens");
    expected.total_tokens = usage["total_tokens"].as_u64();
    expected
}

fn of_cohere(told: &Value) -> Option<Usage> {
    let part = |name: &str| {
        let groups = ["tokens", "billed_units"];
        groups.iter().find_map(|group| told.get(group)?.get(name)?.as_f64()).map(|count| count as u64)
    };
    let (input, output) = (part("input_tokens"), part("output_tokens"));
    let mut expected = Usage::new(input.or(output.map(|_| 0))?, output.unwrap_or(0));
    expected.cached_input_tokens =
        told.get("cached_tokens").and_then(Value::as_f64).map_or(0, |count| count as u64);
    Some(expected)
}

fn of_anthropic(usage: &Value) -> Usage {
    let at = |name: &str| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
    let cached = at("cache_read_input_tokens");
    let input = at("input_tokens") + cached + at("cache_creation_input_tokens");
    let mut expected = Usage::new(input, at("output_tokens"));
    expected.cached_input_tokens = cached;
    expected
}

fn of_openai(usage: &Value) -> Usage {
    let at = |name: &str| usage.get(name).and_then(Value::as_u64);
    let deep = |group: &str| usage.get(group)?.get("cached_tokens")?.as_u64();
    let mut expected = Usage::new(
        at("prompt_tokens").or(at("input_tokens")).unwrap_or(0),
        at("completion_tokens").or(at("output_tokens")).unwrap_or(0),
    );
    expected.total_tokens = at("total_tokens");
    expected.cached_input_tokens = deep("prompt_tokens_details")
        .or(deep("prompt_token_details"))
        .or(deep("input_tokens_details"))
        .or(at("prompt_cache_hit_tokens"))
        .or(at("num_cached_tokens"))
        .or(at("cached_tokens"))
        .unwrap_or(0);
    expected
}

#[test]
fn mistrals_charge_is_the_query_cost_that_its_header_tells() {
    let mut seen = 0;
    for record in records() {
        let told = |name: &str| record.headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
        let reading = record.reading(usize::MAX);
        let (Some(usage), true) = (reading.stated(), record.status == 200) else { continue };
        let charge = record.adapter.charge(record.endpoint, &Spent { usage, details: reading.details });
        let units = [
            ("x-ratelimit-tokens-query-cost", Dimension::TotalTokens),
            ("x-ratelimit-audio-seconds-query-cost", Dimension::AudioSeconds),
            ("x-ratelimit-ocr-pages-query-cost", Dimension::Pages),
        ];
        for (name, dimension) in units {
            if let Some(expected) = told(name) {
                seen += 1;
                assert_eq!(charge.get(dimension), expected, "{}: {name}, {reading:?}", record.name);
            }
        }
    }
    println!("{seen} charges compared");
}

#[test]
fn text_that_goes_by_is_about_the_output_that_is_stated() {
    let mut ratios = Vec::new();
    for record in records() {
        let reading = record.reading(usize::MAX);
        let hidden = reading.details.reasoning_tokens.unwrap_or(0);
        let Some(usage) = reading.stated().filter(|usage| usage.output_tokens > hidden + 20) else {
            continue;
        };
        if reading.streamed.pieces > 0 {
            ratios.push(reading.streamed.tokens() as f64 / (usage.output_tokens - hidden) as f64);
        }
    }
    ratios.sort_by(f64::total_cmp);
    if let [_, .., _] = ratios.as_slice() {
        let at = |share: f64| ratios[(ratios.len() as f64 * share) as usize];
        println!("streamed / stated of {}: {:.2} {:.2} {:.2}", ratios.len(), at(0.1), at(0.5), at(0.9));
        assert!((0.8..1.25).contains(&at(0.5)), "half of the reckoned outputs are off by a quarter");
    }
}

#[test]
fn streams_tell_the_usage_that_their_last_events_hold() {
    let mut seen = 0;
    for record in records() {
        let text = String::from_utf8_lossy(&record.body).into_owned();
        if !text.contains("\ndata:") && !text.starts_with("data:") {
            continue;
        }
        let usages = || {
            text.lines()
                .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?.trim()).ok())
                .filter_map(|event| {
                    let places = [
                        "/delta/usage/tokens",
                        "/usage",
                        "/response/usage",
                        "/message/usage",
                        "/usageMetadata",
                        "/interaction/usage",
                    ];
                    places
                        .iter()
                        .find_map(|place| event.pointer(place).filter(|usage| usage.is_object()).cloned())
                })
        };
        let last = |names: [&str; 2]| {
            usages().filter_map(|usage| names.iter().find_map(|name| usage.get(name)?.as_u64())).next_back()
        };
        let reading = record.reading(usize::MAX);
        let name = &record.name;
        if !record.endpoint.is_metered() {
            continue;
        }
        if usages().count() == 0 {
            assert!(reading.usage.is_none() || text.contains("x_groq"), "{name}: {reading:?}");
            continue;
        }
        seen += 1;
        let usage = reading.usage.unwrap_or_else(|| panic!("{name}: no usage"));
        let total = last(["total_tokens", "totalTokenCount"]);
        assert_eq!(usage.total_tokens, total, "{name}");
        if !text.contains("usageMetadata") && !text.contains("total_output_tokens") {
            let output = last(["completion_tokens", "output_tokens"]).or(Some(0));
            assert_eq!(Some(usage.output_tokens), output, "{name}");
        }
    }
    println!("{seen} streams compared");
}

#[test]
fn chunking_does_not_change_a_reading() {
    for record in records() {
        let whole = record.reading(usize::MAX);
        for size in [1, 7, 1_000] {
            assert_eq!(record.reading(size), whole, "{} in chunks of {size}", record.name);
        }
    }
}

#[test]
fn estimates_of_chat_input_are_near_what_was_used() {
    let mut ratios = Vec::new();
    for record in records() {
        let estimate = record.adapter.estimate(record.endpoint, &record.request);
        let is_chat = matches!(record.endpoint.kind, EndpointKind::Chat | EndpointKind::Messages);
        if let (true, Some(usage)) = (is_chat, record.reading(usize::MAX).stated()) {
            let estimated = estimate.cost.get(tidegate_core::Dimension::InputTokens);
            ratios.push(estimated as f64 / usage.input_tokens.max(1) as f64);
        }
    }
    ratios.sort_by(f64::total_cmp);
    if let [_, .., _] = ratios.as_slice() {
        let at = |share: f64| ratios[(ratios.len() as f64 * share) as usize];
        println!("estimate / used: {:.2} {:.2} {:.2}", at(0.1), at(0.5), at(0.9));
        assert!((0.5..2.0).contains(&at(0.5)), "half of the estimates are off by a factor of two");
    }
}
