//! The suite of the `Classifier` seam.

use crate::scheduler::Classifier;

/// The longest name in bytes that is taken from a request.
const NAME_BYTES_MAX: usize = 256;

/// Checks a classifier against the contract of [`Classifier`], with requests of all the kinds that occur; give an
/// empty and a very long one too.
///
/// # Panics
///
/// When a rule of the contract is broken, with the rule.
pub fn classifier<Q: ?Sized>(classifier: &dyn Classifier<Q>, requests: &[&Q]) {
    for (number, request) in requests.iter().enumerate() {
        let metadata = classifier.classify(request);
        assert_eq!(metadata, classifier.classify(request), "request {number} means the same each time");
        let names = [
            ("model", metadata.model.as_str()),
            ("endpoint", metadata.endpoint.as_str()),
            ("client_id", metadata.client_id.as_deref().unwrap_or("")),
        ];
        for (field, name) in names {
            assert!(name.len() <= NAME_BYTES_MAX, "request {number}: {field} has at most 256 bytes");
        }
    }
}
