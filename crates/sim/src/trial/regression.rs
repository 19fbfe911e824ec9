//! `Regression`: a seed that once broke a property, kept as a small TOML file beside the plans and lived through for ever.

use serde::Deserialize;

use super::{Failing, PlanError};

/// A seed that once broke a property.
///
/// ```toml
/// plan = "shared"
/// seed = 17
/// found = "liveness: a call still waits"
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// The plan's name.
    pub plan: String,
    /// The seed.
    pub seed: u64,
    /// What it found.
    pub found: String,
}

impl Regression {
    /// Reads one.
    ///
    /// # Errors
    /// When the text is none; the error names the line.
    pub fn from_toml(text: &str) -> Result<Self, PlanError> {
        toml::from_str(text).map_err(|error| PlanError::of(&error))
    }

    /// The file's name and text for a failing seed.
    #[must_use]
    pub fn file(failing: &Failing) -> (String, String) {
        let Failing { plan, seed, property, what } = failing;
        let found = format!("{property}: {what}").replace(['"', '\\', '\n'], "'");
        (format!("{plan}-{seed}.toml"), format!("plan = \"{plan}\"\nseed = {seed}\nfound = \"{found}\"\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_seed_is_read_as_it_was_written() {
        let failing = Failing {
            plan: "shared".into(),
            seed: 17,
            property: "liveness".into(),
            what: "a call \"waits\"".into(),
        };
        let (name, text) = Regression::file(&failing);
        let read = Regression::from_toml(&text).expect("what was written is read");
        assert_eq!((name.as_str(), read.plan.as_str(), read.seed), ("shared-17.toml", "shared", 17));
        assert!(read.found.contains("liveness"), "{}", read.found);
    }
}
