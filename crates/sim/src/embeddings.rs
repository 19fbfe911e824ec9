//! Emulated embeddings: vectors that depend on nothing but the text's digest and its place.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::call::{Call, Mistake};
use crate::rng::{Rng, digest};

/// The length of a vector when the call does not ask for one: short, since nothing looks at the numbers.
const DIMENSIONS: u64 = 16;

/// The longest vector and the most vectors of one call, as at `OpenAI` (documented, 2026-08).
const DIMENSIONS_MAX: u64 = 3_072;
pub(crate) const INPUTS_MAX: usize = 2_048;

/// The list of vectors that answers `call`, as floats or in base64 as it asks.
pub(crate) fn data(call: &Call) -> Vec<Value> {
    let dimensions =
        call.body.get("dimensions").and_then(Value::as_u64).unwrap_or(DIMENSIONS).min(DIMENSIONS_MAX);
    let in_base64 = call.body.get("encoding_format").and_then(Value::as_str) == Some("base64");
    (0..inputs(call))
        .map(|index| {
            let vector = vector(seed(call, index), dimensions);
            let embedding = if in_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                json!(STANDARD.encode(&bytes))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect()
}

/// What a vector depends on: its text alone, so that it is the same in whatever company it is asked for.
fn seed(call: &Call, index: usize) -> u64 {
    let text = match call.body.get("input") {
        Some(Value::Array(texts)) => texts.get(index).and_then(Value::as_str),
        Some(Value::String(text)) => Some(text.as_str()),
        _ => None,
    };
    text.map_or_else(|| call.content.digest.wrapping_add(index as u64), |text| digest(text.as_bytes()))
}

/// What a provider that takes `inputs_max` texts a call finds wrong with this one, in the words of `OpenAI` (recorded
/// 2026) and Mistral (code 3210, recorded 2026-08).
pub(crate) fn mistake(call: &Call, inputs_max: usize) -> Option<Mistake> {
    let texts = call.body.get("input")?;
    let count =
        texts.as_array().filter(|texts| !texts.first().is_some_and(Value::is_number)).map_or(1, Vec::len);
    if count > inputs_max {
        let message = format!(
            "Too many inputs in request, split into more batches: array too long, maximum length {inputs_max}, \
             got {count}."
        );
        return Some(Mistake { field: Some("input"), message });
    }
    let is_empty = |text: &Value| text.as_str().is_some_and(str::is_empty);
    let any_empty = texts.as_array().map_or_else(|| is_empty(texts), |texts| texts.iter().any(is_empty));
    let message = || "'$.input' is invalid: it cannot be an empty string.".to_owned();
    any_empty.then(|| Mistake { field: Some("input"), message: message() })
}

/// How many texts the call has: one, unless its input is a list of texts or of lists of tokens.
fn inputs(call: &Call) -> usize {
    match call.body.get("input") {
        Some(Value::Array(items)) if !items.first().is_some_and(Value::is_number) => {
            items.len().min(INPUTS_MAX)
        }
        _ => 1,
    }
}

/// Numbers from -1 to 1 in steps of 1/128, which every float format holds exactly.
fn vector(seed: u64, dimensions: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    (0..dimensions).map(|_| (f32::from(u8::try_from(rng.below(256)).unwrap_or(0)) - 128.0) / 128.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Endpoint;

    fn read(body: &str) -> Vec<Value> {
        data(&Call::read(Endpoint::Embeddings, body.as_bytes()).unwrap())
    }

    #[test]
    fn every_text_has_one_vector() {
        assert_eq!(read(r#"{"model":"m","input":"a"}"#).len(), 1);
        assert_eq!(read(r#"{"model":"m","input":[1,2,3]}"#).len(), 1);
        assert_eq!(read(r#"{"model":"m","input":["a","b","c"],"dimensions":4}"#)[2]["index"], 2);
        let vector = &read(r#"{"model":"m","input":"a","dimensions":4}"#)[0]["embedding"];
        assert_eq!(vector.as_array().map(Vec::len), Some(4));
    }

    #[test]
    fn a_text_has_its_vector_in_any_company() {
        let alone = read(r#"{"model":"m","input":"b"}"#);
        let second = read(r#"{"model":"m","input":["a","b"]}"#);
        assert_eq!(alone[0]["embedding"], second[1]["embedding"]);
        assert_ne!(second[0]["embedding"], second[1]["embedding"]);
    }

    #[test]
    fn too_many_texts_and_empty_ones_are_mistakes() {
        let found = |body: &str| mistake(&Call::read(Endpoint::Embeddings, body.as_bytes()).unwrap(), 2);
        assert_eq!(found(r#"{"model":"m","input":["a","b"]}"#), None);
        assert!(found(r#"{"model":"m","input":["a","b","c"]}"#).unwrap().message.contains("Too many inputs"));
        assert!(found(r#"{"model":"m","input":["a",""]}"#).unwrap().message.contains("empty"));
    }

    #[test]
    fn base64_holds_four_bytes_a_number() {
        let vector =
            &read(r#"{"model":"m","input":"a","dimensions":3,"encoding_format":"base64"}"#)[0]["embedding"];
        assert_eq!(vector.as_str().map(str::len), Some(16));
    }
}
