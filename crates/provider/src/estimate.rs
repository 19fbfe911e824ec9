//! `Estimate`: what a request will probably cost. The reading of bodies is in `estimate/`.

mod body;
mod heard;
mod meter;
mod pages;
mod sound;
mod upload;

use tidegate_core::{Cost, Price, Request, Text};

pub(crate) use body::{Body, IMAGE_TOKENS, estimate};
pub(crate) use heard::Heard;
pub(crate) use sound::{OPENAI_SOUND, Sound};

/// What a request will probably cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The set of limits that the request meets: its model, or the family of models that share a limit; empty
    /// where the body names none.
    pub lane: String,
    /// The model as the body names it.
    pub model: Option<String>,
    /// The cost known before the answer: requests and input. Output is left to the engine's experience.
    pub cost: Cost,
    /// The text in the input, and how much of it the cost takes that text for. Images, tools and ids are apart.
    pub text: Text,
    /// The conversation that the body says it continues, where its history lies with the provider: what the provider
    /// reads again is no part of the body.
    pub continues: Option<String>,
    /// The most output that the caller allows, in tokens, or that the provider keeps room for where that is known and less.
    pub max_output: Option<u64>,
    /// Whether the answer comes as a stream of events.
    pub streams: bool,
    /// Whether the answer produces output tokens that a limit may count.
    pub expects_output: bool,
    /// What the model costs; bodies do not tell, whoever makes the call may know.
    pub price: Option<Price>,
}

impl Estimate {
    /// The estimate as a request to the engine, standard band, without deadline.
    #[must_use]
    pub fn request(&self) -> Request {
        let request = Request::new(self.cost).text(self.text).lane(self.lane.clone()).price(self.price);
        if self.expects_output { request.expect_output(self.max_output) } else { request }
    }
}
