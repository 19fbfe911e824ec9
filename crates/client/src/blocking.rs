//! The blocking twins of the clients: the same names, the same builders, the same engine; `send` holds the thread.
//!
//! They may be used in any thread, even in one that belongs to an async runtime, which they then hold up.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::Runtime;

use crate::{Blocking, Error, TransportError, TransportErrorKind};

pub use crate::stream::Iter;

/// The blocking client of Mistral.
pub type Mistral = crate::mistral::Client<Blocking>;
/// The blocking client of OpenAI and of hosts that speak its API.
pub type OpenAi = crate::openai::Client<Blocking>;
/// The blocking client of Anthropic.
pub type Anthropic = crate::anthropic::Client<Blocking>;
/// The blocking client of OpenRouter.
pub type OpenRouter = crate::openrouter::Client<Blocking>;
/// The blocking client of whichever provider has the model.
pub type Chat = crate::chat::Client<Blocking>;

/// Runs a call to its end in the calling thread, while the one runtime of all blocking clients moves its bytes.
///
/// # Errors
///
/// When that runtime cannot be started.
pub(crate) fn block_on<F: Future>(call: F) -> Result<F::Output, Error> {
    let _entered = runtime()?.enter();
    Ok(tidegate::block_on(call))
}

/// One thread that moves the bytes of all blocking clients of the process.
fn runtime() -> Result<&'static Runtime, Error> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let built = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let builder = builder.worker_threads(1).thread_name("tidegate-blocking").enable_all();
        builder.build().map_err(|error| error.to_string())
    });
    built.as_ref().map_err(|cause| {
        crate::paced::unsent(TransportError::new(TransportErrorKind::Other, "any host", cause)).into()
    })
}
