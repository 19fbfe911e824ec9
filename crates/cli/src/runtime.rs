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

/// Runs `story` to its end on this thread alone. For stories that are one task at heart, as a batch is: its rows then
/// never pass from one processor to another, which costs more than a second processor brings.
pub(crate) fn block_on_one_thread<T>(story: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::start(format!("the async runtime: {error}")))?;
    let value = runtime.block_on(story);
    runtime.shutdown_timeout(LEFTOVER);
    Ok(value)
}

/// Waits until somebody asks the process to stop, with Ctrl-C or SIGTERM. The asking counts from this call on, not
/// only from the first poll.
///
/// Where signals cannot be listened to, it never returns: the process then ends as the system has it.
pub(crate) fn interrupt() -> impl Future<Output = ()> + Send + 'static {
    interrupts(1)
}

/// Waits until somebody asks twice: for those who will not wait for an orderly end.
pub(crate) fn interrupt_twice() -> impl Future<Output = ()> + Send + 'static {
    interrupts(2)
}

fn interrupts(count: usize) -> impl Future<Output = ()> + Send + 'static {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            return std::future::pending().await;
        };
        for _ in 0..count {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
    }
}
