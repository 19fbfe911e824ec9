//! `simulate SEEDS [PLAN]`: lives through so many seeds, spread over every plan or of one, and checks every property. A
//! seed that fails is written to `regressions/`, where an ordinary test lives through it from then on.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::{env, fs, io};

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
    let mut failed = 0;
    for plan in &plans {
        let tested = run_seeds(plan, 0, each);
        report(plan, &tested)?;
        for failing in &tested.failing {
            let (name, text) = Regression::file(failing);
            fs::write(home.join("regressions").join(name), text)?;
            failed += 1;
        }
    }
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
