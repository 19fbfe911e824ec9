//! A bare hyper client: what it costs to send the lines of a file as requests and to read the answers, and nothing else.
//!
//! `cargo xtask accept million` measures the batch beside it. It is told `--base URL FILE CONNECTIONS`, sends one request
//! at a time on each connection, and prints how many were answered, the seconds, and the CPU seconds. Without those
//! arguments, as `cargo bench` starts it, it says what it is for.

#![expect(clippy::unwrap_used, reason = "a measuring tool has nobody to report to but its user")]

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use xtask::console;
use xtask::stopwatch::{Stopwatch, cpu_time};

/// The allocator that the batch uses too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Rows = Rc<RefCell<Lines<BufReader<File>>>>;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some([base, file, connections]) = arguments.iter().position(|word| word == "--base").and_then(|at| {
        let told: Option<[String; 3]> = arguments.get(at + 1..at + 4)?.to_vec().try_into().ok();
        told
    }) else {
        console::data("bare: the reference of `cargo xtask accept million`, which runs it");
        return;
    };
    let authority = base.trim_start_matches("http://").to_owned();
    let rows = Rc::new(RefCell::new(BufReader::with_capacity(256 << 10, File::open(file).unwrap()).lines()));
    let clock = Stopwatch::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answered = tokio::task::LocalSet::new().block_on(&runtime, async {
        let connection = |_| tokio::task::spawn_local(send_all(authority.clone(), Rc::clone(&rows)));
        let all: Vec<_> = (0..connections.parse::<usize>().unwrap()).map(connection).collect();
        let mut answered = 0_u64;
        for one in all {
            answered += one.await.unwrap();
        }
        answered
    });
    console::data(&format!("{answered} {} {}", clock.elapsed().as_secs_f64(), cpu_time().as_secs_f64()));
}

/// Sends rows over one connection until there are none left; how many were answered.
async fn send_all(authority: String, rows: Rows) -> u64 {
    let stream = TcpStream::connect(&authority).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::task::spawn_local(connection);
    let mut answered = 0;
    loop {
        let Some(line) = rows.borrow_mut().next() else { return answered };
        let request = http::Request::post("/v1/chat/completions")
            .header("host", &authority)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(line.unwrap())))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        answered += u64::from(status == http::StatusCode::OK && !body.is_empty());
    }
}
