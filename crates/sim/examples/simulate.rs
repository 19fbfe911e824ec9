//! `simulate SEEDS [PLAN]`: lives through so many seeds, spread over every plan or of one, and checks every property. A
//! seed that fails is written to `regressions/`, where an ordinary test lives through it from then on.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use std::{env, fs, io};

use rustix::time::{ClockId, clock_gettime};
use tidegate_sim::trial::{Plan, Regression, Tested, run_seeds};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seeds: u64 = arguments.next().ok_or("usage: simulate SEEDS [PLAN]")?.parse()?;
    let only = arguments.next();
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plans: Vec<Plan> = plans(&home.join("plans"))?
        .into_iter()
        .filter(|plan| only.as_ref().is_none_or(|name| *name == plan.name))
        .collect();
    if plans.is_empty() {
        return Err("no plan is named so; they are in crates/sim/plans".into());
    }
    let each = seeds.div_ceil(plans.len() as u64);
    let (mut failed, mut calls) = (0, 0);
    let before = cpu_time();
    for plan in &plans {
        let tested = run_seeds(plan, 0, each);
        report(plan, &tested)?;
        calls += tested.calls;
        for failing in &tested.failing {
            let (name, text) = Regression::file(failing);
            fs::write(home.join("regressions").join(name), text)?;
            failed += 1;
        }
    }
    let used = (cpu_time() - before).as_secs_f64();
    let a_second = calls as f64 / used / 1e6;
    writeln!(io::stdout(), "{calls} calls in {used:.2} s of CPU: {a_second:.2} million a second")?;
    if failed > 0 {
        Err(format!("{failed} seeds failed; they are in crates/sim/regressions now").into())
    } else {
        Ok(())
    }
}

fn plans(folder: &Path) -> Result<Vec<Plan>, Box<dyn Error>> {
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(fs::DirEntry::path);
    files.iter().map(|file| Ok(Plan::from_toml(&fs::read_to_string(file.path())?)?)).collect()
}

fn report(plan: &Plan, tested: &Tested) -> io::Result<()> {
    let Tested { seeds, calls, failing } = tested;
    let mut out = io::stdout().lock();
    writeln!(out, "{}: {seeds} seeds, {calls} calls, {} failing", plan.name, failing.len())?;
    for failing in failing {
        writeln!(out, "  {failing}")?;
    }
    Ok(())
}

/// The CPU time that all threads of this process have used so far.
fn cpu_time() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}
