//! `Report`: the counts of a file, by model, and how well they are known.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tidegate_provider::tokens::{CHARACTERS_PER_TOKEN, Count, Method, Vocabulary};

/// How many models are told apart; what is named beyond them is counted as one.
const MODELS_MAX: usize = 1_000;
/// The name for what is counted as one.
const OTHERS: &str = "others";
/// How many lines that could not be read are named.
const NAMED_MAX: usize = 5;

/// The counts so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    models: BTreeMap<String, Share>,
    unread: Vec<u64>,
    unread_count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Share {
    parts: u64,
    count: Count,
}

impl Report {
    /// Adds a count.
    pub(super) fn add(&mut self, model: &str, count: Count) {
        let is_known = self.models.contains_key(model) || self.models.len() < MODELS_MAX;
        let model = if is_known { model } else { OTHERS };
        let share = self
            .models
            .entry(model.to_owned())
            .or_insert(Share { parts: 0, count: Count { tokens: 0, ..count } });
        share.parts += 1;
        share.count = share.count.plus(count);
    }

    /// Notes a line that is no request.
    pub(super) fn unread(&mut self, row: u64) {
        self.unread_count += 1;
        if self.unread.len() < NAMED_MAX {
            self.unread.push(row);
        }
    }

    /// Whether every part could be counted.
    pub(super) const fn is_whole(&self) -> bool {
        self.unread_count == 0
    }

    /// All tokens.
    pub(super) fn total(&self) -> u64 {
        self.models.values().map(|share| share.count.tokens).sum()
    }

    /// How the counts are known, a line a model, and what could not be counted.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.models.iter().map(|(model, share)| note(model, *share)).collect();
        if !self.is_whole() {
            let rows = self.unread.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            let more = if self.unread_count > NAMED_MAX as u64 { " and more" } else { "" };
            notes.push(format!(
                "{} lines are no requests and are not counted: {rows}{more}",
                self.unread_count
            ));
        }
        notes
    }

    /// Everything as one JSON object.
    pub(super) fn json(&self) -> String {
        let of = |(model, share): (&String, &Share)| {
            let vocabulary = match share.count.method {
                Method::Exact(vocabulary) | Method::Formula(vocabulary) | Method::Guess(vocabulary) => {
                    Some(vocabulary.name())
                }
                Method::Estimate => None,
            };
            let method = match share.count.method {
                Method::Exact(_) => "exact",
                Method::Formula(_) => "formula",
                Method::Guess(_) => "guess",
                Method::Estimate => "estimate",
            };
            let characters = vocabulary.is_none().then_some(CHARACTERS_PER_TOKEN);
            json!({"model": model, "requests": share.parts, "tokens": share.count.tokens,
                "exact": matches!(share.count.method, Method::Exact(_)), "method": method, "vocabulary": vocabulary,
                "characters_per_token": characters})
        };
        let models: Vec<Value> = self.models.iter().map(of).collect();
        json!({"tokens": self.total(), "models": models, "unread_lines": self.unread_count}).to_string()
    }
}

fn note(model: &str, share: Share) -> String {
    let tokens = share.count.tokens;
    match share.count.method {
        Method::Exact(vocabulary) => format!("{model}: {tokens} tokens, exact with {}", vocabulary.name()),
        Method::Formula(vocabulary) => {
            let formulas = match vocabulary {
                Vocabulary::Tekken => "the frames of messages by Mistral's templates",
                _ => "frames, images and tools by OpenAI's formulas",
            };
            format!("{model}: {tokens} tokens, with {}; {formulas}", vocabulary.name())
        }
        Method::Guess(vocabulary) => format!(
            "{model}: {tokens} tokens, texts with {}; what has no public formula is guessed: sound, files, schemas of \
             answers, what the provider has stored, fields that are not known",
            vocabulary.name()
        ),
        Method::Estimate if Vocabulary::of_model(model) == Some(Vocabulary::Tekken) => format!(
            "{model}: {tokens} tokens, an estimate of {CHARACTERS_PER_TOKEN} characters a token: its vocabulary is \
             public, but not built in. For an exact count, `pip download --no-deps mistral-common`, unpack \
             mistral_common/data/tekken_240911.json from the wheel, and give it as --tekken FILE or TIDEGATE_TEKKEN"
        ),
        Method::Estimate => format!(
            "{model}: {tokens} tokens, an estimate of {CHARACTERS_PER_TOKEN} characters a token: \
             its vocabulary is not public here"
        ),
    }
}

#[cfg(test)]
mod tests {
    use tidegate_provider::tokens::Vocabulary;

    use super::*;

    const EXACT: Count = Count { tokens: 3, method: Method::Exact(Vocabulary::O200k) };

    #[test]
    fn counts_add_up_by_model_and_say_how_they_are_known() {
        let mut report = Report::default();
        report.add("gpt-4o", EXACT);
        report.add("gpt-4o", EXACT);
        report.add("claude", Count { tokens: 5, method: Method::Estimate });
        assert_eq!(report.total(), 11);
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(
            json["models"][1],
            json!({"model": "gpt-4o", "requests": 2, "tokens": 6, "exact": true, "method": "exact",
            "vocabulary": "o200k_base", "characters_per_token": null})
        );
        assert_eq!(json["models"][0]["characters_per_token"], 4);
        assert!(report.notes()[0].contains("estimate") && report.notes()[1].contains("exact"));
    }

    #[test]
    fn a_count_with_a_guess_in_it_is_not_exact() {
        let mut report = Report::default();
        report.add("gpt-4o", EXACT);
        report.add("gpt-4o", Count { tokens: 765, method: Method::Guess(Vocabulary::O200k) });
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        let model = &json["models"][0];
        assert_eq!((&model["exact"], &model["method"]), (&json!(false), &json!("guess")));
        assert_eq!(
            (&model["vocabulary"], &model["characters_per_token"]),
            (&json!("o200k_base"), &Value::Null)
        );
        assert!(report.notes()[0].contains("guessed"), "{:?}", report.notes());
    }

    #[test]
    fn lines_that_are_no_requests_are_named_and_bounded() {
        let mut report = Report::default();
        (1..100).for_each(|row| report.unread(row));
        assert!(!report.is_whole());
        assert_eq!(report.notes(), ["99 lines are no requests and are not counted: 1, 2, 3, 4, 5 and more"]);
    }

    #[test]
    fn names_of_models_are_bounded() {
        let mut report = Report::default();
        (0..2 * MODELS_MAX).for_each(|number| report.add(&number.to_string(), EXACT));
        assert_eq!(report.models.len(), MODELS_MAX + 1);
        assert_eq!(report.total(), 6 * MODELS_MAX as u64);
    }
}
