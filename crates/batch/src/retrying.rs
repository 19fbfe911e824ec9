//! `Retrying`: attempts for a processor that makes only one, by the facade's call machine.

use std::sync::{Arc, Mutex, PoisonError};

use tidegate::call::{Call, CallPolicy, Jitter, Next, Outcome};
use tidegate::clock::Sleep;
use tidegate::{Clock, RealClock};
use tidegate_core::Class;

use crate::processor::{Done, Failed, Failure};
use crate::{Group, Processor};

/// Gives each item further attempts after failures that another attempt may mend.
///
/// What follows a failure is the call machine's to say, from the failure's class: how many attempts there are, how
/// long the pause before each is ([`CallPolicy`]). A class that says that no attempt can succeed ends the item at
/// once. [`PacedRows`](crate::PacedRows) needs none of this: its calls drive that machine already.
#[derive(Debug)]
pub struct Retrying<P> {
    processor: P,
    policy: CallPolicy,
    clock: Arc<dyn Clock>,
    jitter: Mutex<Jitter>,
}

impl<P> Retrying<P> {
    /// Retries of `processor` under `policy`.
    #[must_use]
    pub fn new(processor: P, policy: CallPolicy) -> Self {
        Self { processor, policy, clock: RealClock.into(), jitter: Mutex::new(Jitter::seeded(0)) }
    }

    /// The same with another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The processor within.
    pub const fn processor(&self) -> &P {
        &self.processor
    }

    fn entropy(&self) -> u64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }
}

impl<P> Processor for Retrying<P>
where
    P: Processor,
    P::Item: Clone + Sync,
{
    type Item = P::Item;
    type Output = P::Output;

    async fn process(&self, item: P::Item) -> Result<Done<P::Output>, Failure<P::Output>> {
        let mut call = Call::new(self.policy.clone(), self.clock.now());
        let (mut attempts, mut refusals) = (0_u32, 0_u32);
        loop {
            let failed = match self.processor.process(item.clone()).await {
                Ok(mut done) => {
                    done.effort.attempts = done.effort.attempts.saturating_add(attempts);
                    done.effort.refusals = done.effort.refusals.saturating_add(refusals);
                    return Ok(done);
                }
                Err(Failure::Failed(failed)) => failed,
                Err(for_all) => return Err(for_all),
            };
            attempts = attempts.saturating_add(failed.effort.attempts);
            refusals = refusals.saturating_add(refused(&failed));
            match call.outcome(&Outcome::of(failed.class), self.entropy(), self.clock.now()) {
                Next::Retry { until, .. } => Sleep::until(Arc::clone(&self.clock), until).await,
                _ => return Err(ended(failed, attempts, refusals)),
            }
        }
    }

    fn stop(&self) {
        self.processor.stop();
    }

    fn group(&self, item: &P::Item) -> Group {
        self.processor.group(item)
    }

    fn waiting(&self, group: Group) -> Option<usize> {
        self.processor.waiting(group)
    }

    fn at_once(&self, group: Group) -> Option<usize> {
        self.processor.at_once(group)
    }
}

/// Attempts of a failure that the other side refused.
fn refused<O>(failed: &Failed<O>) -> u32 {
    match failed.class {
        Class::Throttled | Class::Overloaded => failed.effort.refusals.max(1),
        _ => failed.effort.refusals,
    }
}

fn ended<O>(mut failed: Box<Failed<O>>, attempts: u32, refusals: u32) -> Failure<O> {
    failed.effort.attempts = attempts;
    failed.effort.refusals = refusals;
    Failure::Failed(failed)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use tidegate::ManualClock;
    use tidegate::call::RetryBudget;

    use super::*;

    /// Fails so many times with a class, then answers.
    struct Flaky(Class, AtomicU32);

    impl Processor for Flaky {
        type Item = ();
        type Output = u32;

        async fn process(&self, _item: ()) -> Result<Done<u32>, Failure<u32>> {
            if self.1.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                return Err(Failure::new(self.0, "not now"));
            }
            Ok(7.into())
        }
    }

    fn process(class: Class, failures: u32) -> Result<Done<u32>, Failure<u32>> {
        let policy = CallPolicy::default().max_attempts(3).base_delay(Duration::ZERO);
        let policy = policy.retry_budget(RetryBudget::unlimited());
        let retrying = Retrying::new(Flaky(class, failures.into()), policy).clock(ManualClock::new().into());
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(retrying.process(()))
    }

    #[test]
    fn what_may_pass_is_tried_again_and_all_attempts_are_counted() {
        let done = process(Class::ServerError, 2).unwrap();
        assert_eq!((done.output, done.effort.attempts), (7, 3));
        assert_eq!(process(Class::Throttled, 1).unwrap().effort.refusals, 1);
    }

    #[test]
    fn attempts_are_bounded_and_hopeless_failures_have_one() {
        let attempts = |class, failures| match process(class, failures) {
            Err(Failure::Failed(failed)) => failed.effort.attempts,
            other => panic!("{other:?}"),
        };
        assert_eq!(attempts(Class::Timeout, 9), 3);
        assert_eq!(attempts(Class::Invalid, 9), 1);
    }
}
