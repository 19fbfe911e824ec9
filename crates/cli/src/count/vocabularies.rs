//! `Vocabularies`: those that are built in, and the one that is read from a file once a model needs it.

use std::path::{Path, PathBuf};

use tidegate_provider::tokens::{Counter, Tekken, Vocabulary};

use crate::exit::Failure;

/// Longer files are no vocabulary; Mistral's have up to 20 MB (2026-11).
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What is counted with.
pub(super) struct Vocabularies {
    counter: Counter,
    /// The file that is still to be read.
    tekken: Option<PathBuf>,
}

impl Vocabularies {
    pub(super) fn new(tekken: Option<PathBuf>) -> Self {
        Self { counter: Counter::default(), tekken }
    }

    /// What counts for a model.
    ///
    /// # Errors
    ///
    /// Where the model needs the file that was given, and it cannot be read or is no vocabulary.
    pub(super) fn counter(&mut self, model: &str) -> Result<&Counter, Failure> {
        let needs_file = Vocabulary::of_model(model) == Some(Vocabulary::Tekken);
        if let Some(path) = self.tekken.take_if(|_| needs_file) {
            self.counter = Counter::default().tekken(read(&path)?);
        }
        Ok(&self.counter)
    }
}

fn read(path: &Path) -> Result<Tekken, Failure> {
    let name = path.display();
    let unread = |error| {
        Failure::start(format!("vocabulary {name}: {error}")).hint("check --tekken or TIDEGATE_TEKKEN")
    };
    if std::fs::metadata(path).map_err(unread)?.len() > BYTES_MAX {
        return Err(Failure::usage(format!("vocabulary {name}: larger than {} MiB", BYTES_MAX >> 20)));
    }
    let content = std::fs::read(path).map_err(unread)?;
    Tekken::read(&content).map_err(|error| {
        Failure::usage(format!("vocabulary {name}: {error}")).hint(
            "it comes in the Python package mistral-common, as mistral_common/data/tekken_240911.json, and with \
             Mistral's open models",
        )
    })
}
