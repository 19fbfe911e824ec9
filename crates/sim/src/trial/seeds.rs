//! Many seeds of a plan, on as many threads as there are cores; the failing ones, each with the property that broke.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Plan, Record, live};
use crate::check::{CHECKERS, determinism};

/// How many failing seeds of one run are kept; beyond, they tell nothing new.
const FAILING_MAX: usize = 16;
/// Each so many seeds one is lived through twice, to see that both lives are the same.
const TWICE: u64 = 16;

/// A seed that broke a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The plan's name.
    pub plan: String,
    /// The seed.
    pub seed: u64,
    /// Which property.
    pub property: String,
    /// What was wrong.
    pub what: String,
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plan `{}`, seed {}: {}: {}", self.plan, self.seed, self.property, self.what)
    }
}

impl std::error::Error for Failing {}

/// What a run of many seeds came to.
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// Seeds lived through.
    pub seeds: u64,
    /// Calls simulated, second lives included.
    pub calls: u64,
    /// The failing seeds, by seed.
    pub failing: Vec<Failing>,
}

/// Lives through one seed and checks every property; gives the record.
///
/// # Errors
/// The first property that is broken.
pub fn test_seed(plan: &Plan, seed: u64, twice: bool) -> Result<Record, Failing> {
    let record = live(plan, seed);
    let failing = |property: &str, what: String| Failing {
        plan: plan.name.clone(),
        seed,
        property: property.to_owned(),
        what,
    };
    for (property, check) in CHECKERS {
        check(plan, &record).map_err(|what| failing(property, what))?;
    }
    if twice {
        determinism(plan, seed, &record).map_err(|what| failing("determinism", what))?;
    }
    Ok(record)
}

/// Lives through the seeds from `first` on, `count` of them.
#[must_use]
pub fn run_seeds(plan: &Plan, first: u64, count: u64) -> Tested {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (next, tested) = (AtomicU64::new(0), Mutex::new(Tested::default()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < count) {
                    let twice = seed % TWICE == 0;
                    let outcome = test_seed(plan, first + seed, twice);
                    let mut tested = tested.lock().unwrap_or_else(PoisonError::into_inner);
                    tested.seeds += 1;
                    match outcome {
                        Ok(record) => tested.calls += record.calls.len() as u64 * (1 + u64::from(twice)),
                        Err(failing) if tested.failing.len() < FAILING_MAX => tested.failing.push(failing),
                        Err(_) => {}
                    }
                }
            });
        }
    });
    let mut tested = tested.into_inner().unwrap_or_else(PoisonError::into_inner);
    tested.failing.sort_by_key(|failing| failing.seed);
    tested
}
