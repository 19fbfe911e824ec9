//! `Spanned`: the trace span of a call, with the names of OpenTelemetry's conventions. What they do not name is under
//! `tidegate.`.
//!
//! The `gen_ai.*` names are those of the semantic conventions 1.41.1 (docs/gen-ai/gen-ai-spans.md there, of 2026), the last
//! with that group, which is in development still; `time_to_first_chunk` and `request.stream` came with 1.41.0. It has
//! moved to github.com/open-telemetry/semantic-conventions-genai since, where the same names stand (read 2026-11-28).

use std::future::Future;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tidegate::{Class, Usage};
use tidegate_provider::Provider;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::spoken::{Hearing, Spoken};
use crate::call::Act;
use crate::{Answer, BaseUrl, Event, Opened, Prepared};

/// The span of one call, from its first wait to its last byte.
#[derive(Clone, Debug)]
pub(crate) struct Spanned {
    span: Span,
    act: Act,
    streams: bool,
    /// Whether the call itself names its conversation.
    continues: bool,
}

impl Spanned {
    pub(crate) fn open(
        provider: &Provider,
        base: &BaseUrl,
        act: Act,
        streams: bool,
        call: &Prepared,
    ) -> Self {
        let operation = act.name();
        let continued = conversation_of(call.path());
        let span = tracing::info_span!(
            target: "tidegate::call",
            "gen_ai",
            otel.name = Empty,
            otel.kind = "client",
            gen_ai.operation.name = operation,
            gen_ai.provider.name = name_of(provider),
            gen_ai.request.model = call.model(),
            gen_ai.request.stream = streams,
            gen_ai.request.max_tokens = Empty,
            gen_ai.request.temperature = Empty,
            gen_ai.request.top_p = Empty,
            gen_ai.agent.id = Empty,
            gen_ai.conversation.id = continued,
            gen_ai.response.id = Empty,
            gen_ai.response.model = Empty,
            gen_ai.response.finish_reasons = Empty,
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
            tidegate.call_id = Empty,
        );
        if !span.is_disabled() {
            let model = call.model().unwrap_or_default();
            span.record("tidegate.call_id", tracing::field::display(call.call()));
            span.record("otel.name", format!("{operation} {model}").trim_end());
            Wish::of(call.body()).record(&span);
            let (address, port) = base.address();
            span.record("server.address", address);
            span.record("server.port", port);
        }
        Self { span, act, streams, continues: continued.is_some() }
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
            | Event::Ignored { .. }
            | Event::Unpriced { .. } => {}
        }
    }

    /// A whole answer is there.
    pub(crate) fn answered(&self, answer: &Answer) {
        if !self.span.is_disabled() {
            let mut spoken = Spoken::of(&answer.body);
            let model = spoken.model.take().or_else(|| answer.model.clone());
            self.spoke(&spoken, model.as_deref());
            self.head(answer.status, answer.attempts, answer.waited);
        }
        self.failed(answer.class);
    }

    /// The head of an answer is there. What the rest says is heard by whoever is returned, if anybody listens.
    pub(crate) fn opened(&self, opened: &Opened) -> Option<Hearing> {
        self.failed(opened.class);
        if self.span.is_disabled() {
            return None;
        }
        self.head(opened.status, opened.attempts, opened.waited);
        Some(Hearing::new(self.clone(), opened.model.clone()))
    }

    /// What an answer says of itself, and the model that gave it. Each is told once: there are listeners that take a second
    /// value for another field.
    pub(super) fn spoke(&self, spoken: &Spoken, model: Option<&str>) {
        self.span.record("gen_ai.response.model", model);
        match self.act {
            Act::Manage => {}
            Act::MakeAgent => drop(self.span.record("gen_ai.agent.id", spoken.id.as_deref())),
            _ => drop(self.span.record("gen_ai.response.id", spoken.id.as_deref())),
        }
        if !self.continues {
            self.span.record("gen_ai.conversation.id", spoken.conversation.as_deref());
        }
        self.span.record("gen_ai.response.finish_reasons", spoken.finish_reasons());
    }

    /// What went wrong, if something did.
    pub(crate) fn failed(&self, class: Class) {
        if class != Class::Ok {
            self.span.record("error.type", class.name());
        }
    }

    fn head(&self, status: http::StatusCode, attempts: u32, waited: Duration) {
        self.span.record("http.response.status_code", status.as_u16());
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

/// The conversation that a path names, unless the call begins another one from it.
fn conversation_of(path: &str) -> Option<&str> {
    let path = path.split('?').next()?;
    let rest = path.strip_prefix("/v1/conversations/")?;
    let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
    (!name.is_empty() && rest != "restart").then_some(name)
}

/// Who is asked, and how the words are to be chosen, by the names that the APIs of chat, messages, responses and
/// conversations have for it. Read only where somebody listens.
#[derive(Debug, Default, Deserialize)]
struct Wish {
    agent_id: Option<String>,
    max_tokens: Option<Value>,
    max_completion_tokens: Option<Value>,
    max_output_tokens: Option<Value>,
    temperature: Option<Value>,
    top_p: Option<Value>,
    completion_args: Option<Box<Self>>,
}

impl Wish {
    fn of(body: &[u8]) -> Self {
        let mut all: Self = serde_json::from_slice(body).unwrap_or_default();
        match all.completion_args.take() {
            Some(arguments) => Self { agent_id: all.agent_id, ..*arguments },
            None => all,
        }
    }

    fn record(&self, span: &Span) {
        let bounds = [&self.max_tokens, &self.max_completion_tokens, &self.max_output_tokens];
        span.record("gen_ai.agent.id", self.agent_id.as_deref());
        span.record("gen_ai.request.max_tokens", bounds.into_iter().flatten().find_map(Value::as_u64));
        for (name, value) in
            [("gen_ai.request.temperature", &self.temperature), ("gen_ai.request.top_p", &self.top_p)]
        {
            span.record(name, value.as_ref().and_then(Value::as_f64));
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
