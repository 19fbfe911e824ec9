//! How many pages of a document a request asks for.
//!
//! Mistral's `pages` is a list of page numbers from 0 (OpenAPI document, 2026-08-21), or since 2026-06-23 a text of
//! numbers and ranges between commas: `0,2-4`
//! (<https://docs.mistral.ai/resources/release-note/2026-06-23-ocr-4-and-block-extraction-api>).

use serde_json::Value;

/// The most pages that one call reads (Mistral's cookbook on long documents, 2026-08:
/// <https://docs.mistral.ai/resources/cookbooks/mistral-ocr-documentchunking-document_chunking_cookbook>). A longer
/// range ends with the document, and must not hold a call back for pages that are not there.
const PAGES_MAX: u64 = 1_000;

/// The pages that are asked for; `None` where that is the whole document, or cannot be read.
pub(super) fn count(value: &Value) -> Option<u64> {
    let pages = match value {
        Value::Number(number) => number.as_u64().map(|_| 1)?,
        Value::Array(list) => list.iter().try_fold(0, |sum, page| page.as_u64().map(|_| sum + 1))?,
        Value::String(text) => {
            text.split(',').try_fold(0_u64, |sum, part| Some(sum.saturating_add(range(part)?)))?
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => return None,
    };
    (pages > 0).then_some(pages.min(PAGES_MAX))
}

/// The pages of `3` or `2-4`, both ends included.
fn range(text: &str) -> Option<u64> {
    let page = |text: &str| text.trim().parse::<u64>().ok();
    match text.split_once('-') {
        Some((first, last)) => Some(page(last)?.checked_sub(page(first)?)?.saturating_add(1)),
        None => page(text).map(|_| 1),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_ranges_are_counted() {
        let cases = [
            (json!([0, 1, 2]), 3),
            (json!(7), 1),
            (json!("7"), 1),
            (json!("0,1,2"), 3),
            (json!("0-5"), 6),
            (json!("0, 2-4"), 4),
        ];
        for (value, expected) in cases {
            assert_eq!(count(&value), Some(expected), "{value}");
        }
    }

    #[test]
    fn no_more_pages_are_counted_than_one_call_reads() {
        let long: Vec<u64> = (0..5_000).collect();
        for all in [json!(long), json!("0-1999"), json!(format!("0-{0},0-{0}", u64::MAX))] {
            assert_eq!(count(&all), Some(PAGES_MAX));
        }
    }

    #[test]
    fn what_names_no_page_is_not_counted() {
        let odd = [
            json!(null),
            json!([]),
            json!(""),
            json!("4-2"),
            json!("-1"),
            json!("a"),
            json!([-1]),
            json!({}),
        ];
        for odd in odd {
            assert_eq!(count(&odd), None, "{odd}");
        }
    }
}
