//! `Spanned`: the trace span of a call, with the `gen_ai.*` names of OpenTelemetry's conventions. The names were
//! not held against a release of the conventions.

use std::future::Future;

use tidegate::Class;
use tidegate_provider::{Dialect, Provider};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Ready;
use crate::{Answer, BaseUrl, Event};

/// Whether prompts and answers are written to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Hidden,
    Logged,
}

impl Content {
    /// Writes a prompt to the log, if that is wished.
    pub(crate) fn prompt(self, body: &[u8]) {
        if self == Self::Logged {
            let text = String::from_utf8_lossy(body);
            tracing::info!(target: "tidegate::content", { gen_ai.input.messages = %text }, "prompt");
        }
    }

    /// Writes an answer to the log, if that is wished.
    pub(crate) fn answer(self, body: &[u8]) {
        if self == Self::Logged {
            let text = String::from_utf8_lossy(body);
            tracing::info!(target: "tidegate::content", { gen_ai.output.messages = %text }, "answer");
        }
    }
}

/// The span of one call, from its first wait to its last byte.
#[derive(Clone, Debug)]
pub(crate) struct Spanned(Span);

impl Spanned {
    pub(crate) fn open(provider: &Provider, base: &BaseUrl, ready: &Ready) -> Self {
        let model = ready.model.as_deref().unwrap_or_default();
        let act = ready.act.name();
        let span = tracing::info_span!(
            target: "tidegate::call",
            "gen_ai",
            otel.name = Empty,
            otel.kind = "client",
            gen_ai.operation.name = act,
            gen_ai.provider.name = name_of(provider),
            gen_ai.request.model = model,
            gen_ai.request.stream = ready.streams,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            server.address = base.host(),
            http.response.status_code = Empty,
            error.type = Empty,
            tidegate.waited_ms = Empty,
            tidegate.attempts = Empty,
        );
        if !span.is_disabled() {
            span.record("otel.name", format!("{act} {model}").trim_end());
        }
        Self(span)
    }

    pub(crate) fn within<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.instrument(self.0.clone())
    }

    pub(crate) fn hear(&self, event: &Event) {
        if self.0.is_disabled() {
            return;
        }
        match event {
            Event::Retried { class } => {
                tracing::info!(target: "tidegate::call", parent: &self.0, class = class.name(), "retried");
            }
            Event::Ended { class, usage, .. } => {
                if let Some(usage) = usage {
                    self.0.record("gen_ai.usage.input_tokens", usage.input_tokens);
                    self.0.record("gen_ai.usage.output_tokens", usage.output_tokens);
                }
                self.failed(*class);
            }
            Event::Granted { .. } | Event::Answered { .. } | Event::FirstByte { .. } => {}
        }
    }

    pub(crate) fn answered(&self, answer: &Answer) {
        if self.0.is_disabled() {
            return;
        }
        self.0.record("http.response.status_code", answer.status.as_u16());
        self.0.record("tidegate.attempts", answer.attempts);
        let waited = u64::try_from(answer.waited.as_millis()).unwrap_or(u64::MAX);
        self.0.record("tidegate.waited_ms", waited);
        self.failed(answer.class);
    }

    pub(crate) fn failed(&self, class: Class) {
        if class != Class::Ok {
            self.0.record("error.type", class.name());
        }
    }
}

/// The provider's name in the conventions, which have one of their own for Mistral.
fn name_of(provider: &Provider) -> &'static str {
    if provider.dialect == Dialect::Mistral { "mistral_ai" } else { provider.name }
}
