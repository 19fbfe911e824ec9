//! Behaviour of the engine in virtual time, through one harness.

#[path = "engine/backfill.rs"]
mod backfill;
#[path = "engine/bands.rs"]
mod bands;
#[path = "engine/credit.rs"]
mod credit;
#[path = "engine/estimating.rs"]
mod estimating;
#[path = "engine/flows.rs"]
mod flows;
#[path = "engine/grains.rs"]
mod grains;
#[path = "engine/harness.rs"]
mod harness;
#[path = "engine/invariants.rs"]
mod invariants;
#[path = "engine/learning.rs"]
mod learning;
#[path = "engine/looking.rs"]
mod looking;
#[path = "engine/model.rs"]
mod model;
#[path = "engine/oracle.rs"]
mod oracle;
#[path = "engine/order.rs"]
mod order;
#[path = "engine/overload.rs"]
mod overload;
#[path = "engine/pacing.rs"]
mod pacing;
#[path = "engine/proofs.rs"]
mod proofs;
#[path = "engine/rest.rs"]
mod rest;
#[path = "engine/resuming.rs"]
mod resuming;
#[path = "engine/settling.rs"]
mod settling;
#[path = "engine/tenants.rs"]
mod tenants;
