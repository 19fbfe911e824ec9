//! Bodies of embedding calls: one for many texts out, one answer for each text back.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tidegate_provider::Dialect;

use super::packs::Member;
use crate::{Answer, AnswerBody};

/// What stands in every call besides its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedBody {
    /// The model.
    pub model: String,
    /// Numbers in each vector, where the model can be asked for fewer.
    pub dimensions: Option<u32>,
    /// Who is asked: Mistral says `output_dimension` where `OpenAI` says `dimensions` (documentation, 2026-08).
    pub dialect: Dialect,
}

#[derive(Serialize)]
struct Call<'a> {
    model: &'a str,
    input: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimension: Option<u32>,
}

impl EmbedBody {
    /// The body of a call for `texts`.
    pub(super) fn of(&self, texts: &[&str]) -> String {
        let (dimensions, output_dimension) = match self.dialect {
            Dialect::Mistral => (None, self.dimensions),
            _ => (self.dimensions, None),
        };
        let call = Call { model: &self.model, input: texts, dimensions, output_dimension };
        serde_json::to_string(&call).expect("strings and numbers are JSON")
    }
}

#[derive(Deserialize)]
struct Vectors<'a> {
    #[serde(borrow)]
    data: Vec<Vector<'a>>,
    model: Option<String>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Vector<'a> {
    #[serde(borrow)]
    embedding: &'a RawValue,
    index: Option<usize>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
    total_tokens: Option<u64>,
}

#[derive(Serialize)]
struct One<'a> {
    object: &'static str,
    data: [OneVector<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<OneUsage>,
}

#[derive(Serialize)]
struct OneVector<'a> {
    object: &'static str,
    index: u32,
    embedding: &'a RawValue,
}

#[derive(Serialize)]
struct OneUsage {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// The answer to each text of a pack, with its share of the tokens.
///
/// # Errors
/// What is wrong with the answer, for a person to read.
pub(super) fn split(answer: &Answer, pack: &[Member]) -> Result<Vec<(Answer, Option<u64>)>, &'static str> {
    let AnswerBody::Json(body) = &answer.body else { return Err("is not JSON") };
    let Ok(vectors) = serde_json::from_str::<Vectors<'_>>(body.get()) else { return Err("has no vectors") };
    let mut by_text: Vec<Option<&RawValue>> = vec![None; pack.len()];
    for (place, vector) in vectors.data.iter().enumerate() {
        if let Some(slot) = by_text.get_mut(vector.index.unwrap_or(place)) {
            *slot = Some(vector.embedding);
        }
    }
    if vectors.data.len() != pack.len() || by_text.iter().any(Option::is_none) {
        return Err("has another number of vectors");
    }
    let used = vectors.usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens));
    let weights: Vec<u64> = pack.iter().map(|member| member.weight).collect();
    let shares = used.map(|used| shares(used, &weights));
    let one = |(place, embedding): (usize, &RawValue)| {
        let tokens = shares.as_ref().and_then(|shares| shares.get(place)).copied();
        let usage = tokens.map(|tokens| OneUsage { prompt_tokens: tokens, total_tokens: tokens });
        let data = [OneVector { object: "embedding", index: 0, embedding }];
        let body = One { object: "list", data, model: vectors.model.as_deref(), usage };
        let body = to_raw_value(&body).expect("numbers, strings and JSON are JSON");
        (Answer { body: AnswerBody::Json(body), ..answer.clone() }, tokens)
    };
    Ok(by_text.into_iter().flatten().enumerate().map(one).collect())
}

/// `total` divided by weight, in whole parts that add up to it.
fn shares(total: u64, weights: &[u64]) -> Vec<u64> {
    let all: u128 = weights.iter().map(|weight| u128::from(*weight)).sum::<u128>().max(1);
    let (mut before, mut given) = (0_u128, 0_u64);
    let mut share = |weight: &u64| {
        before += u128::from(*weight);
        let due = u64::try_from(u128::from(total) * before / all).unwrap_or(total);
        due - std::mem::replace(&mut given, due)
    };
    weights.iter().map(&mut share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_speaks_its_dialect() {
        let body = |dialect| EmbedBody { model: "m".into(), dimensions: Some(4), dialect }.of(&["a", "b\""]);
        assert_eq!(body(Dialect::OpenAi), r#"{"model":"m","input":["a","b\""],"dimensions":4}"#);
        assert_eq!(body(Dialect::Mistral), r#"{"model":"m","input":["a","b\""],"output_dimension":4}"#);
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(shares(10, &[1, 1, 1]), [3, 3, 4]);
        assert_eq!(shares(7, &[5, 2]), [5, 2]);
        assert_eq!(shares(0, &[1]), [0]);
    }
}
