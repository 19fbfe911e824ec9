//! `Request`: what a call asks of the engine.

use alloc::string::String;

use crate::{Cost, LaneId, Price, Timestamp};

/// Priority class of a call: an earlier band goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// A person waits for the answer.
    Interactive,
    /// The default.
    #[default]
    Standard,
    /// Bulk work that fills what is left.
    Batch,
}

impl Band {
    /// How many bands there are.
    pub const COUNT: usize = 3;

    /// Every band, the most urgent first.
    pub const ALL: [Self; Self::COUNT] = [Self::Interactive, Self::Standard, Self::Batch];

    /// The name that headers, metrics and messages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Standard => "standard",
            Self::Batch => "batch",
        }
    }

    /// The band of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }
}

/// A call's original place in the order of its account. A retry brings it back, and so keeps its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub(crate) u64);

/// How the output part of an estimate is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The cost states the output tokens; take them as they are.
    #[default]
    Stated,
    /// The engine estimates the output from what this lane's calls produced before, up to `max` (a caller's
    /// `max_tokens`) where one is set.
    Expected {
        /// The most that the answer can have.
        max: Option<u64>,
    },
}

/// The text in a call's input. The engine learns how many tokens a lane's texts have, and puts that in the place of
/// the guess. Whatever else the input has (images, tools, a history that lies elsewhere) is no part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its length, in bytes.
    pub bytes: u64,
    /// How many of the cost's input tokens are the guess for it.
    pub guess: u64,
}

/// What a call asks of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The estimated cost.
    pub cost: Cost,
    /// The text that its input tokens are guessed from. By default none: the input stands as it is stated.
    pub text: Text,
    /// How to read the output part of the cost.
    pub output: Output,
    /// What its model costs, where that is known: then its tokens are a cost in money as well, in the place of what
    /// `cost` says of that.
    pub price: Option<Price>,
    /// The lane: calls that share all their limits, in practice a model. Empty is a lane like any other.
    pub lane: String,
    /// The endpoint, for declared limits that name one. Learned limits do not tell endpoints apart.
    pub endpoint: String,
    /// The lane's handle, where it was resolved beforehand with [`Engine::lane`](crate::Engine::lane); it saves the
    /// search by name. `lane` and `endpoint` must be those that it was resolved with.
    pub resolved: Option<LaneId>,
    /// Who asks: tenants of one band take turns by weight. Empty is a tenant like any other.
    pub tenant: String,
    /// The priority class.
    pub band: Band,
    /// The latest instant at which a grant is still of use; `None` waits as long as it takes.
    pub deadline: Option<Timestamp>,
    /// The place that a retried call had; `None` joins at the end of its flow.
    pub place: Option<Place>,
}

impl Request {
    /// A request of the standard band on the unnamed lane, without a deadline.
    #[must_use]
    pub const fn new(cost: Cost) -> Self {
        Self {
            cost,
            text: Text { bytes: 0, guess: 0 },
            output: Output::Stated,
            price: None,
            lane: String::new(),
            endpoint: String::new(),
            resolved: None,
            tenant: String::new(),
            band: Band::Standard,
            deadline: None,
            place: None,
        }
    }

    /// The same request on another lane.
    #[must_use]
    pub fn lane(mut self, lane: impl Into<String>) -> Self {
        self.lane = lane.into();
        self
    }

    /// The same request to another endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// The same request on a lane that was resolved beforehand, instead of by its name.
    #[must_use]
    pub const fn resolved(mut self, lane: LaneId) -> Self {
        self.resolved = Some(lane);
        self
    }

    /// The same request of another tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// The same request in another band.
    #[must_use]
    pub const fn band(mut self, band: Band) -> Self {
        self.band = band;
        self
    }

    /// The same request with its output estimated from experience, up to `max`.
    #[must_use]
    pub const fn expect_output(mut self, max: Option<u64>) -> Self {
        self.output = Output::Expected { max };
        self
    }

    /// The same request whose input is, in part, the guess for a text.
    #[must_use]
    pub const fn text(mut self, text: Text) -> Self {
        self.text = text;
        self
    }

    /// The same request with a deadline.
    #[must_use]
    pub const fn deadline(mut self, deadline: Timestamp) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The same request at the place that it had before.
    #[must_use]
    pub const fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same at a model's price.
    #[must_use]
    pub const fn price(mut self, price: Option<Price>) -> Self {
        self.price = price;
        self
    }
}

impl From<Cost> for Request {
    fn from(cost: Cost) -> Self {
        Self::new(cost)
    }
}
