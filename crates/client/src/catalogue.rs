//! `Catalogue`: which models providers list, and whose a model therefore is.

use std::collections::{BTreeMap, BTreeSet};

/// Which models providers list, by the providers' names. What is asked for it is
/// [`Asker::models`](crate::Asker::models).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    lists: BTreeMap<String, BTreeSet<String>>,
}

impl Catalogue {
    /// Adds the list of a provider, in the place of the one that it had.
    pub fn add(&mut self, provider: &str, models: impl IntoIterator<Item = String>) {
        self.lists.insert(provider.to_owned(), models.into_iter().collect());
    }

    /// Whether no provider's list is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The one provider that lists a model; `None` where none does, and where several do.
    #[must_use]
    pub fn owner(&self, model: &str) -> Option<&str> {
        let mut owners = self.lists.iter().filter(|(_, models)| models.contains(model));
        let (owner, _) = owners.next()?;
        owners.next().is_none().then_some(owner.as_str())
    }

    /// The one other provider that lists a model which `first` does not list. `None` where the list of `first` is not
    /// known: it may have the model all the same.
    #[must_use]
    pub fn owner_instead_of(&self, first: &str, model: &str) -> Option<&str> {
        self.lists.get(first).filter(|models| !models.contains(model))?;
        self.owner(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_somebodys_only_if_nobody_else_lists_it() {
        let mut catalogue = Catalogue::default();
        assert!(catalogue.is_empty());
        catalogue.add("openai", ["gpt-x".to_owned(), "shared".to_owned()]);
        catalogue.add("mistral", ["small".to_owned(), "shared".to_owned()]);
        assert_eq!([catalogue.owner("gpt-x"), catalogue.owner("shared")], [Some("openai"), None]);
        assert_eq!(catalogue.owner_instead_of("openai", "small"), Some("mistral"));
        for (first, model) in [("openai", "shared"), ("openai", "unheard-of"), ("groq", "small")] {
            assert_eq!(catalogue.owner_instead_of(first, model), None, "{first} {model}");
        }
    }
}
