//! `Workload`: a seeded stream of mixed chat calls, for the demo and for benches.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::dialect::Dialect;
use crate::rng::Rng;

/// An endless, seeded stream of chat calls in a dialect: short and long prompts, small and large bounds of the
/// output, one in four streamed. The same seed gives the same calls.
///
/// ```
/// use tidegate_sim::{Dialect, Workload};
///
/// let calls: Vec<_> = Workload::new(Dialect::OpenAi, 7).take(3).collect();
/// assert_eq!(calls[0].path, "/v1/chat/completions");
/// assert_eq!(calls, Workload::new(Dialect::OpenAi, 7).take(3).collect::<Vec<_>>());
/// ```
#[derive(Clone, Debug)]
pub struct Workload {
    dialect: Dialect,
    models: Vec<String>,
    rng: Rng,
    number: u64,
}

/// One call of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// Where it is posted to.
    pub path: &'static str,
    /// What is posted, as JSON.
    pub body: Bytes,
}

impl Workload {
    /// A workload for one model of the dialect's provider.
    #[must_use]
    pub fn new(dialect: Dialect, seed: u64) -> Self {
        let model = match dialect {
            Dialect::OpenAi | Dialect::Compatible => "gpt-4o-mini",
            Dialect::Anthropic => "claude-haiku-4-5",
            Dialect::Mistral => "mistral-small-latest",
            Dialect::OpenRouter => "openai/gpt-4o-mini",
        };
        Self { dialect, models: vec![model.to_owned()], rng: Rng::new(seed), number: 0 }
    }

    /// The same workload spread evenly over these models; an empty list changes nothing.
    #[must_use]
    pub fn over_models(mut self, models: &[&str]) -> Self {
        if !models.is_empty() {
            self.models = models.iter().map(|&model| model.to_owned()).collect();
        }
        self
    }

    fn body(&mut self) -> Value {
        let model = &self.models[usize::try_from(self.number).unwrap_or(0) % self.models.len()];
        let prompt = prompt(self.number, &mut self.rng);
        let max_tokens = [16, 32, 64, 128, 256][usize::try_from(self.rng.below(5)).unwrap_or(0)];
        let mut body = json!({
            "model": model,
            "max_tokens": max_tokens,
            "messages": [{"role": "user", "content": prompt}],
        });
        let marker = json!(format!("call-{}", self.number));
        match self.dialect {
            Dialect::Anthropic => body["metadata"] = json!({"user_id": marker}),
            Dialect::Mistral => {}
            _ => body["user"] = marker,
        }
        if self.rng.below(4) == 0 {
            body["stream"] = json!(true);
            if matches!(self.dialect, Dialect::OpenAi | Dialect::Compatible) && self.rng.below(2) == 0 {
                body["stream_options"] = json!({"include_usage": true});
            }
        }
        body
    }
}

impl Iterator for Workload {
    type Item = WorkItem;

    fn next(&mut self) -> Option<WorkItem> {
        let body = Bytes::from(self.body().to_string());
        self.number += 1;
        let path = match self.dialect {
            Dialect::Anthropic => "/v1/messages",
            _ => "/v1/chat/completions",
        };
        Some(WorkItem { path, body })
    }
}

/// A prompt of 10 to 400 words, short ones more often than long ones.
fn prompt(number: u64, rng: &mut Rng) -> String {
    const WORDS: [&str; 8] = ["tide", "gate", "harbour", "current", "slack", "water", "pilot", "channel"];
    let longest = 10 + rng.below(391);
    let words = rng.between(10, longest);
    let mut prompt = format!("Question {number}:");
    for _ in 0..words {
        prompt.push(' ');
        prompt.push_str(WORDS[usize::try_from(rng.below(8)).unwrap_or(0)]);
    }
    prompt
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Call, Delivery, Endpoint};

    #[test]
    fn every_call_is_one_that_its_provider_understands() {
        for (dialect, endpoint) in [
            (Dialect::OpenAi, Endpoint::Chat),
            (Dialect::Anthropic, Endpoint::Messages),
            (Dialect::Mistral, Endpoint::Chat),
            (Dialect::OpenRouter, Endpoint::Chat),
        ] {
            let calls: Vec<Call> = Workload::new(dialect, 3)
                .take(200)
                .map(|item| Call::read(endpoint.clone(), &item.body).unwrap())
                .collect();
            let streams = calls.iter().filter(|call| call.delivery == Delivery::Stream).count();
            assert!((25..75).contains(&streams), "{dialect:?}: {streams}");
            let longest = calls.iter().map(|call| call.content.tokens).max();
            assert!(longest > Some(300), "{dialect:?}: {longest:?}");
        }
    }

    #[test]
    fn models_take_turns() {
        let models: Vec<String> = Workload::new(Dialect::OpenAi, 3)
            .over_models(&["a", "b"])
            .take(3)
            .map(|item| Call::read(Endpoint::Chat, &item.body).unwrap().model)
            .collect();
        assert_eq!(models, ["a", "b", "a"]);
    }
}
