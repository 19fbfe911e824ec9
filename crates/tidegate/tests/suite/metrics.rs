//! Metrics: what is recorded equals what happened, and no label holds what callers invent without a bound.

use tidegate::{Band, Class, Cost, Feedback, Limiter, Request, Usage};

use crate::harness::{Asker, limiter, ms, one};
use crate::page::Page;

/// Runs `act` with a page of its own as the recorder of this thread.
fn recorded(act: impl FnOnce(&Page)) {
    let page = Page::default();
    metrics::with_local_recorder(&page, || act(&page));
}

fn request() -> Request {
    Request::new(Cost::requests(1).input_tokens(150)).lane("large").band(Band::Interactive)
}

#[test]
fn a_call_is_counted_by_how_it_ended_with_its_tokens_and_the_estimates_error() {
    recorded(|page| {
        let (limiter, clock) = limiter(|builder| builder.name("ours").metrics("some-provider"));
        let permit = limiter.try_acquire(request()).unwrap();
        permit.sent();
        permit.observe(&Feedback::of(Class::Ok));
        clock.advance(ms(2_000));
        permit.settle(Usage::new(100, 40));
        let refused = limiter.try_acquire(request()).unwrap();
        refused.observe(&Feedback::of(Class::Throttled));
        refused.settle_charged(one(), None);
        // A refusal that names no time pauses the model for half a second.
        clock.advance(ms(500));
        drop(limiter.try_acquire(request()).unwrap());
        let total = |outcome| {
            format!(
                "tidegate_requests_total{{provider=some-provider,model=large,band=interactive,outcome={outcome}}}"
            )
        };
        for outcome in ["ok", "throttled", "abandoned"] {
            assert_eq!(page.sum(&total(outcome)), 1.0, "{outcome}");
        }
        let pair = "provider=some-provider,model=large";
        let responses = |class| format!("tidegate_upstream_responses_total{{{pair},class={class}}}");
        assert_eq!((page.sum(&responses("ok")), page.sum(&responses("throttled"))), (1.0, 1.0));
        let tokens = |direction| format!("tidegate_tokens_total{{{pair},direction={direction}}}");
        assert_eq!((page.sum(&tokens("input")), page.sum(&tokens("output"))), (100.0, 40.0));
        assert_eq!(page.last("tidegate_estimate_error_ratio{model=large}"), Some(1.5));
        assert_eq!(page.last("tidegate_output_estimate_error_ratio{model=large}"), None);
        assert_eq!(page.sum(&format!("tidegate_upstream_seconds{{{pair}}}")), 2.0);
        assert_eq!(page.last("tidegate_reservations_active{account=ours}"), Some(0.0));
    });
}

#[test]
fn gauges_follow_the_queue_and_the_limits() {
    recorded(|page| {
        let (limiter, clock) =
            limiter(|builder| builder.name("ours").metrics("some-provider").requests_per_second(2).burst(2));
        let depth = "tidegate_queue_depth{account=ours,band=standard}";
        let held: Vec<_> = (0..2).map(|_| limiter.try_acquire(one()).unwrap()).collect();
        let mut waiting = Asker::queued(&limiter);
        let leaving = Asker::queued(&limiter);
        limiter.record_levels();
        assert_eq!(page.last(depth), Some(2.0));
        assert_eq!(page.last("tidegate_reservations_active{account=ours}"), Some(2.0));
        let labels = "account=ours,scope=account,dimension=requests";
        assert_eq!(page.last(&format!("tidegate_limit_value{{{labels}}}")), Some(2.0));
        assert_eq!(page.last(&format!("tidegate_limit_used_ratio{{{labels}}}")), Some(1.0));
        drop(leaving);
        clock.advance(ms(500));
        assert_eq!(page.last(depth), Some(0.0));
        let wait = "tidegate_queue_wait_seconds{band=standard}";
        assert_eq!(page.sum(wait), 0.5);
        waiting.granted().sent();
        drop(held);
    });
}

#[test]
fn models_that_callers_invent_share_one_label_after_a_while() {
    recorded(|page| {
        let limiter = Limiter::builder().metrics("some-provider").build().unwrap();
        for number in 0..1_000 {
            drop(limiter.try_acquire(Request::new(one()).lane(format!("invented-{number}"))).unwrap());
        }
        let series = page.names().iter().filter(|name| name.contains("requests_total")).count();
        assert_eq!(series, 257);
    });
}

#[test]
fn a_limiter_that_does_not_ask_for_metrics_records_nothing() {
    recorded(|page| {
        let limiter = Limiter::builder().build().unwrap();
        drop(limiter.try_acquire(one()).unwrap());
        limiter.record_levels();
        assert_eq!(page.names(), Vec::<String>::new());
    });
}
