//! The limit of open files: raised as far as the process may, since each call that waits holds a socket.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of open files to what the system allows this process.
///
/// Soft limits of 256 or 1024 stem from programs that cannot handle more; this one can. Where it fails, the limit
/// stays as it was, and a process that meets it says so.
pub(crate) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // A hard limit of "infinity" is more than some systems take; then the next number is what they do take.
        let raised = [limit.maximum, Some(limit.maximum.unwrap_or(u64::MAX).min(COMMON_MAX))];
        let _ = raised
            .into_iter()
            .any(|current| setrlimit(Resource::Nofile, Rlimit { current, ..limit }).is_ok());
    }
}

/// macOS takes no more than this (`OPEN_MAX`), whatever its hard limit says.
const COMMON_MAX: u64 = 10_240;
