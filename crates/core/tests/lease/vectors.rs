//! The table of steps and answers: the allocator gives every line of it, so that another language can be held to it.

use tidegate_core::lease::{Allocator, Claim, Grants, InstanceId, Part, Step, Terms, VECTORS, Want};

fn text_of_step(now: u64, step: &Step) -> String {
    let mut line = format!(
        "step {now} {} {} {} {}",
        step.instance.0,
        step.number,
        step.horizon_ms,
        u8::from(step.leaves)
    );
    for claim in &step.claims {
        let terms = match claim.terms {
            Terms::Even { amount, period_ms, burst } => format!("even {amount} {period_ms} {burst}"),
            Terms::Window { amount } => format!("window {amount} 0 0"),
            Terms::Slots { amount } => format!("slots {amount} 0 0"),
        };
        let Claim { limit, granted, taken, returned, ends_ms, .. } = claim;
        line += &format!(" | claim {limit} {terms} {granted} {taken} {returned} {ends_ms}");
    }
    for want in &step.wants {
        line += &format!(" | want {}", u8::from(want.urgent));
        for Part { claim, least, most } in &want.parts {
            line += &format!(" {claim} {least} {most}");
        }
    }
    line
}

fn text_of_grants(grants: &Grants) -> String {
    let mut line = format!("grants {} {} {}", grants.number, grants.live, grants.retry_ms);
    for (granted, left) in grants.granted.iter().zip(&grants.left) {
        line += &format!(" | claim {granted} {left}");
    }
    for lease in &grants.leases {
        line += &format!(" | lease {} {}", lease.after_ms, lease.until_ms);
        for (claim, amount) in &lease.amounts {
            line += &format!(" {claim} {amount}");
        }
    }
    line
}

fn step_of_text(line: &str) -> (u64, Step) {
    let mut parts = line.split(" | ");
    let numbers = |text: &str| -> Vec<u64> { text.split(' ').filter_map(|word| word.parse().ok()).collect() };
    let head = numbers(parts.next().expect("a line has a first part"));
    let (mut claims, mut wants) = (Vec::new(), Vec::new());
    for part in parts {
        let (words, n) = (part.split(' ').collect::<Vec<_>>(), numbers(part));
        if words[0] == "want" {
            let parts = n[1..].chunks(3).map(|part| Part {
                claim: usize::try_from(part[0]).expect("a small number"),
                least: part[1],
                most: part[2],
            });
            wants.push(Want { urgent: n[0] == 1, parts: parts.collect() });
            continue;
        }
        let terms = match words[2] {
            "even" => Terms::Even { amount: n[0], period_ms: n[1], burst: n[2] },
            "window" => Terms::Window { amount: n[0] },
            _ => Terms::Slots { amount: n[0] },
        };
        let [granted, taken, returned, ends_ms] = n[3..] else { panic!("a claim has four counters: {part}") };
        claims.push(Claim { limit: words[1].into(), terms, granted, taken, returned, ends_ms });
    }
    let step = Step {
        instance: InstanceId(head[1]),
        number: head[2],
        horizon_ms: head[3],
        leaves: head[4] == 1,
        claims,
        wants,
    };
    (head[0], step)
}

/// Instances that live by seed: honest counters, now and then a lost answer, a late step, or one who leaves.
struct Lives {
    seed: u64,
}

impl Lives {
    fn below(&mut self, bound: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % bound
    }

    fn pick(&mut self, among: u64) -> usize {
        usize::try_from(self.below(among)).expect("a small number")
    }

    /// The table as this allocator makes it.
    fn table(&mut self, lives: u64) -> String {
        let mut table = String::new();
        for life in 0..lives {
            table += &format!("new {life}\n");
            self.one(&mut table);
        }
        table
    }

    fn one(&mut self, table: &mut String) {
        let even = Terms::even(1 + self.below(5_000), 60_000, 1 + self.below(50));
        let other = match self.below(3) {
            0 => Terms::Window { amount: 100 },
            1 => Terms::Slots { amount: 5 },
            _ => Terms::even(1_000 * (1 + self.below(7_000)), 60_000, 1 + self.below(100_000)),
        };
        let mut store = Allocator::default();
        let mut now = 1_767_225_600_000;
        let mut counters = [[(0_u64, 0_u64, 0_u64); 2]; 4];
        for number in 1..=40 {
            now += [0, 1, 7, 40, 150, 900, 7_000][self.pick(7)];
            let who = self.pick(4);
            let mine = &mut counters[who];
            let ends_ms = 60_000 - now % 60_000;
            let limits = [("a", even), ("b", other)];
            let claims =
                limits.iter().zip(mine.iter()).map(|((limit, terms), (granted, taken, returned))| {
                    let ends_ms = if matches!(terms, Terms::Window { .. }) { ends_ms } else { 0 };
                    Claim {
                        limit: (*limit).into(),
                        terms: *terms,
                        granted: *granted,
                        taken: *taken,
                        returned: *returned,
                        ends_ms,
                    }
                });
            let claims = claims.collect();
            let least = 1 + self.below(4);
            let both = [
                Part { claim: 0, least: 1, most: 1 + self.below(30) },
                Part { claim: 1, least, most: least + self.below(3_000) },
            ];
            let parts = both[..=self.pick(2)].to_vec();
            let urgent = self.below(3) > 0;
            let wants = if self.below(5) == 0 { Vec::new() } else { vec![Want { urgent, parts }] };
            let late = if self.below(12) == 0 { 3 } else { 0 };
            let step = Step {
                instance: InstanceId(who as u64),
                number: if late > number { 1 } else { number - late },
                horizon_ms: [0, 20, 100, 1_000][self.pick(4)],
                leaves: self.below(40) == 0,
                claims,
                wants,
            };
            let grants = store.step(&step, now);
            *table += &format!("{}\n{}\n", text_of_step(now, &step), text_of_grants(&grants));
            let lost = self.below(6) == 0;
            for ((granted, taken, returned), total) in mine.iter_mut().zip(&grants.granted) {
                if !lost {
                    *granted = *total;
                }
                if self.below(9) == 0 {
                    *taken += self.below(20);
                }
                if self.below(4) == 0 {
                    *returned += granted.saturating_sub(*returned) / 2;
                }
            }
        }
    }
}

#[test]
fn every_answer_of_the_table_is_given() {
    let mut store = Allocator::default();
    let mut answer = None;
    let mut steps = 0;
    for line in VECTORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with("new ") {
            store = Allocator::default();
        } else if line.starts_with("step ") {
            let (now, step) = step_of_text(line);
            assert_eq!(text_of_step(now, &step), line, "the line is read as it is written");
            answer = Some(text_of_grants(&store.step(&step, now)));
            steps += 1;
        } else {
            assert_eq!(answer.take().as_deref(), Some(line), "step {steps}");
        }
    }
    assert!(steps >= 200, "the table holds {steps} steps");
}

#[test]
fn the_table_is_the_one_that_its_seed_makes() {
    let table = Lives { seed: 7 }.table(8);
    let kept: Vec<&str> = VECTORS.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(kept == table.lines().collect::<Vec<_>>(), "the table is out of date; it should be:\n{table}");
}
