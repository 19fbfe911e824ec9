//! Overload: fewer calls are under way at a provider without capacity, their pace is left alone, and it passes.

use std::time::Duration;

use tidegate_core::{
    Class, Cost, Dimension, Engine, EngineConfig, Feedback, Limit, LimitStatus, Quota, Request,
    ReservationId, Timestamp,
};

use crate::harness::{Account, one};

/// An account whose declared limit nobody meets here.
fn account() -> Account {
    Account::with(vec![Limit::new(Dimension::Requests, Quota::per_second(1_000).burst(1_000))])
}

fn ask(account: &mut Account, calls: usize) -> Vec<ReservationId> {
    (0..calls).map(|_| account.ask(Request::new(one().input_tokens(100)).lane("m"))).collect()
}

fn end(account: &mut Account, id: ReservationId, class: Class) {
    account.observe(id, &Feedback::of(class));
    account.settle(id, one());
}

/// The limit on calls at once that was found.
fn found(account: &Account) -> Option<LimitStatus> {
    let limits = account.engine.snapshot(account.now).limits;
    limits.into_iter().find(|limit| limit.dimension == Dimension::Concurrency)
}

/// An account with `calls` under way, five of which are refused for want of capacity.
fn overloaded(calls: usize) -> (Account, Vec<ReservationId>) {
    let mut account = account();
    let mut ids = ask(&mut account, calls);
    account.run(Duration::from_millis(100));
    ids.drain(..5).for_each(|id| end(&mut account, id, Class::Overloaded));
    (account, ids)
}

#[test]
fn calls_at_once_are_cut_and_the_next_go_as_others_end() {
    let (mut account, mut under_way) = overloaded(20);
    let limit = found(&account).unwrap();
    assert_eq!((limit.scope.as_str(), limit.learned), ("m", true));
    assert!((12..=14).contains(&limit.limit), "{limit:?}");
    // The pauses of the first refusals are over.
    account.run(Duration::from_secs(2));
    let waiting = ask(&mut account, 30);
    let beside = account.ask(Request::new(one()).lane("other"));
    assert!(account.granted(beside).is_some(), "another model is another matter");
    let granted = |account: &Account| waiting.iter().filter(|id| account.granted(**id).is_some()).count();
    assert_eq!(granted(&account), 0, "15 are under way, and 13 may be");
    for _ in 0..10 {
        let first = under_way.remove(0);
        end(&mut account, first, Class::Ok);
    }
    account.run(Duration::from_millis(200));
    let limit = found(&account).unwrap();
    assert!(granted(&account) > 0);
    assert!(limit.used <= limit.limit && limit.limit >= 10, "{limit:?}");
}

#[test]
fn the_rate_is_left_alone() {
    let (mut account, under_way) = overloaded(20);
    for id in under_way {
        end(&mut account, id, Class::Ok);
    }
    account.run(Duration::from_secs(2));
    let (start, mut open, mut ended) = (account.now, Vec::new(), Vec::new());
    while account.now < start.after(Duration::from_secs(4)) {
        open.extend(ask(&mut account, 4));
        account.run(Duration::from_millis(10));
        let (granted, waiting): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|id| account.granted(*id).is_some());
        for id in granted {
            end(&mut account, id, Class::Ok);
            ended.push(account.now);
        }
        open = waiting;
    }
    let last = ended.iter().filter(|at| **at > start.after(Duration::from_secs(3))).count();
    assert!(last >= 395, "400 short calls a second need few places at once: {last}");
}

#[test]
fn it_grows_while_all_goes_well_and_is_off_when_nobody_needs_it() {
    let (mut account, under_way) = overloaded(20);
    for id in under_way {
        end(&mut account, id, Class::Ok);
    }
    account.run(Duration::from_secs(2));
    for _ in 0..100 {
        let ids = ask(&mut account, 40);
        account.run(Duration::from_millis(100));
        for id in ids {
            if account.granted(id).is_none() {
                account.run(Duration::from_millis(100));
            }
            end(&mut account, id, Class::Ok);
        }
    }
    assert!(found(&account).unwrap().limit > 20, "{:?}", found(&account));
    for _ in 0..70 {
        let ids = ask(&mut account, 1);
        account.run(Duration::from_secs(1));
        end(&mut account, ids[0], Class::Ok);
    }
    assert_eq!(found(&account), None);
}

#[test]
fn one_call_may_always_go_however_many_places_it_holds() {
    let (mut account, under_way) = overloaded(6);
    for id in under_way {
        end(&mut account, id, Class::Overloaded);
    }
    for _ in 0..30 {
        account.run(Duration::from_secs(20));
        let ids = ask(&mut account, 1);
        account.run(Duration::from_secs(20));
        assert!(account.granted(ids[0]).is_some(), "{:?}", found(&account));
        end(&mut account, ids[0], Class::Overloaded);
    }
    assert_eq!(found(&account).unwrap().limit, 1);
    account.run(Duration::from_secs(20));
    let wide = account.ask(Request::new(Cost::requests(3)).lane("m"));
    account.run(Duration::from_secs(20));
    assert!(account.granted(wide).is_some() && account.refused(wide).is_none());
}

#[test]
fn a_single_overload_limits_nothing() {
    let mut account = account();
    let ids = ask(&mut account, 10);
    end(&mut account, ids[0], Class::Overloaded);
    assert_eq!(found(&account), None);
    account.engine.first_byte(ids[1], account.now);
    assert_eq!(found(&account), None, "first bytes limit nobody where nothing was refused");
}

#[test]
fn late_first_bytes_take_places_away() {
    let (mut account, under_way) = overloaded(40);
    let before = found(&account).unwrap().limit;
    for id in &under_way[..10] {
        account.engine.first_byte(*id, account.now);
    }
    account.run(Duration::from_secs(30));
    for id in &under_way[10..] {
        account.engine.first_byte(*id, account.now);
    }
    let after = found(&account).unwrap().limit;
    assert!(after < before && after >= 18, "{before} then {after}");
}

#[test]
fn late_answers_in_one_piece_take_places_away_by_their_time_a_token() {
    let (mut account, under_way) = overloaded(40);
    let before = found(&account).unwrap().limit;
    account.run(Duration::from_secs(2));
    for id in &under_way[..10] {
        account.engine.in_one_piece(*id, 100, account.now, account.now);
    }
    account.run(Duration::from_secs(30));
    for id in &under_way[10..20] {
        account.engine.in_one_piece(*id, 2_000, account.now, account.now);
    }
    assert_eq!(found(&account).unwrap().limit, before, "twenty times as long, and so are they");
    for id in &under_way[20..] {
        account.engine.in_one_piece(*id, 100, account.now, account.now);
    }
    let after = found(&account).unwrap().limit;
    assert!(after < before && after >= 20, "{before} then {after}");
}

#[test]
fn a_later_engine_begins_with_the_limit_that_was_found() {
    let (account, _) = overloaded(20);
    let learned = account.engine.learned(account.now);
    let mut later = Engine::new(EngineConfig::default());
    later.restore(&learned, Timestamp::ZERO);
    let limits = later.snapshot(Timestamp::ZERO).limits;
    let found = limits.iter().find(|limit| limit.dimension == Dimension::Concurrency).unwrap();
    assert_eq!((found.limit, found.used), (learned.lanes[0].concurrency.unwrap().into(), 0));
    assert!(learned.limits.is_empty(), "it is none that the provider states");
}
