//! `Metadata`: what a scheduler knows of a call before it is made; `Resource`: what kind of thing it asks for.

use std::time::Duration;

use tidegate_core::{Band, Cost, Dimension};

/// How long a call may take, all attempts and waits together, where it does not say so itself. A minute: what people
/// and HTTP clients wait for an answer by default.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What kind of thing a call asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Text that a model writes.
    #[default]
    Text,
    /// An image.
    Image,
    /// Speech, either way.
    Audio,
    /// Vectors of a text.
    Embedding,
    /// Anything that is counted by the call.
    Generic,
    /// Something of the caller's own.
    Custom(String),
}

impl Resource {
    /// The name that messages use.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Embedding => "embedding",
            Self::Generic => "generic",
            Self::Custom(name) => name,
        }
    }
}

/// What a scheduler knows of a call before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metadata {
    /// The caller's name for the call; handed to each attempt, and used for nothing else.
    pub request_id: String,
    /// The model that it goes to.
    pub model: String,
    /// What it asks for.
    pub resource: Resource,
    /// How many tokens it will probably use, sent and produced together. They count as sent, since nothing says how
    /// they divide; where a provider limits the two apart, state a whole [`cost`](Metadata::cost).
    pub estimated_tokens: Option<u64>,
    /// The whole estimate, in the place of the one made from the resource and the tokens.
    pub cost: Option<Cost>,
    /// Above zero a person waits for the answer, below zero it is bulk work that fills what is left. Zero by default.
    pub priority: i32,
    /// How long it may take, all attempts and waits together; a minute by default, `None` as long as it takes.
    pub timeout: Option<Duration>,
    /// On whose behalf it is made: the account in [`Mode::Account`](super::Mode::Account), else the tenant.
    pub client_id: Option<String>,
    /// The endpoint that it goes to, such as `/v1/chat/completions`.
    pub endpoint: String,
}

impl Metadata {
    /// A text call to a model.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            request_id: String::new(),
            model: model.into(),
            resource: Resource::Text,
            estimated_tokens: None,
            cost: None,
            priority: 0,
            timeout: Some(TIMEOUT),
            client_id: None,
            endpoint: String::new(),
        }
    }

    /// The same call with the caller's name for it.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = id.into();
        self
    }

    /// The same call for another resource.
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    /// The same call with an estimate of its tokens.
    #[must_use]
    pub const fn estimated_tokens(mut self, tokens: u64) -> Self {
        self.estimated_tokens = Some(tokens);
        self
    }

    /// The same call with a whole estimate.
    #[must_use]
    pub const fn cost(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// The same call with another priority.
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The same call with another bound on the time that it takes.
    #[must_use]
    pub const fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same call on behalf of a client.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }

    /// The same call to an endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// What the call will probably cost.
    #[must_use]
    pub fn estimate(&self) -> Cost {
        if let Some(cost) = self.cost {
            return cost;
        }
        let cost = Cost::requests(1).input_tokens(self.estimated_tokens.unwrap_or(0));
        match self.resource {
            Resource::Image => cost.with(Dimension::Images, 1),
            _ => cost,
        }
    }

    /// The band that its priority means.
    #[must_use]
    pub const fn band(&self) -> Band {
        match self.priority {
            1.. => Band::Interactive,
            0 => Band::Standard,
            ..0 => Band::Batch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_counts_as_one_and_a_stated_cost_stands_alone() {
        let image = Metadata::new("painter").resource(Resource::Image).estimated_tokens(7);
        assert_eq!(image.estimate().get(Dimension::Images), 1);
        assert_eq!(image.estimate().get(Dimension::TotalTokens), 7);
        let stated = Cost::requests(2).output_tokens(5);
        assert_eq!(image.cost(stated).estimate(), stated);
    }

    #[test]
    fn priorities_are_bands() {
        let bands = [-5, 0, 3].map(|priority| Metadata::new("m").priority(priority).band());
        assert_eq!(bands, [Band::Batch, Band::Standard, Band::Interactive]);
    }
}
