//! Estimates: what a lane's texts and answers were puts itself in the place of guesses, and how far off it was is told.

use std::time::Duration;

use tidegate_core::{
    Compared, Comparison, Cost, Dimension, Engine, EngineConfig, LaneStatus, Limit, Quota, Request, Text,
    Timestamp, Usage,
};

use crate::harness::{Account, one};

/// A call of this model with a text of 2 000 bytes, taken for 500 tokens, and 100 tokens of something else.
fn call(model: &str) -> Request {
    Request::new(one().input_tokens(600)).text(Text { bytes: 2_000, guess: 500 }).lane(model)
}

fn account() -> Account {
    Account::with(vec![Limit::new(Dimension::InputTokens, Quota::per_minute(1_000_000).burst(1_000_000))])
}

/// Makes calls of a model whose texts have so many tokens.
fn make(account: &mut Account, model: &str, calls: u32, text_tokens: u64) -> Option<Comparison> {
    let mut last = None;
    for _ in 0..calls {
        let id = account.ask(call(model));
        let usage = Usage::new(100 + text_tokens, 0);
        last = account.engine.settle(id, &Cost::from(usage), Some(&usage), account.now);
    }
    last
}

fn reserved(account: &mut Account, request: Request) -> u64 {
    let id = account.ask(request);
    let input = account.engine.reserved(id).map(|cost| cost.get(Dimension::InputTokens));
    account.cancel(id);
    input.expect("the call is granted")
}

fn status(account: &Account, model: &str) -> Option<LaneStatus> {
    account.engine.snapshot(account.now).lanes.into_iter().find(|lane| lane.lane == model)
}

#[test]
fn what_a_models_texts_have_is_learned_and_the_rest_stays_as_stated() {
    let mut account = account();
    assert_eq!(reserved(&mut account, call("dense")), 600);
    make(&mut account, "dense", 60, 1_000);
    let learned = reserved(&mut account, call("dense"));
    assert!((1_090..=1_110).contains(&learned), "{learned}");
    assert_eq!(reserved(&mut account, call("other")), 600, "each model has its own");
    let stated = Request::new(one().input_tokens(600)).lane("dense");
    assert_eq!(reserved(&mut account, stated), 600, "what is no guess stands");
    let quoted = account.engine.quote(&call("dense"), account.now);
    assert_eq!(quoted, tidegate_core::Decision::Grant);
}

#[test]
fn an_estimate_is_compared_with_what_was_used() {
    let mut account = account();
    let compared = make(&mut account, "m", 1, 700).unwrap();
    assert_eq!(compared.input, Some(Compared { estimated: 600, used: 800 }));
    assert_eq!(compared.output, None, "no output was estimated");
    let seen = status(&account, "m").unwrap();
    assert_eq!((seen.input_error_permille, seen.output_error_permille), (Some(250), None));
    let id = account.ask(call("m").expect_output(Some(100)));
    let usage = Usage::new(800, 40);
    let compared = account.engine.settle(id, &Cost::from(usage), Some(&usage), account.now).unwrap();
    assert_eq!(compared.output.map(|output| output.used), Some(40));
    assert!(status(&account, "m").unwrap().output_error_permille.is_some());
    assert_eq!(status(&account, "unknown"), None);
}

#[test]
fn the_error_shrinks_as_calls_are_seen() {
    let mut account = account();
    make(&mut account, "m", 4, 1_000);
    let early = status(&account, "m").unwrap().input_error_permille.unwrap();
    make(&mut account, "m", 400, 1_000);
    let late = status(&account, "m").unwrap().input_error_permille.unwrap();
    assert!(early >= 100 && late <= 10, "{early} then {late} thousandths");
}

#[test]
fn an_answer_that_states_no_usage_teaches_its_output_and_no_input() {
    let mut account = account();
    make(&mut account, "m", 60, 1_000);
    let before = reserved(&mut account, call("m"));
    for _ in 0..100 {
        let id = account.ask(call("m").expect_output(None));
        let usage = Usage::new(600, 30);
        let compared = account.engine.settle_reckoned(id, &Cost::from(usage), &usage, account.now).unwrap();
        assert_eq!(compared.input, None);
    }
    assert_eq!(reserved(&mut account, call("m")), before);
    let id = account.ask(call("m").expect_output(None));
    assert_eq!(account.engine.reserved(id).unwrap().get(Dimension::OutputTokens), 30);
}

#[test]
fn calls_that_are_mostly_something_else_tell_nothing_of_texts() {
    let mut account = account();
    for _ in 0..50 {
        let pictures = Request::new(one().input_tokens(2_000)).text(Text { bytes: 2_000, guess: 500 });
        let id = account.ask(pictures.lane("m"));
        account.settle_used(id, Usage::new(9_000, 0));
    }
    assert_eq!(reserved(&mut account, call("m")), 600);
    assert_eq!(status(&account, "m").unwrap().tokens_per_kilobyte, None);
}

#[test]
fn a_later_engine_starts_from_what_was_learned_of_texts() {
    let mut account = account();
    make(&mut account, "m", 60, 1_000);
    let (learned, before) = (account.engine.learned(account.now), reserved(&mut account, call("m")));
    let mut later = Engine::new(EngineConfig::default());
    later.restore(&learned, Timestamp::ZERO);
    let (id, _) = later.reserve(&call("m"), Timestamp::ZERO);
    assert_eq!(later.reserved(id).unwrap().get(Dimension::InputTokens), before);
    assert_eq!(later.reserved(id).map(|cost| cost.get(Dimension::Requests)), Some(1));
    later.settle(id, &one(), None, Timestamp::ZERO);
    assert_eq!(later.reserved(id), None, "it has ended");
}

#[test]
fn a_waiting_call_is_charged_what_its_text_is_known_to_have() {
    let quota = Quota::per_second(1_000).burst(1_100);
    let mut account = Account::with(vec![Limit::new(Dimension::InputTokens, quota)]);
    for _ in 0..60 {
        let id = account.ask(call("m"));
        account.run(Duration::from_secs(5));
        account.settle_used(id, Usage::new(1_100, 0));
        account.run(Duration::from_secs(5));
    }
    let start = account.now;
    let ids = [account.ask(call("m")), account.ask(call("m"))];
    account.run(Duration::from_secs(5));
    let waits = ids.map(|id| account.granted(id).unwrap().since(start));
    assert_eq!(waits[0], Duration::ZERO);
    let wait = waits[1].as_millis();
    assert!((1_080..=1_110).contains(&wait), "{wait} ms for 1 100 tokens at 1 000 a second");
}
