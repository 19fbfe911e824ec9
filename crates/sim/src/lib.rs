//! The emulated provider of Tidegate: what tests, benches, `tidegate mock` and `tidegate demo` run against.
//!
//! * [`Emulator`] is sans-IO and seeded: a request and an instant go in, a whole [`Reply`] comes out. The same seed
//!   and the same calls give the same bytes.
//! * [`EmulatorConfig`] says which [`Dialect`] it speaks, which [`Limits`] it enforces and how ([`Enforcement`]), and
//!   which faults it plays.
//! * [`serve()`] is the only part with sockets.
//! * [`Stats`] is what it counted, in process and at `/_mock/stats`.
//! * [`trial`] lives through a plan and a seed in virtual time, with faults and several instances; [`check`] says what
//!   must hold of it, one file a property.
//! * [`matrix`] measures the engine in every way of counting under endless load.
//! * [`Workload`] is a seeded stream of mixed calls.
//!
//! The enforcement models are written apart from the engine's buckets on purpose: they are the oracle that the
//! engine is measured against.

mod anthropic;
mod arrivals;
mod batches;
mod call;
pub mod check;
mod compress;
mod config;
pub mod contact;
mod content;
mod demand;
mod dialect;
mod discovery;
mod embeddings;
mod emulator;
mod enforcement;
mod faults;
mod foreign;
mod go_duration;
mod limits;
pub mod matrix;
mod meters;
mod mistral;
mod openai;
mod openrouter;
mod pending;
mod prose;
mod reply;
mod rng;
mod route;
mod serve;
mod shelf;
mod sse;
mod state;
mod stats;
pub mod trial;
mod voice;
mod wall;
mod workload;
pub mod world;

pub use arrivals::Arrival;
pub use config::{
    Compression, EmulatorConfig, Hints, KeyPolicy, Latency, LimitChange, Recording, RefusedCharge, Sharing,
    TokenCharge,
};
pub use dialect::Dialect;
pub use emulator::Emulator;
pub use enforcement::{Burst, Enforcement, EnforcementPlan, Grain};
pub use faults::{FaultKind, FaultPlan, Share};
pub use limits::Limits;
pub use reply::{Chunk, Fault, Reply};
pub use serve::serve;
pub use stats::{Charged, LimitUse, Stats};
pub use wall::WallTime;
pub use workload::{WorkItem, Workload};
