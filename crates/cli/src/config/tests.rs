//! What the config's tables mean, and that every mistake in them is found where it stands.

use std::time::Duration;

use tidegate_core::{Calendar, Dimension, Price, Quota, Refill, Scope};

use super::{Config, Mistakes, parse};

/// Every key of every table.
const WHOLE: &str = r#"
[server]
listen = "127.0.0.1:8081"
max_wait = "90s"
max_queue = 500
max_body = "1MiB"

[providers.openai]
base_url = "https://api.openai.com/v1/"
api_key_env = "OPENAI_API_KEY"
account = "research"
dialect = "openai"

[providers.mine]
base_url = "http://127.0.0.1:9000"
api_path = "/v1beta/openai"

[[limits]]
provider = "openai"
model = "gpt-4o*"
requests_per_minute = 500
tokens_per_minute = 200_000
concurrency = 64
burst = 10
enforcement = "bucket"
provisional = false
headroom = 0.0
time_zone = "UTC"

[[limits]]
provider = "mine"
endpoint = "/v1/embeddings"
requests_per_second = 0.5
usd_per_day = 2.5
images_per_month = 9
time_zone = "Europe/Berlin"
provisional = true
headroom = 0.05
"#;

fn good(text: &str) -> Config {
    parse("t.toml", text).unwrap()
}

fn mistakes(text: &str) -> Mistakes {
    parse("t.toml", text).unwrap_err()
}

/// `line path` of every mistake.
fn places(text: &str) -> Vec<String> {
    mistakes(text).list.iter().map(|mistake| format!("{} {}", mistake.line, mistake.path)).collect()
}

#[test]
fn every_key_is_understood() {
    let config = good(WHOLE);
    assert_eq!(config.server.listen.port(), 8081);
    assert_eq!(config.server.max_wait, Duration::from_secs(90));
    assert_eq!((config.server.max_queue, config.server.max_body), (500, 1 << 20));
    let openai = &config.providers["openai"];
    assert_eq!(openai.base_url.as_deref(), Some("https://api.openai.com"));
    assert_eq!(openai.account.as_deref(), Some("research"));
    assert_eq!(config.providers["mine"].api_path.as_deref(), Some("/v1beta/openai"));
}

#[test]
fn each_rate_of_a_table_becomes_one_limit_of_its_scope() {
    let limits = good(WHOLE).limits_of("openai");
    let found: Vec<_> = limits.iter().map(|limit| (limit.dimension, limit.quota)).collect();
    assert_eq!(
        found,
        [
            (Dimension::Requests, Quota::per_minute(500).burst(10)),
            (Dimension::TotalTokens, Quota::per_minute(200_000)),
            (Dimension::Concurrency, Quota::concurrency(64)),
        ]
    );
    assert!(limits.iter().all(|limit| limit.scope == Scope::model("gpt-4o*") && limit.zone.is_none()));
}

#[test]
fn models_have_prices_by_patterns() {
    let config = good(
        "[models.\"gpt-4o*\"]\nprice_in = 2.5\nprice_out = 10\n\n[models.small]\nprice_request = 0.01\nprice_in = 0\n",
    );
    let prices = config.resolve("openai", None).unwrap().prices;
    let of = |model| prices.of(tidegate_provider::Dialect::OpenAi, model);
    assert_eq!(of("gpt-4o-mini"), Some(Price::per_million(2_500_000, 10_000_000)));
    assert_eq!(of("small").map(|price| price.request), Some(10_000));
    assert_eq!(of("large"), None);
    let wrong = "[models.a]\nprice_in = -1\n\n[models.b]\nprice = 3\n\n[models.c]\nprice_out = \"dear\"\n";
    assert_eq!(
        places(wrong),
        ["2 models.a.price_in", "4 models.b", "5 models.b.price", "8 models.c.price_out"]
    );
}

#[test]
fn fractions_money_and_calendar_windows_are_exact() {
    let limits = good(WHOLE).limits_of("mine");
    let [requests, images, money] = limits.as_slice() else { panic!("{limits:?}") };
    assert_eq!(requests.quota, Quota::every(1, Duration::from_secs(2)));
    assert_eq!(requests.zone, None);
    assert_eq!(images.quota, Quota::per_month(9));
    assert_eq!((money.dimension, money.quota), (Dimension::Money, Quota::per_day(2_500_000)));
    assert_eq!(money.zone.as_deref(), Some("Europe/Berlin"));
    assert_eq!((money.headroom_permille, money.provisional), (50, true));
}

#[test]
fn the_enforcement_chooses_the_refill() {
    let refill = |enforcement: &str| {
        let text = format!(
            "[[limits]]\nprovider = \"openai\"\nrequests_per_minute = 5\nenforcement = \"{enforcement}\"\n"
        );
        good(&text).limits[0].limit.quota.refill
    };
    assert_eq!(refill("bucket"), Refill::Continuous);
    assert_eq!(refill("fixed"), Refill::CalendarWindow(Calendar::Minute));
    assert_eq!(refill("sliding"), Refill::SlidingWindow);
    assert_eq!(refill("counter"), Refill::WeightedCounter(Calendar::Minute));
}

#[test]
fn an_empty_file_is_all_defaults() {
    assert_eq!(good("# nothing\n"), Config::default());
}

#[test]
fn every_mistake_is_listed_not_only_the_first() {
    let text = "[server]\nmax_wiat = \"1s\"\nmax_queue = 0\nlisten = 8080\n\n[store]\nurl = \"x\"\n\n\
                [providers.mine]\ndialect = \"opnai\"\n\n[[limits]]\nprovider = \"opneai\"\nburst = 3\n";
    assert_eq!(
        places(text),
        [
            "2 server.max_wiat",
            "3 server.max_queue",
            "4 server.listen",
            "6 store",
            "9 providers.mine",
            "10 providers.mine.dialect",
            "12 limits[1]",
            "13 limits[1].provider",
            "14 limits[1].burst",
        ]
    );
}

#[test]
fn unknown_keys_are_told_what_was_probably_meant() {
    let list =
        mistakes("[server]\nmax_wiat = \"1s\"\n[[limits]]\nprovider = \"openai\"\nrequest_per_minute = 5\n")
            .list;
    assert_eq!(list[0].remedy, "did you mean `max_wait`?");
    assert_eq!(list[0].column, 1);
    assert_eq!(list[1].remedy, "did you mean `requests_per_minute`?");
}

#[test]
fn what_is_not_built_yet_is_an_unknown_key() {
    assert_eq!(
        places(
            "[[tenants]]\nname = \"a\"\n[bands]\n[[fallbacks]]\n[[limits]]\nprovider = \"openai\"\ntenant = \"a\"\nconcurrency = 1\n"
        ),
        ["1 tenants", "3 bands", "4 fallbacks", "7 limits[1].tenant"]
    );
}

#[test]
fn broken_toml_is_listed_line_by_line_beside_wrong_keys() {
    let text = "[server]\nmax_wait = \nmax_queue == 3\nmax_body = 12MiB\nmax_body = \"1MiB\"\n\
                [providers.mistral]\nbase_ulr = \"x\"\n";
    assert_eq!(places(text), ["2 ", "3 ", "4 ", "5 ", "7 providers.mistral.base_ulr"]);
    assert_eq!(mistakes(text).list[2].remedy, "put the value in quotes");
}

#[test]
fn wrong_types_say_what_to_write() {
    let list =
        mistakes("server = 3\n[[limits]]\nprovider = \"openai\"\nrequests_per_minute = \"500\"\n").list;
    assert_eq!(list[0].what, "a table expected, found integer");
    assert_eq!(list[1].what, "a number expected, found string");
    assert_eq!(list.len(), 2);
}

#[test]
fn a_burst_that_belongs_to_no_rate_or_to_several_is_a_mistake() {
    let with = |rates: &str| places(&format!("[[limits]]\nprovider = \"openai\"\nburst = 4\n{rates}\n"));
    assert_eq!(with("concurrency = 3"), ["3 limits[1].burst"]);
    assert_eq!(with("requests_per_day = 3"), ["3 limits[1].burst"]);
    assert_eq!(with("input_tokens_per_minute = 3\noutput_tokens_per_minute = 3"), ["3 limits[1].burst"]);
}

#[test]
fn values_out_of_range_are_mistakes_where_they_stand() {
    for line in [
        "requests_per_minute = -5",
        "requests_per_minute = 1e3",
        "requests_per_day = 0.5",
        "usd_per_day = 0.0000001",
        "headroom = 1.0\nconcurrency = 1",
        "enforcement = \"leaky\"\nconcurrency = 1",
        "time_zone = \"Mars/Olympus\"\nconcurrency = 1",
        "endpoint = \"v1\"\nconcurrency = 1",
        "requests_per_second = 5\nenforcement = \"counter\"",
    ] {
        let found = places(&format!("[[limits]]\nprovider = \"openai\"\n{line}\n"));
        assert_eq!(found.len(), 1, "{line}: {found:?}");
    }
}

#[test]
fn no_text_is_too_broken_to_be_read() {
    for (end, _) in WHOLE.char_indices() {
        // Whatever is found, it is found without a panic, and cut lines are mistakes like any other.
        let _ = parse("t.toml", &WHOLE[..end]);
        let _ = parse("t.toml", &format!("{}\u{e9}{}", &WHOLE[..end], &WHOLE[end + 1..]));
    }
}
