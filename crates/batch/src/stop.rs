//! `Stop`: how a run is told from outside to end before its last row.

use tokio::sync::watch;

/// Ends a run early. Clones speak to the same run.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<Urgency>);

/// How soon a run is to end. A later, more urgent word replaces an earlier one, never the other way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It is not to end early.
    #[default]
    None,
    /// Send no more, let what is under way finish.
    Gently,
    /// Give up at once what is under way.
    Now,
}

impl Stop {
    /// A stop that nobody has asked for yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(Urgency::None))
    }

    /// Send no more rows; those under way finish.
    pub fn gently(&self) {
        self.raise(Urgency::Gently);
    }

    /// Give up what is under way; it counts as not finished.
    pub fn now(&self) {
        self.raise(Urgency::Now);
    }

    /// What has been asked for so far.
    #[must_use]
    pub fn urgency(&self) -> Urgency {
        *self.0.borrow()
    }

    /// Waits until more than `known` has been asked for.
    pub(crate) async fn beyond(&self, known: Urgency) -> Urgency {
        let mut receiver = self.0.subscribe();
        match receiver.wait_for(|urgency| *urgency > known).await {
            Ok(urgency) => *urgency,
            // Not reachable while `self` holds a sender; waiting for ever is what "nobody asks" means.
            Err(_) => std::future::pending().await,
        }
    }

    fn raise(&self, to: Urgency) {
        self.0.send_if_modified(|urgency| {
            let more = to > *urgency;
            if more {
                *urgency = to;
            }
            more
        });
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgency_only_rises() {
        let stop = Stop::new();
        stop.now();
        stop.gently();
        assert_eq!(stop.urgency(), Urgency::Now);
    }
}
