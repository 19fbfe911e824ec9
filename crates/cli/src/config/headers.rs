//! `[providers.NAME.headers]`: the names under which a host states its limits, where nobody knows them.

use http::HeaderName;
use tidegate_core::Dimension;
use tidegate_provider::{HeaderNames, LimitNames};

use super::mistake::{Report, Wrong};
use super::rate::Per;
use super::suggest;
use super::written::{Entry, Section};

/// The key of the wait.
const RETRY_AFTER: &str = "retry_after";

/// What the beginning of a key counts; `tokens` is input and output as one number.
const COUNTED: [(&str, Dimension); 9] = [
    ("requests", Dimension::Requests),
    ("tokens", Dimension::TotalTokens),
    ("input_tokens", Dimension::InputTokens),
    ("output_tokens", Dimension::OutputTokens),
    ("concurrency", Dimension::Concurrency),
    ("images", Dimension::Images),
    ("audio_seconds", Dimension::AudioSeconds),
    ("pages", Dimension::Pages),
    ("characters", Dimension::Characters),
];

/// Reads the table.
pub(super) fn read(section: &Section<'_>, report: &mut Report<'_>) -> HeaderNames {
    let mut names = HeaderNames::default();
    for (key, entry) in section.names() {
        if key == RETRY_AFTER {
            names.retry_after = entry.meant(report, header);
            continue;
        }
        match counted(&key) {
            Ok((dimension, per)) => names.limits.extend(limit(dimension, per, &entry, report)),
            Err(wrong) => entry.wrong(report, wrong),
        }
    }
    names
}

/// The headers of one limit; at least one of them says how much.
fn limit(
    dimension: Dimension,
    per: Option<Per>,
    entry: &Entry<'_>,
    report: &mut Report<'_>,
) -> Option<LimitNames> {
    let mut section = entry.section(report)?;
    let mut name = |key: &'static str| section.take(key).and_then(|entry| entry.meant(report, header));
    let (limit, remaining, reset) = (name("limit"), name("remaining"), name("reset"));
    if !section.has("limit") && !section.has("remaining") {
        let remedy = "write limit = \"x-...\" or remaining = \"x-...\", the names of the host's headers";
        section.wrong(report, Wrong::new("neither `limit` nor `remaining` is named", remedy));
    }
    section.finish(report);
    let window = per.and_then(|per| per.quota(super::Exact { units: 1, scale: 1 }).ok());
    Some(LimitNames { dimension, window: window.map(|quota| quota.period), limit, remaining, reset })
}

/// What a key such as `input_tokens_per_minute` or `requests` counts, and over which period.
fn counted(key: &str) -> Result<(Dimension, Option<Per>), Wrong> {
    let (stem, per) = match key.split_once("_per_") {
        Some((stem, period)) => (stem, Per::ALL.into_iter().find(|per| per.name() == period).map(Some)),
        None => (key, Some(None)),
    };
    let dimension = COUNTED.into_iter().find(|(name, _)| *name == stem).map(|(_, dimension)| dimension);
    dimension.zip(per).ok_or_else(|| {
        let known = COUNTED.into_iter().map(|(name, _)| name).chain([RETRY_AFTER]);
        let remedy = match suggest::nearest(stem, known) {
            Some(meant) if meant != stem => format!("did you mean `{meant}`?"),
            _ => "write for example requests_per_minute, tokens_per_day, input_tokens or retry_after"
                .to_owned(),
        };
        Wrong::new("this counts nothing", remedy)
    })
}

/// The name of a header.
fn header(text: &str) -> Result<HeaderName, Wrong> {
    HeaderName::from_bytes(text.to_ascii_lowercase().as_bytes()).map_err(|_| {
        Wrong::new(format!("`{text}` is not the name of a header"), "write for example \"x-limit-remaining\"")
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Mistakes, parse};
    use super::*;

    fn names(text: &str) -> Result<HeaderNames, Mistakes> {
        let text = format!("[providers.mine]\nbase_url = \"http://127.0.0.1:9\"\n{text}");
        parse("t.toml", &text).map(|config| config.providers["mine"].headers.clone())
    }

    #[test]
    fn limits_and_the_wait_are_named() {
        let names = names(
            "[providers.mine.headers]\nretry_after = \"X-Wait\"\n\
             requests_per_minute = { limit = \"x-a\", remaining = \"x-b\", reset = \"x-c\" }\n\
             input_tokens = { remaining = \"x-d\" }\n",
        )
        .unwrap();
        assert_eq!(names.retry_after, Some(HeaderName::from_static("x-wait")));
        let minute = names.limits.iter().find(|limit| limit.dimension == Dimension::Requests).unwrap();
        assert_eq!(minute.window, Some(Duration::from_secs(60)));
        assert_eq!(minute.reset, Some(HeaderName::from_static("x-c")));
        let tokens = names.limits.iter().find(|limit| limit.dimension == Dimension::InputTokens).unwrap();
        assert_eq!((tokens.window, tokens.limit.is_none()), (None, true));
    }

    #[test]
    fn every_mistake_is_told_where_it_stands() {
        let mistakes = names(
            "[providers.mine.headers]\nrequest_per_minute = { limit = \"x-a\" }\n\
             tokens_per_year = { limit = \"x-a\" }\nrequests = { reset = \"x-a\" }\n\
             tokens = { limit = \"not a name\", left = \"x\" }\nretry_after = 5\n",
        )
        .unwrap_err();
        let told = mistakes.to_string();
        for part in [
            "t.toml:4",
            "did you mean `requests`?",
            "t.toml:5",
            "t.toml:6",
            "neither `limit` nor `remaining` is named",
            "t.toml:7",
            "`not a name` is not the name of a header",
            "unknown key",
            "t.toml:8",
        ] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }
}
