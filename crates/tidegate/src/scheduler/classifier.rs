//! The `Classifier` seam: what a caller's own request means for a scheduler.

mod by_length;

use super::Metadata;

pub use by_length::ByLength;

/// Says what a caller's own request `Q` means for a scheduler: its model, its cost, its priority.
///
/// # Contract
///
/// * The same request gives the same metadata: no clock, no random source, no state.
/// * It is quick, since it runs on the caller's way, and it does not panic, whatever a request holds.
/// * Names that it takes from a request (model, client, endpoint) are at most 256 bytes long: they are remembered.
///
/// Every closure from a request to [`Metadata`] is one; [`ByLength`] is another.
/// [`conformance::classifier`](crate::conformance::classifier) checks an implementation against this.
pub trait Classifier<Q: ?Sized> {
    /// What the request means.
    fn classify(&self, request: &Q) -> Metadata;
}

impl<Q: ?Sized, F: Fn(&Q) -> Metadata> Classifier<Q> for F {
    fn classify(&self, request: &Q) -> Metadata {
        self(request)
    }
}
