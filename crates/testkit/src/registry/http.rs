//! As much of HTTP/1.1 as a registry needs (RFC 9112).

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::body::Body;
use super::log::LoggedRequest;
use super::route::Route;

/// Longest request head: tests send small ones.
const MAX_HEAD: u64 = 64 * 1024;

/// An answer before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: Body::Bytes(body),
        }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::new(200, "application/json", value.to_string().into_bytes())
    }

    /// An error body of the distribution specification.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        let body = json!({ "errors": [{ "code": code, "message": "as the test asks for" }] });
        Self { status, ..Self::json(&body) }
    }

    /// Sets a header; an older one of the same name goes.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes head and body; whether the connection may be used again.
    pub(crate) fn write(
        &self,
        stream: &mut TcpStream,
        head_only: bool,
        stopped: &dyn Fn() -> bool,
    ) -> io::Result<bool> {
        let mut head = format!("HTTP/1.1 {} X\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        }
        head.push_str(&self.body.length_header());
        head.push_str("\r\n");
        if head_only && !matches!(self.body, Body::Reset | Body::Silent) {
            stream.write_all(head.as_bytes())?;
            return Ok(true);
        }
        self.body.write(stream, head.as_bytes(), stopped)
    }
}

/// Reads one request head. `None` is the end of the connection, or something that is no request.
pub(crate) fn read(reader: &mut BufReader<TcpStream>) -> Option<LoggedRequest> {
    let mut lines = Vec::new();
    let mut limited = reader.take(MAX_HEAD);
    loop {
        let mut line = String::new();
        if limited.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut parts = lines.first()?.split(' ');
    let (method, target) = (parts.next()?, parts.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<_, _> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let (repository, route) = Route::parse(path);
    Some(LoggedRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        repository,
        route,
    })
}
