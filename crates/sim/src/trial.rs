//! `trial`: one plan and one seed, lived through in virtual time, and checked.
//!
//! A trial is the engine with everything around it made up: a workload, a network, a provider that counts in its own
//! way, faults, and, where several instances share a budget, a store that can be slow, lose and repeat messages, and
//! be gone. It is lean on purpose (no bodies, no headers), so that thousands of seeds fit into minutes; the `world` module is the
//! one with real bytes. The same plan and seed give the same [`Record`], and [`crate::check`] says what must hold of it.

mod book;
mod call;
mod link;
mod node;
mod plan;
mod provider;
mod record;
mod regression;
mod run;
mod seeds;

pub use plan::{Faults, Plan, PlanError, ProviderPlan, Rule, Span, StorePlan, Workload as PlannedWorkload};
pub use record::{CallRecord, Fate, NodeRecord, Record, Spend};
pub use regression::Regression;
pub use seeds::{Failing, Tested, run_seeds, test_seed};

/// Lives through one seed of a plan.
#[must_use]
pub fn live(plan: &Plan, seed: u64) -> Record {
    run::Trial::new(plan, seed).live()
}
