//! `Chats`: the processor that asks a model with each item, whichever provider has it.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use tidegate::Band;
use tidegate_client::chat::{Answer, Effort as Thinking, Question};
use tidegate_client::{Chat, Error, PacedError, Reply};
use tidegate_core::Rejection;

use crate::paced::at_once;
use crate::processor::{Done, Failed, Failure};
use crate::{Effort, Group, Processor};

/// Asks a model with each item.
///
/// What an item asks is said by a function; when each question goes and how often it is tried, by the client that is
/// given: its limits, its policy, its models to fall back to. Questions go in the batch band, so that other calls of the
/// same client go first.
///
/// ```no_run
/// use tidegate_batch::{Chats, Items, Stop};
/// use tidegate_client::Chat;
///
/// # async fn example() -> Result<(), tidegate_client::Error> {
/// let chat = Chat::for_model("openai/gpt-4o-mini")?;
/// let summaries = Chats::new(chat, |chat, text: String| chat.ask(&format!("Sum up as JSON: {text}"))).json_mode();
/// let texts = ["a long text".to_owned(), "another one".to_owned()];
/// for end in Items::new().run(texts, &summaries, &Stop::new()).await.into_iter().flatten() {
///     println!("{:?}", end.output.map(|said| said.text));
/// }
/// # Ok(())
/// # }
/// ```
pub struct Chats<I, Q> {
    chat: Chat,
    ask: Q,
    json: bool,
    thinking: Option<Thinking>,
    items: PhantomData<fn(I)>,
}

/// What a model said to one item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The text.
    pub text: String,
    /// What the model thought, where the provider tells it.
    pub reasoning: Option<String>,
    /// The provider that answered.
    pub provider: &'static str,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// What of the question this provider could not be told.
    pub notes: Vec<&'static str>,
    /// The answer as it came.
    pub body: serde_json::Value,
}

impl<I, Q> Chats<I, Q>
where
    Q: Fn(&Chat, I) -> Question + Send + Sync,
{
    /// Asks `chat` what `ask` makes of each item.
    #[must_use]
    pub const fn new(chat: Chat, ask: Q) -> Self {
        Self { chat, ask, json: false, thinking: None, items: PhantomData }
    }

    /// The same, asking for JSON objects in every question.
    #[must_use]
    pub const fn json_mode(mut self) -> Self {
        self.json = true;
        self
    }

    /// The same, telling in every question how long the model is to think.
    #[must_use]
    pub const fn reasoning_effort(mut self, effort: Thinking) -> Self {
        self.thinking = Some(effort);
        self
    }

    fn question(&self, item: I) -> Question {
        let question = (self.ask)(&self.chat, item).band(Band::Batch);
        let question = if self.json { question.json() } else { question };
        match self.thinking {
            Some(effort) => question.reasoning_effort(effort),
            None => question,
        }
    }
}

impl<I, Q> Processor for Chats<I, Q>
where
    I: Send,
    Q: Fn(&Chat, I) -> Question + Send + Sync,
{
    type Item = I;
    type Output = Said;

    async fn process(&self, item: I) -> Result<Done<Said>, Failure<Said>> {
        match self.question(item).send().await {
            Ok(reply) => Ok(done(reply)),
            Err(error) => Err(failure(&error)),
        }
    }

    fn stop(&self) {
        self.chat.api().limiter().close();
    }

    /// All of them: a client has one account, and what its models' limits are it learns by itself.
    fn waiting(&self, _group: Group) -> Option<usize> {
        Some(self.chat.api().limiter().snapshot().waiting)
    }

    fn at_once(&self, _group: Group) -> Option<usize> {
        at_once(self.chat.api().limiter())
    }
}

impl<I, Q> fmt::Debug for Chats<I, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chat, json, thinking, .. } = self;
        let mut shown = f.debug_struct("Chats");
        shown.field("chat", chat).field("json", json).field("thinking", thinking).finish_non_exhaustive()
    }
}

fn done(reply: Reply<Answer>) -> Done<Said> {
    let Reply { value, meta } = reply;
    let effort = Effort {
        attempts: meta.attempts,
        waited_ms: millis(meta.waited),
        latency_ms: millis(meta.latency),
        model: meta.model,
        ..Effort::default()
    }
    .with_usage(meta.usage.as_ref());
    let Answer { text, reasoning, provider, model, notes, raw: body, .. } = value;
    Done { output: Said { text, reasoning, provider, model, notes, body }, effort }
}

fn failure(error: &Error) -> Failure<Said> {
    if matches!(error, Error::Call(PacedError::Rejected { rejection: Rejection::Closed, .. })) {
        return Failure::NotSent;
    }
    let effort = Effort { attempts: error.attempts(), ..Effort::none() };
    let message = error.to_string();
    Failure::Failed(Box::new(Failed { class: error.class(), message, last: None, effort }))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use tidegate::ManualClock;
    use tidegate_client::{Anthropic, Api, FakeAnswer, FakeTransport, OpenAi};
    use tidegate_core::Class;

    use super::*;
    use crate::{ItemEnd, Items, Stop};

    const COMPLETION: &str = r#"{"id":"1","model":"m-1","usage":{"prompt_tokens":3,"completion_tokens":2},
        "choices":[{"message":{"content":"up"},"finish_reason":"stop"}]}"#;
    const MESSAGE: &str = r#"{"id":"1","type":"message","model":"c-1","content":[{"type":"text","text":"up"}],
        "stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2}}"#;
    const WRONG: &str = r#"{"error":{"message":"no such model","type":"invalid_request_error"}}"#;

    fn json(status: u16, body: &'static str) -> FakeAnswer {
        FakeAnswer::http(status, &[("content-type", "application/json")], body)
    }

    fn asked(api: &Api, clock: &ManualClock, items: &[&'static str]) -> Vec<Option<ItemEnd<Said>>> {
        let chat = Chat::from(api.clone()).model("gpt-5");
        let chats = Chats::new(chat, |chat: &Chat, word: &str| chat.ask(&format!("{word}?")))
            .json_mode()
            .reasoning_effort(Thinking::Low);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (stop, items) = (Stop::new(), items.iter().copied());
            let all = Items::new();
            let run = all.run(items, &chats, &stop);
            tokio::pin!(run);
            loop {
                tokio::select! {
                    biased;
                    ends = &mut run => return ends,
                    () = tokio::task::yield_now() => clock.advance(Duration::from_millis(1)),
                }
            }
        })
    }

    #[test]
    fn every_provider_is_asked_in_its_own_way_and_says_the_same() {
        let (openai, anthropic) =
            (FakeTransport::new([json(200, COMPLETION)]), FakeTransport::new([json(200, MESSAGE)]));
        let clock = ManualClock::new();
        let first =
            OpenAi::builder().key("k").clock(clock.clone()).transport(openai.clone()).build().unwrap();
        let second = Anthropic::builder().key("k").clock(clock.clone()).transport(anthropic).build().unwrap();
        for (api, model) in [(first.api(), "m-1"), (second.api(), "c-1")] {
            let ends = asked(api, &clock, &["tide"]);
            let end = ends[0].as_ref().unwrap();
            let said = end.output.as_ref().unwrap();
            assert_eq!((said.text.as_str(), said.model.as_str(), end.class), ("up", model, Class::Ok));
            assert_eq!((end.effort.input_tokens, end.effort.output_tokens), (Some(3), Some(2)));
        }
        let sent = String::from_utf8(openai.seen()[0].body.to_vec()).unwrap();
        for part in [r#""tide?""#, r#"{"type":"json_object"}"#, r#""reasoning_effort":"low""#] {
            assert!(sent.contains(part), "{part} is not in {sent}");
        }
    }

    #[test]
    fn a_question_that_fails_says_why_and_stops_no_other() {
        let fake = FakeTransport::new([json(404, WRONG), json(200, COMPLETION)]);
        let clock = ManualClock::new();
        let client = OpenAi::builder().key("k").clock(clock.clone()).transport(fake).build().unwrap();
        let ends = asked(client.api(), &clock, &["first", "second"]);
        let failed: Vec<_> = ends.iter().flatten().filter(|end| !end.is_ok()).collect();
        assert_eq!((ends.len(), failed.len(), failed[0].class), (2, 1, Class::Invalid));
        assert!(failed[0].message.as_deref().unwrap().contains("no such model"), "{:?}", failed[0].message);
    }

    #[test]
    fn after_a_stop_nothing_is_asked() {
        let fake = FakeTransport::new([]);
        let client =
            OpenAi::builder().key("k").clock(ManualClock::new()).transport(fake.clone()).build().unwrap();
        let chats = Chats::new(Chat::from(client.api().clone()).model("some"), |chat: &Chat, word: &str| {
            chat.ask(word)
        });
        chats.stop();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(matches!(runtime.block_on(chats.process("late")), Err(Failure::NotSent)));
        assert!(fake.seen().is_empty());
    }
}
