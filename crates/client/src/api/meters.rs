//! What the client records beside its limiter: the wait for the first byte and headers that are not heeded, which only
//! it sees.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use metrics::{SharedString, counter, histogram};

use crate::Event;

/// The most models of the process that are told apart, as in the facade's meters; later ones count as `other`.
const MODELS_MAX: usize = 256;

static MODELS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Records what happens to a call of a model.
pub(crate) fn record(provider: &'static str, model: &str, event: &Event) {
    match event {
        Event::FirstByte { after } => {
            histogram!("tidegate_first_token_seconds", "provider" => provider, "model" => told(model))
                .record(after.as_secs_f64());
        }
        Event::Ignored { ignored } => {
            let why = ignored.why.name();
            counter!("tidegate_headers_ignored_total", "provider" => provider, "why" => why).increment(1);
        }
        _ => {}
    }
}

/// The model itself, or `other`.
fn told(model: &str) -> SharedString {
    let mut known = MODELS.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains(model) {
        if known.len() >= MODELS_MAX {
            return SharedString::const_str("other");
        }
        known.insert(model.to_owned());
    }
    SharedString::from(model.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_models_end_as_other() {
        let all: Vec<_> = (0..2 * MODELS_MAX).map(|number| told(&format!("model-{number}"))).collect();
        assert_eq!((all[0].as_ref(), told("model-0").as_ref()), ("model-0", "model-0"));
        assert_eq!(all[2 * MODELS_MAX - 1].as_ref(), "other");
    }
}
