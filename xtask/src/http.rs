//! One GET request over a plain socket: all that tests need to ask a server for its figures.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;

/// How long one answer may take; the servers answer from memory.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// GETs `path` and reads the answer as JSON.
///
/// # Errors
/// When the server cannot be reached, answers anything but 200, or anything but JSON.
pub fn get_json(address: SocketAddr, path: &str) -> Result<Value, Failure> {
    let body = get_text(address, path)?;
    let what = format!("GET http://{address}{path}: the answer is not JSON");
    serde_json::from_str(&body).map_err(Failure::at(what))
}

/// GETs `path` and reads the answer as text.
///
/// # Errors
/// When the server cannot be reached or answers anything but 200.
pub fn get_text(address: SocketAddr, path: &str) -> Result<String, Failure> {
    let what = format!("GET http://{address}{path}");
    let answer = exchange(address, path).map_err(Failure::at(&what))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split_whitespace().nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => Err(Failure::new(format!("{what}: {}", head.lines().next().unwrap_or("no answer")))),
    }
}

/// Sends the request as HTTP/1.0, whose answer ends with the connection.
fn exchange(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_MAX)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `answer` and returns what `get_json` makes of it.
    fn asked(answer: &'static str) -> Result<Value, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // The whole request is read: closing on unread bytes would reset the connection.
            let mut request = Vec::new();
            let mut byte = [0; 1];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let value = get_json(address, "/stats");
        server.join().unwrap();
        value
    }

    #[test]
    fn a_json_answer_is_read() {
        let value =
            asked("HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{\"refused\":3}").unwrap();
        assert_eq!(value["refused"], 3);
    }

    #[test]
    fn another_status_is_an_error_that_tells_it() {
        let failure = asked("HTTP/1.0 404 Not Found\r\n\r\n{}").unwrap_err();
        assert!(failure.to_string().contains("404 Not Found"), "{failure}");
    }
}
