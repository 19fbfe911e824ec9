//! Emulated embeddings: vectors that depend on nothing but the text's digest and its place.

use serde_json::{Value, json};

use crate::base64;
use crate::call::Call;
use crate::rng::Rng;

/// The length of a vector when the call does not ask for one: short, since nothing looks at the numbers.
const DIMENSIONS: u64 = 16;

/// The longest vector and the most vectors of one call, as at `OpenAI` (documented, 2026-08).
const DIMENSIONS_MAX: u64 = 3_072;
const INPUTS_MAX: usize = 2_048;

/// The list of vectors that answers `call`, as floats or in base64 as it asks.
pub(crate) fn data(call: &Call) -> Vec<Value> {
    let dimensions =
        call.body.get("dimensions").and_then(Value::as_u64).unwrap_or(DIMENSIONS).min(DIMENSIONS_MAX);
    let in_base64 = call.body.get("encoding_format").and_then(Value::as_str) == Some("base64");
    (0..inputs(call))
        .map(|index| {
            let vector = vector(call.content.digest.wrapping_add(index as u64), dimensions);
            let embedding = if in_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                json!(base64::encode(&bytes))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect()
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
    fn base64_holds_four_bytes_a_number() {
        let vector =
            &read(r#"{"model":"m","input":"a","dimensions":3,"encoding_format":"base64"}"#)[0]["embedding"];
        assert_eq!(vector.as_str().map(str::len), Some(16));
    }
}
