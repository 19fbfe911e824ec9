//! Replies from what a voice says: pieces, instants and the headers that HTTP itself needs.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tidegate_core::Timestamp;

use crate::config::EmulatorConfig;
use crate::prose::Prose;
use crate::reply::{Chunk, Fault, Reply};
use crate::shelf::Stored;
use crate::state::State;
use crate::voice::{Problem, Scene, Voice};

const JSON: &str = "application/json";

/// A quarter of the latency passes before a stream's head: the model reads before it writes.
const HEAD_PART: u32 = 4;

/// An answer of one piece.
pub(super) fn plain(voice: &dyn Voice, scene: &Scene<'_>, prose: &Prose, latency: Duration) -> Reply {
    let mut text = voice.answer_prefix().to_owned();
    text.push_str(&voice.answer(scene, prose).to_string());
    finish(Reply::plain(StatusCode::OK, JSON, Bytes::from(text)), voice, scene, latency)
}

/// An answer about what is stored; a thing that was deleted has none (204).
pub(super) fn stored(voice: &dyn Voice, scene: &Scene<'_>, stored: Stored) -> Reply {
    let reply = match stored {
        Stored::Thing(thing) => Reply::plain(StatusCode::OK, JSON, Bytes::from(thing.to_string())),
        Stored::Done | Stored::Missing => {
            let mut reply = Reply::plain(StatusCode::NO_CONTENT, JSON, Bytes::new());
            reply.headers.clear();
            reply.body.clear();
            reply
        }
    };
    finish(reply, voice, scene, Duration::ZERO)
}

/// An answer of many pieces: the first with the head, the last when the latency is over, the others evenly between.
pub(super) fn stream(voice: &dyn Voice, scene: &Scene<'_>, prose: &Prose, latency: Duration) -> Reply {
    let events = voice.stream(scene, prose);
    let head = latency / HEAD_PART;
    let rest = latency.saturating_sub(head);
    let steps = u32::try_from(events.len().saturating_sub(1).max(1)).unwrap_or(u32::MAX);
    let mut reply = Reply::plain(StatusCode::OK, "text/event-stream; charset=utf-8", Bytes::new());
    reply.headers.remove(header::CONTENT_LENGTH);
    reply.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    reply.body = (0_u32..)
        .zip(events)
        .map(|(step, event)| Chunk { at: rest * step.min(steps) / steps, bytes: Bytes::from(event) })
        .collect();
    finish(reply, voice, scene, head)
}

/// An answer that is an error.
pub(super) fn problem(voice: &dyn Voice, scene: &Scene<'_>, problem: Problem, latency: Duration) -> Reply {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reply = Reply::plain(status, JSON, Bytes::from(problem.body.to_string()));
    let mut reply = finish(reply, voice, scene, latency);
    reply.set(&problem.headers);
    reply
}

/// A connection that ends or stays silent instead of an answer.
pub(super) fn broken(fault: Fault, latency: Duration) -> Reply {
    let mut reply = Reply::plain(StatusCode::OK, JSON, Bytes::new());
    reply.body.clear();
    Reply { after: latency, fault: Some(fault), ..reply }
}

/// Takes the second half of the body away.
pub(super) fn truncate(reply: &mut Reply) {
    reply.fault = Some(Fault::Truncate);
    let whole: usize = reply.body.iter().map(|chunk| chunk.bytes.len()).sum();
    let mut left = whole / 2;
    reply.body.retain_mut(|chunk| {
        chunk.bytes.truncate(left);
        left -= chunk.bytes.len();
        !chunk.bytes.is_empty()
    });
}

/// The answer to a question about the mock itself.
pub(super) fn about_itself(
    config: &EmulatorConfig,
    state: &mut State,
    question: &str,
    now: Timestamp,
) -> Reply {
    match question {
        "stats" => listing(&super::handle::stats(config, state, now)),
        "arrivals" => listing(state.arrivals.last()),
        "markers" => listing(state.arrivals.markers()),
        _ => {
            let known = r#"{"error":"unknown; known: /_mock/stats, /_mock/arrivals, /_mock/markers"}"#;
            Reply::plain(StatusCode::NOT_FOUND, JSON, Bytes::from_static(known.as_bytes()))
        }
    }
}

fn listing(value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(json) => Reply::plain(StatusCode::OK, JSON, Bytes::from(json)),
        Err(error) => {
            Reply::plain(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", Bytes::from(error.to_string()))
        }
    }
}

fn finish(mut reply: Reply, voice: &dyn Voice, scene: &Scene<'_>, after: Duration) -> Reply {
    reply.after = after;
    reply.set(&[("date", scene.at.after(after).http_date())]);
    reply.set(&voice.base_headers(scene));
    reply
}
