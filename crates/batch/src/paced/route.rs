//! `Account` and `Routes`: which provider's account a row goes to, by the name in front of its model.

use http::header::HeaderMap;
use tidegate_client::{Catalogue, Paced};
use tidegate_provider::Dialect;

/// One provider's account that rows can go to.
#[derive(Clone, Debug)]
pub struct Account {
    /// The provider's name, as rows write it in front of a model.
    pub name: String,
    /// The provider's way of speaking.
    pub dialect: Dialect,
    /// Headers that every call has.
    pub headers: HeaderMap,
    /// Where its calls go.
    pub destination: Destination,
}

/// Where an account's calls go.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are as many as accounts, a handful")]
pub enum Destination {
    /// Through this.
    Calls(Paced),
    /// Nowhere, for this reason (its key is not set): its rows become error rows.
    Unusable(String),
}

/// The accounts of a run.
#[derive(Debug)]
pub(super) struct Routes {
    pub(super) default: Account,
    others: Vec<Account>,
    /// What the accounts' providers list, for models that name no account.
    pub(super) catalogue: Catalogue,
}

impl Routes {
    pub(super) fn new(default: Account) -> Self {
        Self { default, others: Vec::new(), catalogue: Catalogue::default() }
    }

    pub(super) fn add(&mut self, account: Account) {
        self.others.push(account);
    }

    /// The account for a model as a row writes it, and the model as that account knows it.
    pub(super) fn route<'w>(&self, written: &'w str) -> (&Account, &'w str) {
        let Some((name, model)) = written.split_once('/') else { return (self.listing(written), written) };
        if let Some(account) = self.others.iter().find(|account| account.name == name) {
            return (account, model);
        }
        if self.default.name == name && !self.is_own_model(model) {
            return (&self.default, model);
        }
        (self.listing(written), written)
    }

    /// The account that lists a model which the default one does not list; else the default one.
    fn listing(&self, model: &str) -> &Account {
        let owner = self.catalogue.owner_instead_of(&self.default.name, model);
        let listing = owner.and_then(|name| self.others.iter().find(|account| account.name == name));
        listing.unwrap_or(&self.default)
    }

    /// Whether the default account's provider calls a model `NAME/model` by its own name: OpenRouter's routers
    /// (`openrouter/auto`) and Groq's systems (`groq/compound`), as their model lists have them (2026-08).
    fn is_own_model(&self, model: &str) -> bool {
        match self.default.name.as_str() {
            "openrouter" => !model.contains('/'),
            "groq" => model.starts_with("compound"),
            _ => false,
        }
    }

    /// The accounts that calls can go to, the default first.
    pub(super) fn calls(&self) -> impl Iterator<Item = (&str, &Paced)> {
        std::iter::once(&self.default).chain(&self.others).filter_map(|account| match &account.destination {
            Destination::Calls(paced) => Some((account.name.as_str(), paced)),
            Destination::Unusable(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, dialect: Dialect) -> Account {
        let destination = Destination::Unusable(String::new());
        Account { name: name.into(), dialect, headers: HeaderMap::new(), destination }
    }

    fn routed(default: Account, written: &str) -> (String, String) {
        let mut routes = Routes::new(default);
        routes.add(account("mistral", Dialect::Mistral));
        let (account, model) = routes.route(written);
        (account.name.clone(), model.to_owned())
    }

    fn to(name: &str, model: &str) -> (String, String) {
        (name.to_owned(), model.to_owned())
    }

    #[test]
    fn a_configured_name_in_front_of_a_model_chooses_the_account() {
        let openai = account("openai", Dialect::OpenAi);
        assert_eq!(routed(openai.clone(), "gpt-5"), to("openai", "gpt-5"));
        assert_eq!(routed(openai.clone(), "openai/gpt-5"), to("openai", "gpt-5"));
        assert_eq!(routed(openai.clone(), "mistral/small"), to("mistral", "small"));
        assert_eq!(routed(openai, "unknown/x"), to("openai", "unknown/x"));
    }

    #[test]
    fn a_model_that_only_another_account_lists_goes_there() {
        let mut routes = Routes::new(account("openai", Dialect::OpenAi));
        routes.add(account("mistral", Dialect::Mistral));
        routes.catalogue.add("mistral", ["small".to_owned()]);
        assert_eq!(routes.route("small").0.name, "openai", "whose own list is not known");
        routes.catalogue.add("openai", ["gpt-5".to_owned()]);
        let name = |model| routes.route(model).0.name.as_str();
        assert_eq!([name("small"), name("gpt-5"), name("unheard-of")], ["mistral", "openai", "openai"]);
    }

    #[test]
    fn models_that_bear_their_hosts_name_keep_it() {
        let openrouter = account("openrouter", Dialect::OpenRouter);
        assert_eq!(routed(openrouter.clone(), "openrouter/auto"), to("openrouter", "openrouter/auto"));
        assert_eq!(routed(openrouter.clone(), "openrouter/a/b"), to("openrouter", "a/b"));
        assert_eq!(routed(openrouter, "anthropic/claude"), to("openrouter", "anthropic/claude"));
        let groq = account("groq", Dialect::Compatible);
        assert_eq!(routed(groq.clone(), "groq/compound-mini"), to("groq", "groq/compound-mini"));
        assert_eq!(routed(groq, "groq/llama-3"), to("groq", "llama-3"));
    }
}
