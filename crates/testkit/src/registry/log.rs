//! The request log.

use std::collections::BTreeMap;

use super::route::Route;

/// One request, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Method.
    pub method: String,
    /// Path, without query.
    pub path: String,
    /// What follows `?`, if anything does.
    pub query: String,
    /// Headers by lower-case name; of repeated ones the last.
    pub headers: BTreeMap<String, String>,
    /// The repository of the path; empty if it names none.
    pub repository: String,
    /// The resource of the path.
    pub route: Route,
}

impl LoggedRequest {
    /// The value of a header, by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The value of a query parameter, percent-decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| decode(value))
    }
}

/// Percent-decoding; what is no escape stays.
fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let escape = (byte == b'%').then(|| bytes.as_slice_prefix());
        match escape.flatten() {
            Some(value) => {
                bytes.nth(1);
                out.push(value);
            }
            None => out.push(if byte == b'+' { b' ' } else { byte }),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

trait HexPrefix {
    /// The byte that the next two hexadecimal digits stand for.
    fn as_slice_prefix(&self) -> Option<u8>;
}

impl HexPrefix for std::str::Bytes<'_> {
    fn as_slice_prefix(&self) -> Option<u8> {
        let mut ahead = self.clone();
        let digits = [ahead.next()?, ahead.next()?];
        u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let request = LoggedRequest {
            method: "GET".to_owned(),
            path: "/token".to_owned(),
            query: "service=a%20b&scope=repository%3Aacme%2Fapp%3Apull&odd=%zz".to_owned(),
            headers: BTreeMap::new(),
            repository: String::new(),
            route: Route::Token,
        };
        assert_eq!(request.parameter("scope").as_deref(), Some("repository:acme/app:pull"));
        assert_eq!(request.parameter("service").as_deref(), Some("a b"));
        assert_eq!(request.parameter("odd").as_deref(), Some("%zz"));
        assert_eq!(request.parameter("none"), None);
    }
}
