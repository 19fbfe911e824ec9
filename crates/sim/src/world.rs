//! `World`: the engine, an adapter and the emulated provider together in virtual time.
//!
//! Everything is real but the clock and the wire: bodies are estimated by the provider's adapter, paced by the
//! engine, answered by the emulator, and the answer's headers and usage go back the way that they do behind the
//! gateway. The same seed gives the same world, call for call.

pub(crate) mod agenda;
mod ideal;
mod run;

use std::time::Duration;

use tidegate_core::{Charging, Learned, Limit, Timestamp};

use crate::{EmulatorConfig, Stats};

pub use ideal::{ideal, ideal_of_work};

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// The provider.
    pub emulator: EmulatorConfig,
    /// The adapter that the client takes the provider for; by default the one of the emulated dialect.
    pub adapter: Option<tidegate_provider::Dialect>,
    /// The limits that the client is told; what is not told is learned.
    pub declared: Vec<Limit>,
    /// What an earlier engine learned of the provider.
    pub learned: Option<Learned>,
    /// The calls: path and body, all asked for at the beginning.
    pub calls: Vec<(String, Vec<u8>)>,
    /// How long a request and an answer are on their way, each: evenly spread from the first to the second.
    pub network: (Duration, Duration),
    /// How long the client's machine is busy with making a connection. A call that finds none idle makes one; until
    /// then neither it nor a later one leaves.
    pub connecting: Duration,
    /// How many calls may be with the engine or the provider at once.
    pub concurrency: usize,
    /// How often one call may be tried.
    pub attempts_max: u32,
}

impl WorldConfig {
    /// A world without declared limits on a network of 1 to 5 ms, with 512 calls at once and ten attempts each.
    #[must_use]
    pub fn new(emulator: EmulatorConfig, calls: Vec<(String, Vec<u8>)>) -> Self {
        let network = (Duration::from_millis(1), Duration::from_millis(5));
        Self {
            emulator,
            adapter: None,
            declared: Vec::new(),
            learned: None,
            calls,
            network,
            connecting: Duration::ZERO,
            concurrency: 512,
            attempts_max: 10,
        }
    }
}

/// What became of a world's calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Calls answered with a 2xx.
    pub answered: usize,
    /// Calls given up.
    pub lost: usize,
    /// When each call was admitted by the provider, in order of admission.
    pub admissions: Vec<Timestamp>,
    /// When each call that the provider refused for a limit reached it.
    pub refusals: Vec<Timestamp>,
    /// When the last answer was complete.
    pub ended: Timestamp,
    /// What the provider counted.
    pub stats: Stats,
    /// The shortest time in which the provider could have admitted this work.
    pub ideal: Duration,
    /// What the engine has learned.
    pub learned: Learned,
    /// How many calls had been admitted when the engine learned how a limit is charged, and how it is.
    pub charging: Vec<(usize, Charging)>,
}

impl Outcome {
    /// The ideal time over the real one, from the first arrival to the last admission.
    #[must_use]
    pub fn efficiency(&self) -> f64 {
        let (Some(first), Some(last)) = (self.admissions.first(), self.admissions.last()) else {
            return 0.0;
        };
        let took = last.since(*first).as_secs_f64();
        if took == 0.0 { 1.0 } else { (self.ideal.as_secs_f64() / took).min(1.02) }
    }
}

/// Lets a world live until every call has ended.
#[must_use]
pub fn live(config: WorldConfig) -> Outcome {
    run::World::new(config).live()
}
