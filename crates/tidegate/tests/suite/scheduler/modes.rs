//! What the modes share and what they keep apart.

use tidegate::scheduler::{ByLength, Classifier, Metadata, Mode, Resource};
use tidegate::{Limiter, ManualClock};

use super::{in_flight, millis, ok, scheduler, submit_all};

fn to(model: &str) -> Metadata {
    Metadata::new(model)
}

#[test]
fn basic_paces_all_calls_under_the_declared_limits_alone() {
    let clock = ManualClock::new();
    let limits = Limiter::builder().requests_per_second(2).burst(1).clock(clock.clone());
    let (scheduler, _) = scheduler(Mode::Basic, |builder| builder.limits(limits));
    let calls = ["large", "small", "unheard-of"].map(|model| (to(model), ok())).to_vec();
    assert_eq!(millis(&submit_all(scheduler, &clock, calls)), [0, 500, 1_000]);
    assert_eq!(in_flight(scheduler), 0);
}

#[test]
fn intelligent_discovers_limits_and_keeps_buckets_apart() {
    let (scheduler, clock) = scheduler(Mode::Intelligent, |builder| builder);
    let calls = ["large-1", "large-2", "small"].map(|model| (to(model), ok())).to_vec();
    let outcomes = submit_all(scheduler, &clock, calls);
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()), "{outcomes:?}");
    let [first, second, third] = millis(&outcomes)[..] else { panic!("three calls") };
    assert_eq!((first, third), (0, 0), "another bucket does not wait");
    assert_eq!(second, 1_000, "large models share one bucket of one a second");
}

#[test]
fn a_model_without_a_bucket_is_refused_by_name() {
    let (scheduler, clock) = scheduler(Mode::Intelligent, |builder| builder);
    let outcomes = submit_all(scheduler, &clock, vec![(to("unheard-of"), ok())]);
    let error = outcomes[0].1.as_ref().unwrap_err().not_made().unwrap();
    assert!(error.is_unknown_bucket() && error.to_string().contains("unheard-of"), "{error}");
}

#[test]
fn accounts_do_not_feel_one_another() {
    let (scheduler, clock) = scheduler(Mode::Account, |builder| builder.max_queue(2));
    let crowd = (0..4).map(|_| (to("large").client_id("crowd"), ok()));
    let calls = crowd.chain([(to("large").client_id("quiet"), ok())]).collect();
    let outcomes = submit_all(scheduler, &clock, calls);
    assert_eq!(millis(&outcomes)[4], 0, "the crowd's queue is not the quiet one's");
    let overflow = outcomes[3].1.as_ref().unwrap_err().not_made().unwrap();
    assert!(overflow.is_queue_overflow(), "{overflow}");
    let names: Vec<_> = scheduler.accounts().into_iter().map(|(client, _)| client).collect();
    assert_eq!(names, ["", "crowd", "quiet"]);
}

#[test]
fn an_account_with_a_wrong_key_stops_itself_alone() {
    let (scheduler, clock) = scheduler(Mode::Account, |builder| builder);
    let wrong = || (to("small").client_id("wrong"), vec![Ok((401, 0))]);
    assert!(submit_all(scheduler, &clock, vec![wrong()])[0].1.is_err());
    let outcomes = submit_all(scheduler, &clock, vec![wrong(), (to("small").client_id("right"), ok())]);
    let error = outcomes[0].1.as_ref().unwrap_err().not_made().unwrap();
    assert!(error.is_circuit_open() && error.retry_after().is_some(), "{error}");
    assert!(outcomes[1].1.is_ok());
}

#[test]
fn accounts_are_bounded_and_idle_ones_make_room() {
    let (scheduler, clock) = scheduler(Mode::Account, |builder| builder.max_accounts(3));
    for client in 0..10 {
        let call = to("small").client_id(format!("client-{client}"));
        assert!(submit_all(scheduler, &clock, vec![(call, ok())])[0].1.is_ok());
    }
    assert_eq!(scheduler.accounts().len(), 3);
}

#[test]
fn no_more_calls_than_allowed_are_under_way_and_priority_goes_first() {
    let (scheduler, clock) = scheduler(Mode::Basic, |builder| builder.max_concurrent(1));
    let limits = scheduler.accounts()[0].1.clone();
    let held = limits.try_acquire(tidegate::Cost::requests(1)).unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut crew = crate::harness::Crew::new(&clock);
    for priority in [-1, 0, 1] {
        let sender = sender.clone();
        crew.spawn(async move {
            let call = to("small").priority(priority);
            let make = |_| {
                sender.send(priority).unwrap();
                async { Ok((200, 1)) }
            };
            assert!(scheduler.submit(call, make).await.is_ok());
        });
    }
    crew.spawn(async move { drop(held) });
    crew.run();
    drop(sender);
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [1, 0, -1]);
}

#[test]
fn a_classifier_says_what_a_request_means() {
    let (scheduler, clock) = scheduler(Mode::Basic, |builder| builder);
    let by_length = ByLength::new(Metadata::new("small").resource(Resource::Text), 5);
    assert_eq!(by_length.classify("12345678").estimated_tokens, Some(7));
    let mut crew = crate::harness::Crew::new(&clock);
    crew.spawn(async move {
        let make = |attempt: super::Attempt| async move {
            assert_eq!(attempt.model, "small");
            Ok((200, 7))
        };
        assert!(scheduler.submit_classified(&by_length, "a prompt", make).await.is_ok());
    });
    crew.run();
}

#[test]
fn a_full_queue_gives_up_its_oldest_call_where_that_is_wanted() {
    let (scheduler, clock) =
        scheduler(Mode::Intelligent, |builder| builder.max_queue(2).overflow(tidegate::Overflow::DropOldest));
    let outcomes = submit_all(scheduler, &clock, (0..4).map(|_| (to("large"), ok())).collect());
    let ends: Vec<_> = outcomes.iter().map(|(_, outcome)| outcome.is_ok()).collect();
    assert_eq!(ends, [true, false, true, true]);
    assert!(outcomes[1].1.as_ref().unwrap_err().not_made().unwrap().is_queue_overflow());
}

#[test]
fn clients_of_one_account_take_turns_by_their_weight() {
    let clock = ManualClock::new();
    let limits = Limiter::builder().weight("heavy", tidegate::Weight::new(3)).requests_per_second(1).burst(1);
    let (scheduler, _) = scheduler(Mode::Basic, |builder| builder.limits(limits.clock(clock.clone())));
    let call = |client: &str| (to("small").client_id(client), ok());
    let calls = (0..8).map(|_| call("light")).chain((0..8).map(|_| call("heavy"))).collect();
    let outcomes = submit_all(scheduler, &clock, calls);
    let mut ends: Vec<_> = outcomes.iter().enumerate().map(|(place, (at, _))| (*at, place >= 8)).collect();
    ends.sort_unstable();
    let heavy_of_the_first_eight = ends.iter().skip(1).take(8).filter(|(_, heavy)| *heavy).count();
    assert_eq!(heavy_of_the_first_eight, 6, "three in four");
}
