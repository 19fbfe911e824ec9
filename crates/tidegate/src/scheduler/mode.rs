//! `Mode`: how a scheduler divides its calls over queues.

/// How a scheduler divides its calls over queues.
///
/// Every mode paces under the declared limits, retries, falls back and keeps circuits; there is no second queue in
/// any of them. What differs is which calls share a lane or an engine, and whether limits are learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Direct execution: one lane for all calls, declared limits only. For few calls and known limits.
    Basic,
    /// A lane for each of the provider's buckets; limits are discovered from the provider and from its answers. The
    /// default.
    #[default]
    Intelligent,
    /// As [`Mode::Intelligent`], with an engine for each client: own limits, own queue, own circuits. For many
    /// clients that each bring their own budget, and that must not feel one another.
    Account,
}
