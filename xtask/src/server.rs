//! A server process that a test or a task starts on a free port, and stops by its handle.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;
use crate::http;

/// How long a server may take until it listens; generous, since many start at once on two cores.
const START_MAX: Duration = Duration::from_secs(60);
/// How many lines of its log are kept for a failure's message.
const LOG_LINES_MAX: usize = 40;
/// A free port of this machine alone.
pub const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// What a server writes before its address.
const LISTENING: &str = "listening on http://";

/// A running server; dropping it ends the process.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: Log,
}

/// The last lines that the server wrote to standard error.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

impl Server {
    /// Starts `binary` with `arguments` on a free port of 127.0.0.1, and returns when it listens.
    ///
    /// # Errors
    /// When it cannot be started, ends early, or does not listen within a minute; with the last lines of its log.
    pub fn start(binary: &Path, arguments: &[&str]) -> Result<Self, Failure> {
        Self::start_at(binary, arguments, ANY_PORT)
    }

    /// The same where it listens at `address`.
    ///
    /// # Errors
    /// As [`Server::start`], and when the address is taken.
    pub fn start_at(binary: &Path, arguments: &[&str], address: SocketAddr) -> Result<Self, Failure> {
        let name = format!("{} {}", binary.display(), arguments.join(" "));
        let mut command = Command::new(binary);
        command.args(arguments).arg("--listen").arg(address.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::at(format!("starting `{name}`")))?;
        let log = Log::default();
        let (found, address) = mpsc::channel();
        if let Some(stderr) = child.stderr.take() {
            let log = log.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if let Some(address) = listening_address(&line) {
                        // The receiver is gone once the first address was read.
                        let _ = found.send(address);
                    }
                    log.push(line);
                }
            });
        }
        match address.recv_timeout(START_MAX) {
            Ok(address) => Ok(Self { child, address, log }),
            Err(ended) => {
                let why = match ended {
                    RecvTimeoutError::Timeout => "did not listen in time",
                    RecvTimeoutError::Disconnected => "ended before it listened",
                };
                // It may have ended by itself already.
                let _ = child.kill();
                let _ = child.wait();
                Err(Failure::new(format!("`{name}` {why}; it wrote:\n{}", log.text())))
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://HOST:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The JSON that a GET of `path` answers.
    ///
    /// # Errors
    /// When the server does not answer 200 with JSON.
    pub fn json(&self, path: &str) -> Result<Value, Failure> {
        http::get_json(self.address, path)
    }

    /// The text that a GET of `path` answers.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub fn text(&self, path: &str) -> Result<String, Failure> {
        http::get_text(self.address, path)
    }

    /// The last lines that the server wrote to standard error.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Log {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LOG_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// The address in a line such as `listening on http://127.0.0.1:4000`.
fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, after) = line.split_once(LISTENING)?;
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || ".:[]".contains(c))).unwrap_or(after.len());
    after[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_line_that_tells_it() {
        let address = listening_address("mock: listening on http://127.0.0.1:4321 (openai)");
        assert_eq!(address, Some(SocketAddr::from(([127, 0, 0, 1], 4321))));
        assert_eq!(listening_address("listening on http://127.0.0.1:4321/"), address);
        assert_eq!(listening_address("connecting to http://127.0.0.1:1"), None);
    }

    #[test]
    fn a_server_that_ends_at_once_is_told_with_what_it_wrote() {
        let failure = Server::start(Path::new("git"), &["no-such-command"]).expect_err("git is no server");
        assert!(failure.to_string().contains("no-such-command"), "{failure}");
    }
}
