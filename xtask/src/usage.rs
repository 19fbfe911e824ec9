//! What a running process has used, as the kernel tells it under `/proc`: its peak of memory and its CPU time.

use std::fs;
use std::time::Duration;

use crate::failure::Failure;

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The most memory that it had at once, in bytes.
    pub peak: u64,
    /// User and system time of all of its threads.
    pub cpu: Duration,
}

impl Usage {
    /// What the process has used; `None` when it is gone.
    ///
    /// # Errors
    /// When the kernel tells something else than expected.
    pub fn of(process: u32) -> Result<Option<Self>, Failure> {
        let read = |what: &str| fs::read_to_string(format!("/proc/{process}/{what}"));
        let (Ok(status), Ok(stat)) = (read("status"), read("stat")) else { return Ok(None) };
        // A process that has ended and was not waited for has no memory any more.
        let Some(peak) = peak(&status) else { return Ok(None) };
        let ticks = ticks(&stat).ok_or_else(|| Failure::new(format!("/proc/{process}/stat: {stat}")))?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Some(Self { peak, cpu: Duration::from_millis(ticks.saturating_mul(1_000) / per_second) }))
    }
}

/// `VmHWM:   12345 kB` (proc(5)).
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1_024)
}

/// Fields 14 and 15, counted from 1; the second one is a name in parentheses, which may hold spaces (proc(5)).
fn ticks(stat: &str) -> Option<u64> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        assert_eq!(peak("Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t  2048 kB\n"), Some(2 << 20));
        assert_eq!(peak("Name:\tx\nState:\tZ (zombie)\n"), None);
        assert_eq!(ticks("7 (a ) b) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20"), Some(300));
    }

    #[test]
    fn this_very_process_has_used_something() {
        let used = Usage::of(std::process::id()).unwrap().unwrap();
        assert!(used.peak > 1 << 20, "{used:?}");
    }
}
