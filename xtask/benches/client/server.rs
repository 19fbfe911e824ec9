//! A server that answers at once: one answer for every request, over connections that stay open.
//!
//! It never sleeps: how long a sleeping thread takes to wake varies by more than what is measured, and is no part of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

/// The end of a request's head.
const END: &[u8] = b"\r\n\r\n";

/// Starts a server that gives every request this JSON; tells where it listens. It ends with the process.
pub(crate) fn start(json: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req-1\r\ncontent-length: {}\r\n\r\n",
        json.len()
    );
    let answer = [head.as_bytes(), json.as_bytes()].concat();
    let (sender, connections) = mpsc::channel();
    thread::spawn(move || {
        let sockets = listener.incoming().flatten();
        sockets.filter_map(|socket| Connection::new(socket).ok()).try_for_each(|each| sender.send(each))
    });
    let spawned =
        thread::Builder::new().name("server".to_owned()).spawn(move || serve(&connections, &answer));
    spawned.expect("a thread starts");
    format!("http://{address}")
}

/// Answers every connection's requests, looking at each in turn.
fn serve(arriving: &mpsc::Receiver<Connection>, answer: &[u8]) {
    let (mut connections, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        connections.extend(arriving.try_iter());
        connections.retain_mut(|connection: &mut Connection| connection.answer(answer, &mut buffer).is_ok());
        std::hint::spin_loop();
    }
}

/// One connection, with what came of a request that is not whole yet.
struct Connection {
    socket: TcpStream,
    seen: Vec<u8>,
}

impl Connection {
    fn new(socket: TcpStream) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, seen: Vec::new() })
    }

    /// Answers the requests that are there; an error ends the connection.
    fn answer(&mut self, answer: &[u8], buffer: &mut [u8]) -> std::io::Result<()> {
        match self.socket.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.seen.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
        while let Some(length) = request(&self.seen) {
            self.seen.drain(..length);
            self.socket.write_all(answer)?;
        }
        Ok(())
    }
}

/// The length of the first whole request.
fn request(seen: &[u8]) -> Option<usize> {
    let head = seen.windows(END.len()).position(|window| window == END)? + END.len();
    let text = std::str::from_utf8(&seen[..head]).ok()?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let whole = head + length.unwrap_or(0);
    (seen.len() >= whole).then_some(whole)
}
