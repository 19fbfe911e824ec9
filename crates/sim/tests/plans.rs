//! The plans, a few seeds each, and every seed that once found something. `cargo xtask simulate` runs thousands.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tidegate_sim::trial::{Plan, Regression, live, run_seeds, test_seed};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("the folder exists");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn plan(name: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans").join(format!("{name}.toml"));
    read(&path)
}

fn read(path: &Path) -> Plan {
    let text = fs::read_to_string(path).expect("a plan can be read");
    Plan::from_toml(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_property_holds_of_the_first_seeds_of_every_plan() {
    for path in files("plans") {
        let plan = read(&path);
        let tested = run_seeds(&plan, 0, 6);
        assert_eq!(tested.failing, [], "{}", path.display());
        assert_eq!(tested.seeds, 6);
        assert!(tested.calls > 15_000, "{}: only {} calls", path.display(), tested.calls);
    }
}

#[test]
fn what_was_found_once_is_not_found_again() {
    for path in files("regressions") {
        let text = fs::read_to_string(&path).expect("a regression can be read");
        let kept = Regression::from_toml(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let plan = plan(&kept.plan);
        test_seed(&plan, kept.seed, true).unwrap_or_else(|failing| panic!("{failing}"));
    }
}

/// As much work as a plan has, all asked for at the beginning.
fn backlog(nodes: usize, extra: &str) -> Plan {
    let text = format!(
        "name = \"backlog\"\nminutes = 1\nnodes = {nodes}\n\
         [[limits]]\ndimension = \"requests\"\namount = 1200\nseconds = 60\nburst = 10\n\
         [workload]\ncalls_per_minute = 0\nat_once = 3000\ninput_tokens = [1, 1]\noutput_tokens = [1, 1]\n\
         latency_ms = [100, 300]\n{extra}"
    );
    Plan::from_toml(&text).expect("a plan")
}

/// Three instances with a backlog finish as soon as one alone, but for a twentieth.
#[test]
fn sharing_costs_less_than_a_twentieth() {
    let alone = live(&backlog(1, ""), 1).last_grant();
    for (delays, extra) in
        [("1 to 5 ms", "[store]\ndelay_ms = [1, 5]\n"), ("20 to 60 ms", "[store]\ndelay_ms = [20, 60]\n")]
    {
        for nodes in [2, 3, 8] {
            let record = live(&backlog(nodes, extra), 1);
            assert_eq!(record.answered(), 3_000, "{nodes} instances, {delays}");
            let efficiency = alone.as_nanos() as f64 / record.last_grant().as_nanos() as f64;
            assert!(efficiency >= 0.95, "{nodes} instances, {delays}: {efficiency:.3}");
        }
    }
}

#[test]
fn a_store_that_is_gone_from_the_beginning_leaves_every_instance_its_share() {
    let record = live(&backlog(4, "[store]\ngone = [[0, 100000]]\n"), 1);
    assert_eq!(record.answered(), 3_000);
    assert!(record.longest_wait() < Duration::from_secs(200), "{:?}", record.longest_wait());
}

#[test]
fn checkers_notice_what_they_are_for() {
    let plan = plan("alone");
    let good = live(&plan, 3);
    let named = |name: &str| {
        let found = tidegate_sim::check::CHECKERS.into_iter().find(|(known, _)| *known == name);
        found.expect("a checker of that name").1
    };
    let mut unsafe_ = good.clone();
    unsafe_.spends.retain(|spend| spend.amount > 0);
    unsafe_.spends.iter_mut().for_each(|spend| spend.amount *= 2);
    assert!(named("safety")(&plan, &unsafe_).is_err(), "twice the cost does not fit");
    let mut lost = good.clone();
    lost.nodes[0].tally.settled -= 1;
    assert!(named("conservation")(&plan, &lost).is_err());
    let mut passed = good.clone();
    let place = passed.calls.iter().position(|call| call.attempts == 1 && call.turn > 100).expect("a call");
    passed.calls[place].turn = 100_000;
    assert!(named("fairness")(&plan, &passed).is_err());
    let mut stuck = good.clone();
    stuck.calls[7].fate = tidegate_sim::trial::Fate::Open;
    assert!(named("liveness")(&plan, &stuck).is_err());
    let shared = self::plan("shared");
    let mut greedy = live(&shared, 3);
    greedy.spends.iter_mut().for_each(|spend| spend.amount *= 2);
    assert!(named("sum over nodes")(&shared, &greedy).is_err());
    assert!(tidegate_sim::check::determinism(&plan, 4, &good).is_err(), "another seed is another life");
}
