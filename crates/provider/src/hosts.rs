//! `Host`: what is known of one host that speaks OpenAI's bodies. One file a host; what they share is the dialect's.

mod azure;
mod cerebras;
mod cohere;
mod deepseek;
mod fireworks;
mod gemini;
mod groq;
mod huggingface;
mod perplexity;
mod together;
mod venice;
mod xai;

use std::time::Duration;

use tidegate_core::{Charging, Dimension, Limit, Observation};

use crate::Dialect;
use crate::compatible::{Compatible, RULES};
use crate::estimate::{OPENAI_SOUND, Sound};
use crate::fault::{Case, Rules, Ruling, Wait};
use crate::limits::{Place, Scheme};

/// What is known of one host beyond what the compatible dialect reads anyway.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) dialect: Dialect,
    /// Names of headers that only this host has, and what is known of the enforcement.
    pub(crate) scheme: Scheme,
    /// Its errors, those included that mean something else here than elsewhere.
    pub(crate) rules: Rules,
    /// Limits that the documentation states.
    pub(crate) known_limits: fn() -> Vec<Limit>,
    /// The time zone at whose midnight its days begin, where it is not UTC.
    pub(crate) time_zone: Option<&'static str>,
    /// The finer period over which it is said to judge the rate of requests as well.
    pub(crate) request_grain: Option<Duration>,
    /// What it counts of a call against its limits on tokens and the like, and when.
    pub(crate) charging: fn(Dimension) -> Charging,
    /// How it counts sound.
    pub(crate) sound: Sound,
    /// The most output that it keeps room for when a call arrives, in tokens, and what it takes for the maximum of a call
    /// that states none. `None` where it keeps the stated maximum, or nothing.
    pub(crate) reserved_output: Option<u64>,
    /// Whether input that is read from a cache is counted.
    pub(crate) counts_cached: bool,
}

impl Host {
    /// A host of which nothing is known.
    const fn of(dialect: Dialect) -> Self {
        Self {
            dialect,
            scheme: Scheme {
                place: |_| Place::Unlisted,
                finish: |observation, _| observation,
                finish_common: |observation| observation,
            },
            rules: RULES,
            known_limits: Vec::new,
            time_zone: None,
            request_grain: None,
            charging: |_| Charging::Unknown,
            sound: OPENAI_SOUND,
            reserved_output: None,
            counts_cached: true,
        }
    }

    const fn place(mut self, place: fn(&str) -> Place<'_>) -> Self {
        self.scheme.place = place;
        self
    }

    const fn hint(mut self, hint: fn(Observation) -> Observation) -> Self {
        self.scheme.finish_common = hint;
        self.rules.hint = hint;
        self
    }

    const fn rule(mut self, rule: fn(&Case<'_>) -> Option<Ruling>) -> Self {
        self.rules.rule = rule;
        self
    }

    const fn wait(mut self, wait: fn(&Case<'_>) -> Option<Wait>) -> Self {
        self.rules.wait = wait;
        self
    }

    const fn charging(mut self, charging: fn(Dimension) -> Charging) -> Self {
        self.charging = charging;
        self
    }

    const fn sound(mut self, sound: Sound) -> Self {
        self.sound = sound;
        self
    }

    const fn reserved_output(mut self, tokens: u64) -> Self {
        self.reserved_output = Some(tokens);
        self
    }

    const fn time_zone(mut self, name: &'static str) -> Self {
        self.time_zone = Some(name);
        self
    }

    const fn request_grain(mut self, span: Duration) -> Self {
        self.request_grain = Some(span);
        self
    }

    const fn without_cached(mut self) -> Self {
        self.counts_cached = false;
        self
    }

    const fn known_limits(mut self, known_limits: fn() -> Vec<Limit>) -> Self {
        self.known_limits = known_limits;
        self
    }
}

/// Makes the adapters of the hosts, each out of the `HOST` of its file.
macro_rules! adapters {
    ($($Dialect:ident => $file:ident),* $(,)?) => {
        /// The adapter of the host that speaks a dialect; what no table knows is read by its shape alone.
        pub(crate) fn of(dialect: Dialect) -> &'static Compatible {
            match dialect {
                $(Dialect::$Dialect => const { &Compatible::new(&$file::HOST) },)*
                _ => const { &Compatible::new(&UNKNOWN) },
            }
        }
    };
}

/// Of tokens that count together the input when a call arrives and the output when its answer is complete; of limits on
/// either alone nothing is known.
fn input_then_output(dimension: Dimension) -> Charging {
    match dimension {
        Dimension::TotalTokens => Charging::InputThenOutput,
        _ => Charging::Unknown,
    }
}

/// Any other host.
static UNKNOWN: Host = Host::of(Dialect::Compatible);

adapters! {
    Azure => azure,
    Groq => groq,
    Together => together,
    Fireworks => fireworks,
    DeepSeek => deepseek,
    Xai => xai,
    Cerebras => cerebras,
    Venice => venice,
    Gemini => gemini,
    Cohere => cohere,
    HuggingFace => huggingface,
    Perplexity => perplexity,
}
