//! `Asker`: asks a provider's own endpoints for limits, usage, credit and models. Not paced: no limit governs them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use tidegate::Clock;
use tidegate_core::Price;
use tidegate_provider::Dialect;
use tidegate_provider::discovery::{self, Found, KeyKind, Question, Unreadable};

use crate::api::ANTHROPIC_VERSION;
use crate::timed::Timed;
use crate::{BaseUrl, Body, Key, ResponseBody, Timeouts, Transport, TransportError, TransportErrorKind};

/// How long one answer may take. They are small documents; whoever waits longer has another problem.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest answer that is read. OpenRouter's list of models, the longest known, has under a megabyte (2026-08).
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Asks a provider's own endpoints.
#[derive(Clone, Debug)]
pub struct Asker {
    transport: Arc<dyn Transport>,
    base: BaseUrl,
    dialect: Dialect,
    key: Option<Key>,
    admin_key: Option<Key>,
}

/// What a provider told, and what it did not tell.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// What it told.
    pub found: Found,
    /// The questions that were answered.
    pub answered: usize,
    /// The questions that were not, with the reason.
    pub missed: Vec<Missed>,
}

/// The models that a provider lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Their names.
    pub names: Vec<String>,
    /// What they cost, as far as the list names it.
    pub prices: Vec<(String, Price)>,
}

/// A question that was not answered.
#[derive(Clone, Debug)]
pub struct Missed {
    /// Path and query under `/v1`.
    pub path: String,
    /// Which key it takes.
    pub key: KeyKind,
    /// Why there is no answer.
    pub why: Unanswered,
}

/// Why a question has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswered {
    /// The key that it takes is not there; it was not asked.
    #[error("its key is not there")]
    NoKey,
    /// The provider does not take the key for it.
    #[error("the key is not taken for it (status {0})")]
    Refused(StatusCode),
    /// The host has no such endpoint.
    #[error("the host has no such endpoint (status {0})")]
    Absent(StatusCode),
    /// It was answered with another error.
    #[error("the host answered with status {0}")]
    Status(StatusCode),
    /// The answer cannot be read.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
    /// No answer came.
    #[error("{0}")]
    Transport(#[from] TransportError),
    /// It would have been one question too many.
    #[error("more than {} questions follow from the answers", discovery::QUESTIONS_MAX)]
    TooMany,
}

impl Asker {
    /// Asks the provider that speaks this dialect at this place.
    #[must_use]
    pub fn new(
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        base: BaseUrl,
        dialect: Dialect,
    ) -> Self {
        let transport = Arc::new(Timed::new(transport, Timeouts::all(PATIENCE), clock));
        Self { transport, base, dialect, key: None, admin_key: None }
    }

    /// The same with the key that calls are made with.
    #[must_use]
    pub fn key(mut self, key: Option<Key>) -> Self {
        self.key = key;
        self
    }

    /// The same with a key of the organization's administration, with which no call can be made.
    #[must_use]
    pub fn admin_key(mut self, key: Option<Key>) -> Self {
        self.admin_key = key;
        self
    }

    /// Asks for limits, usage and credit, one question after the other. Nothing is asked twice, and what one question
    /// fails with does not stop the others.
    pub async fn limits(&self) -> Discovered {
        let mut discovered = Discovered::default();
        let mut open: VecDeque<Question> = discovery::questions(self.dialect).into();
        let mut asked = 0;
        while let Some(question) = open.pop_front() {
            let told = if asked < discovery::QUESTIONS_MAX {
                self.ask(&question).await
            } else {
                Err(Unanswered::TooMany)
            };
            asked += 1;
            let told = told.and_then(|body| Ok(discovery::read(self.dialect, &question, &body)?));
            match told {
                Ok(told) => {
                    discovered.answered += 1;
                    discovered.found.add(told.found);
                    open.extend(told.next);
                }
                Err(why) => {
                    let is_last = matches!(why, Unanswered::TooMany);
                    discovered.missed.push(Missed { path: question.path, key: question.key, why });
                    if is_last {
                        break;
                    }
                }
            }
        }
        discovered
    }

    /// Asks for the models that the key may use.
    ///
    /// # Errors
    ///
    /// When the key is not taken, the host has no such list, or no answer came.
    pub async fn models(&self) -> Result<Vec<String>, Unanswered> {
        let body = self.ask(&discovery::models_question(self.dialect)).await?;
        Ok(discovery::models(&body)?)
    }

    /// Asks for the models that the key may use and, where the list names them, what they cost.
    ///
    /// # Errors
    ///
    /// As [`models`](Self::models).
    pub async fn listing(&self) -> Result<Listing, Unanswered> {
        let body = self.ask(&discovery::models_question(self.dialect)).await?;
        let (names, prices) = (discovery::models(&body)?, discovery::prices(self.dialect, &body)?);
        Ok(Listing { names, prices })
    }

    /// The body of the answer to one question.
    async fn ask(&self, question: &Question) -> Result<Vec<u8>, Unanswered> {
        let key = match question.key {
            KeyKind::Usual => self.key.as_ref(),
            KeyKind::Admin => self.admin_key.as_ref(),
        };
        // This machine's own hosts, an emulated provider for one, ask for no key of calls.
        let needs_none = question.key == KeyKind::Usual && self.base.is_loopback();
        if key.is_none() && !needs_none {
            return Err(Unanswered::NoKey);
        }
        let mut request = http::Request::new(Body::empty());
        *request.uri_mut() = self.base.uri(&question.path).map_err(|_| unread("its path makes no URL"))?;
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if self.dialect == Dialect::Anthropic {
            request.headers_mut().insert(ANTHROPIC_VERSION.0, HeaderValue::from_static(ANTHROPIC_VERSION.1));
        }
        if let Some(key) = key {
            key.apply(self.dialect, request.headers_mut());
        }
        let (head, body) = self.transport.send(request).await?.into_parts();
        match head.status.as_u16() {
            200..=299 => Ok(whole(body).await?),
            401 | 403 => Err(Unanswered::Refused(head.status)),
            404 | 405 => Err(Unanswered::Absent(head.status)),
            _ => Err(Unanswered::Status(head.status)),
        }
    }
}

/// A whole body, as long as an answer may be.
async fn whole(mut body: ResponseBody) -> Result<Vec<u8>, TransportError> {
    let mut whole = Vec::new();
    while let Some(chunk) = body.chunk().await? {
        whole.extend_from_slice(&chunk);
        if whole.len() > ANSWER_BYTES_MAX {
            return Err(unread("its answer is longer than any such list"));
        }
    }
    Ok(whole)
}

fn unread(cause: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Other, "the provider", cause)
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.why)
    }
}
