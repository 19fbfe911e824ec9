//! `Embedder`: texts to vectors, packed into as few calls as input caps and limits allow.
//!
//! A text waits until the pack that it is in is full, or until no more texts come. A pack that the provider finds too
//! large is halved, and later ones are no larger than what passed; a text that is refused for itself costs its pack
//! one division after the other until it stands alone, so that its neighbours are answered all the same.
//!
//! Each text has an answer of its own, in the shape that it would have had alone.

mod body;
mod packs;
mod text;

use http::StatusCode;
use tidegate_core::{Class, Dimension};

use crate::processor::{Done, Failed, Failure};
use crate::{Answer, Effort, Group, PacedRows, Processor, Request, RequestBody};
pub use body::EmbedBody;
use packs::{Member, Packs};
pub use text::{Text, TextRows};

/// Where embeddings are, at `OpenAI`, Mistral and compatible hosts (documentation, 2026-08).
const PATH: &str = "/v1/embeddings";

/// How large a pack may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackSize {
    /// Texts in one call. 2 048: what `OpenAI` takes (documentation, 2026-08). Others take less and say so, at the cost
    /// of one call for each halving.
    pub texts_max: usize,
    /// Tokens in one call, by our estimate. 200 000: `OpenAI` takes 300 000 over all texts of a call (documentation,
    /// 2026-08), and an estimate may be a third too small. Where a limit on tokens is known, half of it binds as well,
    /// so that one pack can be counted while the next one waits.
    pub tokens_max: u64,
}

impl Default for PackSize {
    fn default() -> Self {
        Self { texts_max: 2_048, tokens_max: 200_000 }
    }
}

/// Turns texts into vectors through rows that are calls.
#[derive(Debug)]
pub struct Embedder {
    rows: PacedRows,
    body: EmbedBody,
    packs: Packs,
}

/// What one text's processing gives.
type Embedded = Result<Done<Answer>, Failure<Answer>>;

impl Embedder {
    /// Sends packs of texts as `rows`, with bodies as `body` says, no larger than `size`.
    #[must_use]
    pub fn new(rows: PacedRows, body: EmbedBody, size: PackSize) -> Self {
        Self { rows, body, packs: Packs::new(size) }
    }

    /// The rows within, to look at their limiters.
    pub const fn rows(&self) -> &PacedRows {
        &self.rows
    }

    /// How many calls were sent, and the most texts that a call may have by what was found so far.
    #[must_use]
    pub fn packs(&self) -> (u64, usize) {
        self.packs.found()
    }

    /// The tokens that a pack may have: half of the smallest limit that is known, if any is.
    fn tokens_max(&self) -> u64 {
        let limits = self.rows.calls().flat_map(|(_, paced)| paced.limiter().snapshot().limits);
        let of_tokens = limits
            .filter(|status| matches!(status.dimension, Dimension::TotalTokens | Dimension::InputTokens));
        of_tokens.map(|status| status.limit / 2).min().unwrap_or(u64::MAX)
    }

    /// Sends a pack, in parts where it is too large, and tells each member how it ended.
    async fn send(&self, pack: Vec<Member>) {
        let mut parts = vec![pack];
        while let Some(mut part) = parts.pop() {
            let texts: Vec<&str> = part.iter().map(|member| member.text.as_str()).collect();
            let request = Request {
                method: "POST".to_owned(),
                path: PATH.to_owned(),
                body: RequestBody::parse(&self.body.of(&texts)).unwrap_or_default(),
            };
            self.packs.sent();
            match self.rows.process(request).await {
                Ok(done) => self.share(part, done),
                Err(Failure::Failed(failed)) if part.len() > 1 && is_about_texts(&failed) => {
                    if is_too_many(&failed) {
                        self.packs.shrink(part.len() / 2);
                    }
                    let second = part.split_off(part.len() / 2);
                    // The first half goes first: the last part is taken next.
                    parts.extend([second, part]);
                }
                Err(failure) => part.into_iter().for_each(|member| member.end(Err(failure.clone()))),
            }
        }
    }

    /// Gives each text its own vector and its share of the tokens.
    fn share(&self, part: Vec<Member>, done: Done<Answer>) {
        let count = part.len();
        let answers = match body::split(&done.output, &part) {
            Ok(answers) => answers,
            Err(why) => {
                let failure = || {
                    let (last, effort) = (Some(done.output.clone()), done.effort.clone());
                    let message = format!("the answer to {count} texts {why}");
                    Failure::Failed(Box::new(Failed { class: Class::ServerError, message, last, effort }))
                };
                return part.into_iter().for_each(|member| member.end(Err(failure())));
            }
        };
        for (member, (output, tokens)) in part.into_iter().zip(answers) {
            let effort = Effort { input_tokens: tokens, ..done.effort.clone() };
            member.end(Ok(Done { output, effort }));
        }
    }
}

impl Processor for Embedder {
    type Item = Text;
    type Output = Answer;

    async fn process(&self, item: Text) -> Embedded {
        let (ended, leads) = self.packs.join(item, self.tokens_max());
        if let Some(leads) = leads {
            // Whoever begins a pack sees it off: when it is full, or when nobody joined it for a turn.
            let pack = leads.gather(&self.packs).await;
            self.send(pack).await;
        }
        ended.await.unwrap_or(Err(Failure::NotSent))
    }

    fn stop(&self) {
        self.rows.stop();
    }

    fn waiting(&self, group: Group) -> Option<usize> {
        self.rows.waiting(group)
    }

    fn at_once(&self, group: Group) -> Option<usize> {
        self.rows.at_once(group)
    }
}

/// Whether a refusal is about what was sent, so that less of it, or the rest of it, may pass.
fn is_about_texts(failed: &Failed<Answer>) -> bool {
    matches!(failed.class, Class::Invalid | Class::RequestRejected)
        && failed.last.as_ref().is_none_or(|answer| {
            [StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY]
                .iter()
                .any(|status| *status == answer.status_code)
                || answer.status_code == 429
        })
}

/// Whether a refusal is about the size of the pack: by its status, or by its words. `OpenAI` says "array too long" or
/// names the most tokens of a request, Mistral "too many inputs" or "too many tokens" (recorded to 2026-08).
fn is_too_many(failed: &Failed<Answer>) -> bool {
    let says = |words: &str| failed.message.to_ascii_lowercase().contains(words);
    failed.class == Class::RequestRejected
        || ["too many", "too long", "too large", "maximum", "max "].into_iter().any(says)
}
