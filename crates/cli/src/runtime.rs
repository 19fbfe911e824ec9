//! The async runtime of a command, and the signals that end it.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Failure;

/// How long tasks that are left over may keep the process; they hold nothing that needs saving.
const LEFTOVER: Duration = Duration::from_millis(100);

/// Runs `story` to its end on a runtime of its own.
pub(crate) fn block_on<T>(story: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::start(format!("the async runtime: {error}")))?;
    let value = runtime.block_on(story);
    runtime.shutdown_timeout(LEFTOVER);
    Ok(value)
}

/// Waits until somebody asks the process to stop, with Ctrl-C or SIGTERM.
///
/// Where signals cannot be listened to, it never returns: the process then ends as the system has it.
pub(crate) async fn interrupt() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
