//! How compatible hosts count: what is known of one stands in its table; of any other everything is inferred.

use tidegate_core::Limit;

use crate::hosts::Host;

/// The limits that a host's documentation states.
pub(crate) fn known_limits(host: &Host) -> Vec<Limit> {
    (host.known_limits)()
}
