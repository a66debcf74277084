//! HTTP/1.1 on one connection that is kept alive, and nothing retried behind one's back.

use super::PASSWORD;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use terminraum::xml::{self, Element, Name};

/// How long an answer may take.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// How often a server may say that it has too much to do.
const OVERLOADED_TRIES_MAX: usize = 10;

/// Somebody at a calendar client.
pub struct Client {
    /// Where the server is.
    pub address: SocketAddr,
    /// Who it is.
    pub user: &'static str,
    authorization: String,
    stream: Option<BufReader<TcpStream>>,
}

/// What the server said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Client {
    /// Somebody who has not connected yet.
    pub fn new(address: SocketAddr, user: &'static str) -> Client {
        let authorization = format!("Basic {}", STANDARD.encode(format!("{user}:{PASSWORD}")));
        Client { address, user, authorization, stream: None }
    }

    /// Sends a request and reads the whole answer. After an error nobody knows whether the
    /// request was done; the next one connects anew.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Length: {}\r\n",
            self.address,
            self.authorization,
            body.len(),
        );
        let media_type = if method == "PUT" { "text/calendar" } else { "application/xml" };
        let is_typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !body.is_empty() && !is_typed {
            request.push_str(&format!("Content-Type: {media_type}; charset=utf-8\r\n"));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        request.push_str(body);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        stream.get_mut().write_all(request.as_bytes())?;
        let answer = read_answer(&mut stream)?;
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_TIME_MAX))?;
        stream.set_write_timeout(Some(ANSWER_TIME_MAX))?;
        Ok(BufReader::new(stream))
    }

    /// The same for a server that must answer, and with this status.
    pub fn must(
        &mut self,
        status: u16,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut answer = self.ask(method, path, headers, body);
        // A server that has too much to do says so, and is asked again as it wishes.
        for _ in 0..OVERLOADED_TRIES_MAX {
            match &answer {
                Ok(later) if later.status == 503 && status != 503 => {
                    std::thread::sleep(Duration::from_secs(1));
                    answer = self.ask(method, path, headers, body);
                }
                _ => break,
            }
        }
        let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer
    }

    /// Names and entity tags of a calendar's members, by PROPFIND.
    pub fn list(&mut self, calendar: &str) -> BTreeMap<String, String> {
        let answer = self.must(207, "PROPFIND", calendar, &[("Depth", "1")], super::LIST);
        let members = answer.members(calendar).into_iter();
        members.filter_map(|(name, etag)| Some((name, etag?))).collect()
    }
}

fn read_answer(stream: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let malformed = || Error::new(ErrorKind::InvalidData, "no answer of HTTP/1.1");
    let status = read_line(stream)?;
    let status = status.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    let mut answer =
        Answer { status: status.ok_or_else(malformed)?, headers: Vec::new(), body: String::new() };
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(malformed)?;
        answer.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let body = if answer.header("transfer-encoding") == Some("chunked") {
        read_chunks(stream)?
    } else {
        let length = answer.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
        read_exactly(stream, length)?
    };
    answer.body = String::from_utf8(body).map_err(|_| malformed())?;
    Ok(answer)
}

fn read_chunks(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let length = usize::from_str_radix(&read_line(stream)?, 16);
        let length = length.map_err(|_| Error::new(ErrorKind::InvalidData, "no chunk"))?;
        whole.extend(read_exactly(stream, length)?);
        read_line(stream)?;
        if length == 0 {
            return Ok(whole);
        }
    }
}

fn read_exactly(stream: &mut BufReader<TcpStream>, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(Error::new(ErrorKind::UnexpectedEof, "the server hung up")),
    }
}

impl Answer {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The entity tag.
    pub fn etag(&self) -> &str {
        self.header("etag").unwrap_or_else(|| panic!("no entity tag: {self:?}"))
    }

    /// The body as XML.
    pub fn xml(&self) -> Element {
        xml::parse(self.body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Whether this is a room's "no, that time is taken".
    pub fn says_busy(&self) -> bool {
        let busy = Name::known("urn:terminraum:dav", "room-busy");
        self.status == 403 && self.xml().elements().any(|condition| condition.is(&busy))
    }

    /// The members of `calendar` that a multistatus names, in its order, each with its entity
    /// tag; those that are gone without. Read as text, since there may be many.
    pub fn members(&self, calendar: &str) -> Vec<(String, Option<String>)> {
        let mut members = Vec::new();
        for response in self.body.split("<D:response>").skip(1) {
            let href = between(response, "<D:href>", "</D:href>").unwrap();
            let name = href.strip_prefix(calendar).unwrap_or_else(|| panic!("{href}"));
            if name.is_empty() {
                continue;
            }
            let etag = between(response, "<D:getetag>", "</D:getetag>");
            members.push((name.to_owned(), etag.map(|etag| etag.replace("&quot;", "\""))));
        }
        members
    }

    /// The `DAV:sync-token` of an answer to `sync-collection`.
    pub fn sync_token(&self) -> String {
        let token = between(&self.body, "<D:sync-token>", "</D:sync-token>");
        token.unwrap_or_else(|| panic!("no token: {}", self.body)).to_owned()
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}
