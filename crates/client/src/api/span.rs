//! `Spanned`: the trace span of a call, with the `gen_ai.*` names of OpenTelemetry's conventions: semantic conventions
//! 1.41, where that group is still in development. What they do not name is under `tidegate.`.

use std::future::Future;
use std::time::Duration;

use tidegate::{Class, Usage};
use tidegate_provider::Provider;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::Ready;
use crate::{Answer, BaseUrl, Event, Opened};

/// The span of one call, from its first wait to its last byte.
#[derive(Clone, Debug)]
pub(crate) struct Spanned {
    span: Span,
    streams: bool,
}

impl Spanned {
    pub(crate) fn open(provider: &Provider, base: &BaseUrl, ready: &Ready) -> Self {
        let act = ready.act.name();
        let span = tracing::info_span!(
            target: "tidegate::call",
            "gen_ai",
            otel.name = Empty,
            otel.kind = "client",
            gen_ai.operation.name = act,
            gen_ai.provider.name = name_of(provider),
            gen_ai.request.model = ready.model.as_deref(),
            gen_ai.request.stream = ready.streams,
            gen_ai.request.max_tokens = ready.sampling.max_tokens,
            gen_ai.request.temperature = ready.sampling.temperature,
            gen_ai.request.top_p = ready.sampling.top_p,
            gen_ai.response.model = Empty,
            gen_ai.response.time_to_first_chunk = Empty,
            gen_ai.usage.input_tokens = Empty,
            gen_ai.usage.output_tokens = Empty,
            gen_ai.usage.cache_read.input_tokens = Empty,
            server.address = Empty,
            server.port = Empty,
            http.response.status_code = Empty,
            error.type = Empty,
            tidegate.waited_ms = Empty,
            tidegate.attempts = Empty,
        );
        if !span.is_disabled() {
            let model = ready.model.as_deref().unwrap_or_default();
            span.record("otel.name", format!("{act} {model}").trim_end());
            let (address, port) = base.address();
            span.record("server.address", address);
            span.record("server.port", port);
        }
        Self { span, streams: ready.streams }
    }

    /// The span itself, for what is told inside of it.
    pub(crate) const fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn within<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.instrument(self.span.clone())
    }

    pub(crate) fn hear(&self, event: &Event) {
        if self.span.is_disabled() {
            return;
        }
        match event {
            Event::Retried { class } => {
                tracing::info!(target: "tidegate::call", parent: &self.span, class = class.name(), "retried");
            }
            Event::FirstByte { after } if self.streams => {
                self.span.record("gen_ai.response.time_to_first_chunk", after.as_secs_f64());
            }
            Event::Ended { class, usage, .. } => {
                if let Some(usage) = usage {
                    self.used(usage);
                }
                self.failed(*class);
            }
            Event::Granted { .. }
            | Event::Answered { .. }
            | Event::FirstByte { .. }
            | Event::Ignored { .. } => {}
        }
    }

    /// A whole answer is there.
    pub(crate) fn answered(&self, answer: &Answer) {
        self.head(answer.status, answer.model.as_deref(), answer.attempts, answer.waited);
        self.failed(answer.class);
    }

    /// The head of an answer is there.
    pub(crate) fn opened(&self, opened: &Opened) {
        self.head(opened.status, opened.model.as_deref(), opened.attempts, opened.waited);
        self.failed(opened.class);
    }

    /// What went wrong, if something did.
    pub(crate) fn failed(&self, class: Class) {
        if class != Class::Ok {
            self.span.record("error.type", class.name());
        }
    }

    fn head(&self, status: http::StatusCode, model: Option<&str>, attempts: u32, waited: Duration) {
        if self.span.is_disabled() {
            return;
        }
        self.span.record("http.response.status_code", status.as_u16());
        self.span.record("gen_ai.response.model", model);
        self.span.record("tidegate.attempts", attempts);
        self.span.record("tidegate.waited_ms", u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
    }

    fn used(&self, usage: &Usage) {
        self.span.record("gen_ai.usage.input_tokens", usage.input_tokens);
        self.span.record("gen_ai.usage.output_tokens", usage.output_tokens);
        if usage.cached_input_tokens > 0 {
            self.span.record("gen_ai.usage.cache_read.input_tokens", usage.cached_input_tokens);
        }
    }
}

/// The provider's name in the conventions, which call some otherwise than their users do.
fn name_of(provider: &Provider) -> &'static str {
    match provider.name {
        "mistral" => "mistral_ai",
        "azure" => "azure.ai.openai",
        "gemini" => "gcp.gemini",
        "xai" => "x_ai",
        name => name,
    }
}
