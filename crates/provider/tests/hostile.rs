//! Answers and requests made to do harm: numbers that are no amounts, nesting and objects without end, windows of ages.
//!
//! Beside `bad_input.rs`, which holds each kind of malformed value to each host's own names.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use tidegate_core::{Class, Cost, Dimension};
use tidegate_provider::{
    Adapter, Dialect, Endpoint, EndpointKind, Inspection, Reading, ResponseHead, adapter, inspect, settlement,
};

/// The longest span that anything states: a leap year.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

fn adapters() -> impl Iterator<Item = &'static dyn Adapter> {
    Dialect::ALL.into_iter().map(adapter)
}

fn usual(adapter: &dyn Adapter) -> Endpoint {
    let is_anthropic = adapter.dialect() == Dialect::Anthropic;
    Endpoint::of(if is_anthropic { EndpointKind::Messages } else { EndpointKind::Chat })
}

fn read(adapter: &dyn Adapter, body: &[u8], size: usize) -> Reading {
    let mut reader = adapter.usage_reader(usual(adapter), None, None);
    body.chunks(size).for_each(|chunk| reader.push(chunk));
    reader.finish()
}

fn answer(dialect: Dialect, status: u16, pairs: &[(&str, &str)], body: &[u8]) -> Inspection {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("the name of a header");
        headers.append(name, HeaderValue::from_str(value).expect("the value of a header"));
    }
    // 2025-08-08T15:40:00Z.
    let received_at: SystemTime = UNIX_EPOCH + Duration::from_secs(1_754_667_600);
    inspect(adapter(dialect), &ResponseHead { status, headers: &headers, received_at }, body)
}

/// What is written for "none" or "unlimited" by mistake, and what is no number of tokens.
const NO_AMOUNTS: [&str; 12] = [
    "18446744073709551615",
    "9223372036854775807",
    "4294967295",
    "340282366920938463463374607431768211455",
    "1e300",
    "1e18",
    "-1",
    "-9223372036854775808",
    "1.5",
    "\"12\"",
    "[12]",
    "true",
];

#[test]
fn what_is_no_number_of_tokens_puts_nobody_into_debt_for_ever() {
    for adapter in adapters() {
        for number in NO_AMOUNTS {
            let usage = format!(
                r#"{{"prompt_tokens":{number},"completion_tokens":{number},"input_tokens":{number},"output_tokens":{number},"total_tokens":{number},"connector_tokens":{number},"cost":{number},"seconds":{number},"prompt_tokens_details":{{"cached_tokens":{number}}},"cache_read_input_tokens":{number}}}"#
            );
            let plain = format!(r#"{{"type":"message","object":"chat.completion","usage":{usage}}}"#);
            for body in [plain.clone(), format!("data: {plain}\n\n")] {
                let reading = read(adapter, body.as_bytes(), 11);
                let estimate = Cost::requests(1).input_tokens(10).output_tokens(20);
                let settled = settlement(adapter, usual(adapter), &reading, &[], &estimate);
                let charge = settled.map_or(estimate, |settled| settled.charge);
                for dimension in Dimension::ALL {
                    assert!(charge.get(dimension) <= 1_000_000_000, "{adapter:?} {number}: {charge:?}");
                }
            }
        }
    }
}

#[test]
fn a_charge_that_no_call_can_have_is_not_believed() {
    for amount in ["9223372036854775807", "4294967295", "999999999999999999", "-1", "1e9", "many"] {
        let headers =
            [("x-ratelimit-tokens-query-cost", amount), ("x-ratelimit-limit-tokens-minute", "500000")];
        let observed = answer(Dialect::Mistral, 200, &headers, b"{}").observed;
        assert_eq!(observed.charged, [], "{amount}");
        assert!(
            observed.ignored.iter().any(|each| each.header == "x-ratelimit-tokens-query-cost"),
            "{amount}"
        );
    }
}

#[test]
fn a_window_of_ages_is_none() {
    for dialect in Dialect::ALL {
        for seconds in ["18446744073709551615", "999999999999999999", "31708800000", "0", "-60", "1m"] {
            let headers = [
                ("x-ratelimit-limit-requests", "120"),
                ("x-ratelimit-remaining-requests", "119"),
                ("x-ratelimit-renewalperiod-requests", seconds),
                ("x-ratelimit-reset-requests", "1"),
                ("ratelimit", "\"api\";r=4;t=1"),
                ("ratelimit-policy", &format!("\"api\";q=5;w={seconds}")),
            ];
            for limit in answer(dialect, 200, &headers, b"{}").observed.limits {
                assert!(
                    limit.window.is_none_or(|window| window <= LONGEST && !window.is_zero()),
                    "{dialect}"
                );
                assert!(limit.reset.is_none_or(|reset| reset <= LONGEST), "{dialect} {seconds}");
            }
        }
    }
}

#[test]
fn a_clock_that_is_wrong_by_ages_gives_no_wait_of_ages() {
    let dates = [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 99 Foo 2025 00:00:00 GMT",
        "",
    ];
    let resets = ["1754667660", "1754667660000", "2025-08-08T15:41:00Z", "9999-12-31T23:59:59Z", "0"];
    for dialect in Dialect::ALL {
        for date in dates {
            for reset in resets {
                let headers = [
                    ("date", date),
                    ("retry-after", reset),
                    ("x-ratelimit-limit-requests", "5"),
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", reset),
                    ("anthropic-ratelimit-requests-limit", "5"),
                    ("anthropic-ratelimit-requests-remaining", "0"),
                    ("anthropic-ratelimit-requests-reset", reset),
                ];
                let Inspection { verdict, observed, .. } = answer(dialect, 429, &headers, b"");
                assert_eq!(verdict.class, Class::Throttled, "{dialect}");
                assert!(verdict.retry_after.is_none_or(|wait| wait <= LONGEST), "{dialect} {date} {reset}");
                let resets = observed.limits.iter().filter_map(|limit| limit.reset);
                assert!(resets.max().is_none_or(|reset| reset <= LONGEST), "{dialect} {date} {reset}");
            }
        }
    }
}

#[test]
fn one_name_that_comes_without_end_states_nothing() {
    let mut headers = HeaderMap::new();
    for number in 0..20_000_u32 {
        let value = HeaderValue::from(number);
        for name in ["x-ratelimit-limit-tokens", "retry-after", "ratelimit", "date"] {
            headers.append(name, value.clone());
        }
    }
    let head = ResponseHead { status: 429, headers: &headers, received_at: UNIX_EPOCH };
    for dialect in Dialect::ALL {
        let Inspection { observed, verdict, .. } = inspect(adapter(dialect), &head, b"");
        assert_eq!(observed.limits, [], "{dialect}");
        assert!(verdict.retry_after.is_none_or(|wait| wait <= Duration::from_secs(20_000)), "{dialect}");
    }
}

#[test]
fn values_of_a_quarter_megabyte_are_read_to_no_end_and_state_nothing() {
    let long =
        ["9".repeat(1 << 18), "1s".repeat(1 << 17), "5;w=60,".repeat(1 << 15), "\"a\";".repeat(1 << 16)];
    for dialect in Dialect::ALL {
        for value in &long {
            let names =
                ["x-ratelimit-limit-tokens", "x-ratelimit-reset-tokens", "ratelimit", "ratelimit-limit"];
            let pairs: Vec<(&str, &str)> = names.into_iter().map(|name| (name, value.as_str())).collect();
            let observed = answer(dialect, 200, &pairs, b"{}").observed;
            assert!(
                observed.limits.iter().all(|limit| limit.limit.is_none_or(|limit| limit == 5)),
                "{dialect}"
            );
        }
    }
}

#[test]
fn nesting_without_end_ends_the_reading_and_not_the_process() {
    let deep = |open: &str| open.repeat(400_000 / open.len());
    let bodies = [
        deep("["),
        deep("{\"error\":"),
        deep("{\"usage\":"),
        format!("data: {}\n\n", deep("{\"choices\":[")),
        format!(r#"{{"model":"m","messages":{}"#, deep("[")),
        format!(r#"{{"model":"m","input_audio":{}"#, deep("{\"data\":")),
        format!(r#"{{"error":{{"details":{}"#, deep("[{\"violations\":")),
    ];
    for adapter in adapters() {
        for body in &bodies {
            assert_eq!(read(adapter, body.as_bytes(), 1 << 16).usage, None);
            assert_eq!(
                answer(adapter.dialect(), 500, &[], body.as_bytes()).verdict.class,
                Class::ServerError
            );
            let cost = adapter.estimate(usual(adapter), body.as_bytes()).cost;
            assert!(cost.get(Dimension::TotalTokens) <= body.len() as u64, "{cost:?}");
        }
    }
}

#[test]
fn an_event_of_ten_megabytes_hides_no_usage_that_comes_after_it() {
    let fields: String = (0..400_000).map(|number| format!("\"field_{number}\":{number},")).collect();
    let huge = [
        format!(r#"{{"choices":[],"usage":{{{fields}"prompt_tokens":9}}}}"#),
        format!(r#"{{"choices":[{{"delta":{{"content":"{}"}}}}]}}"#, "naïve 😀 ".repeat(800_000)),
        format!(r#"{{"choices":[{}]}}"#, "{},".repeat(3_000_000)),
        "data: ".repeat(1_500_000),
    ];
    let last = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;
    for adapter in [Dialect::OpenAi, Dialect::Compatible].map(adapter) {
        for event in &huge {
            assert!(event.len() > 8_000_000);
            let stream = format!("data: {event}\n\ndata: {last}\n\ndata: [DONE]\n\n");
            let reading = read(adapter, stream.as_bytes(), 1 << 14);
            assert_eq!(reading.usage.map(|usage| usage.total()), Some(5), "{}", adapter.dialect());
            assert!(reading.is_complete(), "{}", adapter.dialect());
        }
    }
}

#[test]
fn requests_that_ask_for_everything_have_a_cost_all_the_same() {
    let numbers = ["18446744073709551615", "-1", "1e300", "0", "null", "\"all\"", "[]", "{}", "1.5"];
    let kinds = [
        EndpointKind::Chat,
        EndpointKind::Completion,
        EndpointKind::Embeddings,
        EndpointKind::Images,
        EndpointKind::Ocr,
        EndpointKind::Speech,
        EndpointKind::Audio,
        EndpointKind::Conversations,
    ];
    for adapter in adapters() {
        for kind in kinds {
            for number in numbers {
                let body = format!(
                    r#"{{"model":"m","n":{number},"best_of":{number},"max_tokens":{number},"max_completion_tokens":{number},"pages":{number},"stream":{number},"input":{number},"prompt":"a","completion_args":{{"max_tokens":{number}}},"conversation":{number},"input_audio":{number}}}"#
                );
                let estimate = adapter.estimate(Endpoint::of(kind), body.as_bytes());
                assert_eq!(estimate.lane, "m", "{kind:?} {number}");
                assert_eq!(estimate.cost.get(Dimension::Requests), 1, "{kind:?} {number}");
                let sound = estimate.cost.get(Dimension::AudioSeconds);
                assert_eq!(sound, 0, "{kind:?} {number}");
                assert!(estimate.cost.get(Dimension::TotalTokens) <= 1_000, "{kind:?} {number}");
            }
        }
    }
}

#[test]
fn a_model_or_agent_of_a_megabyte_names_nothing() {
    let long = "m".repeat(1 << 20);
    let form = format!("--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{long}\r\n--b--\r\n");
    for adapter in adapters() {
        for body in [format!(r#"{{"model":"{long}","messages":[]}}"#), format!(r#"{{"agent_id":"{long}"}}"#)]
        {
            let estimate = adapter.estimate(usual(adapter), body.as_bytes());
            assert_eq!((estimate.lane.as_str(), estimate.model), ("", None), "{}", adapter.dialect());
        }
        let upload = adapter.estimate(Endpoint::of(EndpointKind::Audio), form.as_bytes());
        assert_eq!(upload.lane, "", "{}", adapter.dialect());
    }
}
