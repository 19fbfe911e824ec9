//! `Blueprint`: what an account is made of: its engine's configuration and its declared limits. Accounts alike share one.

use alloc::vec::Vec;

use crate::{EngineConfig, Limit};

/// What an account is made of. It never changes: other limits are another blueprint.
///
/// Many accounts of one kind, as those of the customers of a service, share one (see
/// [`Engine::of`](crate::Engine::of)); each adds only its own levels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blueprint {
    /// What the engine is built with.
    pub config: EngineConfig,
    /// The declared limits.
    pub limits: Vec<Limit>,
}
