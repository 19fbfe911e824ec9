//! The peers of `bench batch`: which they are, what installs them, and the driver that runs each.
//!
//! A driver is a small script of ours under `peers/` that uses the peer as its own documentation recommends. It says
//! `ready` when it has loaded, waits for a line, runs the rows, and says how many were answered.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;
use crate::{venv, workspace};

/// Everybody that is measured beside us.
pub(super) const PEERS: [Peer; 4] = [
    Peer { name: "openai SDK, 10 retries", file: "openai_sdk" },
    Peer { name: "chat-limiter", file: "limiter_of_chats" },
    Peer { name: "litellm's Router", file: "litellm_router" },
    Peer { name: "adaptive-rate-limiter", file: "adaptive" },
];

/// How long a driver may load; they begin together, and some load for long.
const LOAD_MAX: Duration = Duration::from_secs(120);

/// A peer: its name, and that of its driver and pins under `peers/`.
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
}

/// A running driver; dropping it ends the process.
pub(super) struct Driver {
    child: Child,
    said: Receiver<String>,
}

impl Peer {
    /// Installs the peer into an environment of its own; returns the interpreter.
    pub(super) fn install(&self, target: &Path) -> Result<PathBuf, Failure> {
        let pins = folder().join(format!("{}.txt", self.file));
        venv::install(&target.join("peers").join(self.file), &pins)
    }

    /// The command that drives it.
    pub(super) fn command(&self, python: &Path, url: &str, input: &Path) -> Command {
        let mut command = Command::new(python);
        command.arg(folder().join(format!("{}.py", self.file))).arg(url).arg(input);
        // Nothing is written beside the sources, no proxy stands between, and nothing is looked up elsewhere.
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_PROXY", "127.0.0.1");
        command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
        command
    }
}

impl Driver {
    /// Starts `command`; what it complains of goes to the file `log`.
    pub(super) fn start(mut command: Command, log: &Path) -> Result<Self, Failure> {
        let complaints = File::create(log).map_err(Failure::at(log.display()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(complaints);
        let mut child = command.spawn().map_err(Failure::at(format!("starting {command:?}")))?;
        let (say, said) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    // Whoever listened is gone; the driver may end.
                    let _ = say.send(line);
                }
            });
        }
        Ok(Self { child, said })
    }

    /// Waits until it has loaded.
    pub(super) fn until_ready(&mut self, name: &str) -> Result<(), Failure> {
        match self.said.recv_timeout(LOAD_MAX) {
            Ok(line) if line == "ready" => Ok(()),
            Ok(line) => Err(Failure::new(format!("{name} said `{line}` before it was ready"))),
            Err(_) => Err(Failure::new(format!("{name} did not load within {} s", LOAD_MAX.as_secs()))),
        }
    }

    /// Lets it begin. Our own command begins by itself and listens to nobody.
    pub(super) fn go(&mut self, name: &str) -> Result<(), Failure> {
        let Some(mut stdin) = self.child.stdin.take() else { return Ok(()) };
        match stdin.write_all(b"go\n") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::at(format!("starting {name}"))(error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn has_ended(&mut self) -> std::io::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// How many rows it says were answered; `None` when it has not said that.
    pub(super) fn answered(&self) -> Option<u64> {
        let lines = self.said.try_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        lines.filter_map(|told| told["answered"].as_u64()).last()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> PathBuf {
    workspace::root().join("xtask/src/bench/peers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_has_a_driver_and_exact_pins() {
        for peer in PEERS {
            let pins = std::fs::read_to_string(folder().join(format!("{}.txt", peer.file))).unwrap();
            assert!(!pins.is_empty() && pins.lines().all(|pin| pin.contains("==")), "{}: {pins}", peer.name);
            assert!(folder().join(format!("{}.py", peer.file)).is_file(), "{}", peer.name);
        }
    }
}
