//! The clocks, each under the suite that every clock passes.

use std::sync::Arc;

use tidegate::{Clock, ManualClock, RealClock, conformance};

use crate::harness::ms;

#[test]
fn manual_time_keeps_the_contract() {
    let manual = ManualClock::new();
    conformance::clock(&manual.clone().into(), &|| manual.advance(ms(100)));
}

#[test]
fn real_time_keeps_the_contract() {
    conformance::clock(&RealClock.into(), &|| {});
}

/// A clock that meets each deadline a tenth of a second early.
#[derive(Debug)]
struct Hasty(ManualClock);

impl Clock for Hasty {
    fn now(&self) -> tidegate::Timestamp {
        self.0.now()
    }

    fn wall(&self) -> std::time::SystemTime {
        self.0.wall()
    }

    fn arm(
        &self,
        timer: tidegate::clock::TimerId,
        at: tidegate::Timestamp,
        due: std::sync::Weak<dyn tidegate::clock::Due>,
    ) {
        self.0.arm(timer, at.before(ms(5)), due);
    }

    fn disarm(&self, timer: tidegate::clock::TimerId) {
        self.0.disarm(timer);
    }
}

#[test]
#[should_panic(expected = "no deadline is met early")]
fn a_clock_that_is_early_does_not() {
    let manual = ManualClock::new();
    let hasty: Arc<dyn Clock> = Arc::new(Hasty(manual.clone()));
    conformance::clock(&hasty, &|| manual.advance(ms(100)));
}

#[cfg(feature = "tokio")]
mod on_tokio {
    use tidegate::clock::TokioClock;
    use tidegate::{Cost, Limiter, conformance};
    use tokio::runtime::{Builder, Handle};

    #[test]
    fn the_time_of_a_runtime_keeps_the_contract() {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let _inside = runtime.enter();
        conformance::clock(&TokioClock::new(runtime.handle()).into(), &|| {});
    }

    #[tokio::test(start_paused = true)]
    async fn paused_time_goes_from_grant_to_grant_and_orders_them() {
        let clock = TokioClock::new(&Handle::current());
        let limiter = Limiter::builder().requests_per_minute(1).clock(clock).build().unwrap();
        let (sender, mut order) = tokio::sync::mpsc::unbounded_channel();
        for number in 0..60_u64 {
            let (limiter, sender) = (limiter.clone(), sender.clone());
            tokio::spawn(async move {
                let permit = limiter.acquire(Cost::requests(1)).await.unwrap();
                permit.sent();
                sender.send((number, permit.waited())).unwrap();
            });
        }
        drop(sender);
        for number in 0..60 {
            let (granted, waited) = order.recv().await.unwrap();
            assert_eq!((granted, waited.as_secs()), (number, number * 60));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_nobody_uses_goes_away_with_its_task() {
        let metrics = Handle::current().metrics();
        let clock = TokioClock::new(&Handle::current());
        assert_eq!(metrics.num_alive_tasks(), 1);
        drop(clock);
        tokio::task::yield_now().await;
        assert_eq!(metrics.num_alive_tasks(), 0);
    }
}
