//! What answers a request: the gateway's own paths, or a provider.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use tidegate_provider::{RefusalKind, adapter};

use crate::body::Reply;
use crate::forward::{self, Inbound};
use crate::route::Route;
use crate::state::State;
use crate::{admin, origin, respond};

/// Why a web page of another origin is refused.
const FOREIGN: &str =
    "requests of web pages are refused, since they would spend the keys of whoever reads them";

/// Answers one request.
pub(crate) async fn answer(state: Arc<State>, request: Request<Incoming>) -> Response<Reply> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let is_foreign = origin::is_foreign(request.headers(), state.reachable);
    match state.routes.find(&path) {
        Route::Provider(upstream, _) if is_foreign => {
            respond::refusal(adapter(upstream.dialect), RefusalKind::Forbidden, FOREIGN, None)
        }
        _ if is_foreign => respond::own_error(StatusCode::FORBIDDEN, FOREIGN),
        Route::Own(own) => admin::answer(&state, own, request.method()),
        Route::Unknown => admin::unknown(&state, request.uri().path()),
        Route::Provider(upstream, path) => {
            let path = path.to_owned();
            forward::forward(Inbound { state, upstream, path, request }).await
        }
    }
}
