//! HTTP/1.1 on one connection that is kept alive where the server keeps it: blocking, and
//! cheap, since it shares the processors with the server it measures.

use crate::Fallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(180);

/// Bytes read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// A client with its connection.
pub struct Client {
    address: SocketAddr,
    /// Lines that every request has.
    head: String,
    stream: Option<BufReader<TcpStream>>,
    sent: Vec<u8>,
}

/// What is asked.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    /// Further header lines, each with its CRLF.
    pub headers: &'static str,
    pub body: String,
}

/// What the server said.
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

/// What the head of an answer says about what follows.
struct Head {
    answer: Answer,
    length: usize,
    chunked: bool,
    closes: bool,
}

impl Client {
    /// A client that has not connected yet; `authorization` is the value of that header.
    pub fn new(address: SocketAddr, authorization: Option<&str>) -> Client {
        let mut head = format!("Host: {address}\r\n");
        if let Some(authorization) = authorization {
            head.push_str(&format!("Authorization: {authorization}\r\n"));
        }
        Client { address, head, stream: None, sent: Vec::new() }
    }

    /// Sends a request and reads the whole answer.
    pub fn ask(&mut self, request: &Request) -> Fallible<Answer> {
        let Request { method, path, headers, body } = request;
        let kind = if *method == "PUT" || body.starts_with("BEGIN") {
            "text/calendar; charset=utf-8"
        } else {
            "application/xml; charset=utf-8"
        };
        self.sent.clear();
        write!(
            self.sent,
            "{method} {path} HTTP/1.1\r\n{}{headers}Content-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        )?;
        let asked = || format!("{method} {path}");
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect().map_err(|fault| format!("{}: {fault}", asked()))?,
        };
        let answered = stream.get_mut().write_all(&self.sent).map_err(Into::into);
        let answered = answered.and_then(|()| read_answer(&mut stream));
        let head = answered.map_err(|fault| format!("{}: {fault}", asked()))?;
        if !head.closes {
            self.stream = Some(stream);
        }
        Ok(head.answer)
    }

    fn connect(&self) -> std::io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
        stream.set_write_timeout(Some(ANSWER_TIME_MAX))?;
        Ok(BufReader::with_capacity(BUFFER_BYTES, stream))
    }
}

fn read_answer(stream: &mut BufReader<TcpStream>) -> Fallible<Head> {
    let mut line = Vec::with_capacity(128);
    let mut head = read_status(stream, &mut line)?;
    while read_line(stream, &mut line)? {
        let text = std::str::from_utf8(&line)?;
        let (name, value) = text.split_once(':').ok_or("no line of a header")?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            head.length = value.parse()?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            head.closes = value.eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("etag") {
            head.answer.etag = Some(value.to_owned());
        }
    }
    let body = &mut head.answer.body;
    if !head.chunked {
        body.resize(head.length, 0);
        stream.read_exact(body)?;
        return Ok(head);
    }
    loop {
        read_line(stream, &mut line)?;
        let length = usize::from_str_radix(std::str::from_utf8(&line)?, 16)?;
        let start = body.len();
        body.resize(start + length, 0);
        stream.read_exact(&mut body[start..])?;
        read_line(stream, &mut line)?;
        if length == 0 {
            return Ok(head);
        }
    }
}

fn read_status(stream: &mut BufReader<TcpStream>, line: &mut Vec<u8>) -> Fallible<Head> {
    read_line(stream, line)?;
    let text = std::str::from_utf8(line)?;
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| format!("no status: {text:?}"))?;
    let closes = text.starts_with("HTTP/1.0");
    let answer = Answer { status, etag: None, body: Vec::new() };
    Ok(Head { answer, length: 0, chunked: false, closes })
}

/// Reads a line without its end; whether there was something on it.
fn read_line(stream: &mut BufReader<TcpStream>, line: &mut Vec<u8>) -> Fallible<bool> {
    line.clear();
    if stream.read_until(b'\n', line)? == 0 {
        return Err("the server has hung up".into());
    }
    while line.last().is_some_and(u8::is_ascii_whitespace) {
        line.pop();
    }
    Ok(!line.is_empty())
}
