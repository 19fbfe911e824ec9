//! How compatible hosts count: what is known of one stands in its table; of any other everything is inferred.

use tidegate_core::{Charging, Dimension, Limit, Observation};

use crate::hosts::Host;
use crate::limits::DAY;

/// Adds what is known of how a host charges, when its days begin and how finely it judges to what a header or an error
/// stated.
pub(crate) fn hint(mut observation: Observation, host: &Host) -> Observation {
    observation.charging = charging(observation.dimension, host);
    if observation.window == Some(DAY) {
        observation.zone = host.time_zone;
    }
    if observation.dimension == Dimension::Requests {
        observation.grain = host.request_grain;
    }
    observation
}

/// A request counts when it arrives, at every host that was recorded; of tokens each host's table tells.
pub(crate) fn charging(dimension: Dimension, host: &Host) -> Charging {
    match dimension {
        Dimension::Requests => Charging::Admission,
        dimension => (host.charging)(dimension),
    }
}

/// The limits that a host's documentation states.
pub(crate) fn known_limits(host: &Host) -> Vec<Limit> {
    (host.known_limits)()
}
