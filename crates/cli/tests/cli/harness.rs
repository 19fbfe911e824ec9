//! Runs the binary and waits for what it says; a process that is started here ends with its handle.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// No line of a healthy process takes this long, even on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary with an environment that says nothing.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .args(args)
        .env_remove("TIDEGATE_LOG")
        .env_remove("RUST_LOG")
        .env_remove("XDG_STATE_HOME")
        .env_remove("HOME")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

/// Runs the binary to its end.
pub(crate) fn run(args: &[&str]) -> Finished {
    Finished::of(command(args).output().unwrap())
}

/// Runs the binary to its end with a place to keep state in, and the key that this suite's HTTP client sends.
pub(crate) fn run_with_state(place: &Path, args: &[&str]) -> Finished {
    let mut command = command(args);
    Finished::of(command.env("XDG_STATE_HOME", place).env("OPENAI_API_KEY", "test").output().unwrap())
}

/// Runs the binary to its end with a place to keep state in, and these variables.
pub(crate) fn run_with(place: &Path, variables: &[(&str, &str)], args: &[&str]) -> Finished {
    let variables = variables.iter().copied();
    Finished::of(command(args).env("XDG_STATE_HOME", place).envs(variables).output().unwrap())
}

/// Runs a line of shell to its end.
pub(crate) fn shell(line: &str) -> Finished {
    let output = Command::new("sh").args(["-c", line]).env("NO_COLOR", "1").output().unwrap();
    Finished::of(output)
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// A process that goes on; it is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts the binary; its stderr is read line by line.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::spawn(&mut command(args))
    }

    /// Starts the binary with a place to keep state in.
    pub(crate) fn start_with_state(place: &Path, args: &[&str]) -> Self {
        Self::spawn(command(args).env("XDG_STATE_HOME", place))
    }

    /// Starts the binary with a place to keep state in, and these variables.
    pub(crate) fn start_with(place: &Path, variables: &[(&str, &str)], args: &[&str]) -> Self {
        Self::spawn(command(args).env("XDG_STATE_HOME", place).envs(variables.iter().copied()))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (said, lines) = channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        Self { child, lines }
    }

    /// The next line of stderr that holds `part`.
    pub(crate) fn line_with(&self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with `{part}`"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The address that it says it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        let line = self.line_with("listening on http://");
        let (_, rest) = line.split_once("http://").unwrap();
        rest.split([' ', ';']).next().unwrap().parse().unwrap()
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Asks it to stop, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for its end; its exit code and what it wrote to stdout.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.child.wait().unwrap().code(), stdout)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
