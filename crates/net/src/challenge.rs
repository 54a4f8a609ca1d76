//! `WWW-Authenticate`, parsed strictly and bounded (RFC 9110 11.6.1; RFC 6750 3; RFC 7617 2).

/// Longest header value that is parsed, in bytes.
const MAX_HEADER: usize = 8 * 1024;
/// Most challenges in one header value.
const MAX_CHALLENGES: usize = 8;
/// Most parameters of one challenge.
const MAX_PARAMETERS: usize = 16;

/// One challenge: a scheme and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, lower case: `bearer`, `basic`.
    pub scheme: String,
    /// Parameters in order; names lower case and unique, values unquoted.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why a text is no list of challenges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ChallengeError(pub &'static str);

/// Parses the value of one `WWW-Authenticate` header: one challenge or more, separated by commas.
///
/// Nothing is guessed: text that the grammar does not have, a parameter given twice, or more than the caps allow is an
/// error, since each of these is a way for two readers to see different realms.
pub fn parse_challenge(text: &str) -> Result<Vec<Challenge>, ChallengeError> {
    if text.len() > MAX_HEADER {
        return Err(ChallengeError("longer than 8 KiB"));
    }
    let mut cursor = Cursor { rest: text };
    let mut challenges = Vec::new();
    cursor.separators();
    while !cursor.rest.is_empty() {
        if challenges.len() == MAX_CHALLENGES {
            return Err(ChallengeError("more than 8 challenges"));
        }
        challenges.push(cursor.challenge()?);
    }
    if challenges.is_empty() { Err(ChallengeError("no challenge in it")) } else { Ok(challenges) }
}

struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|b| !wanted(b)).unwrap_or(self.rest.len());
        // `wanted` accepts ASCII alone, so `end` is on a character boundary.
        let (head, tail) = self.rest.split_at(end);
        self.rest = tail;
        head
    }

    fn spaces(&mut self) -> bool {
        !self.take_while(|b| b == b' ' || b == b'\t').is_empty()
    }

    /// `OWS "," OWS`, any number: an empty list element is allowed. Says whether there was a comma.
    fn separators(&mut self) -> bool {
        self.take_while(|b| matches!(b, b' ' | b'\t' | b',')).contains(',')
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.rest.strip_prefix(wanted).map(|rest| self.rest = rest).is_some()
    }

    fn challenge(&mut self) -> Result<Challenge, ChallengeError> {
        let scheme = self.take_while(is_token);
        if scheme.is_empty() {
            return Err(ChallengeError("no authentication scheme where one belongs"));
        }
        let mut challenge = Challenge { scheme: scheme.to_ascii_lowercase(), parameters: Vec::new() };
        let spaced = self.spaces();
        if self.rest.is_empty() || self.separators() {
            return Ok(challenge);
        }
        if !spaced {
            return Err(ChallengeError("no space after the authentication scheme"));
        }
        if self.token68() {
            return Ok(challenge);
        }
        loop {
            let Some(parameter) = self.parameter()? else {
                return if challenge.parameters.is_empty() {
                    Err(ChallengeError("no parameter where one belongs"))
                } else {
                    Ok(challenge)
                };
            };
            if challenge.parameters.iter().any(|(name, _)| *name == parameter.0) {
                return Err(ChallengeError("a parameter is given twice"));
            }
            if challenge.parameters.len() == MAX_PARAMETERS {
                return Err(ChallengeError("more than 16 parameters"));
            }
            challenge.parameters.push(parameter);
            if self.rest.is_empty() {
                return Ok(challenge);
            }
            if !self.separators() {
                return Err(ChallengeError("no comma between parameters"));
            }
        }
    }

    /// Skips a `token68` such as Negotiate sends, if what follows is one; we answer none of these schemes.
    fn token68(&mut self) -> bool {
        let before = self.rest;
        let body = self.take_while(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b));
        self.take_while(|b| b == b'=');
        if !body.is_empty() && (self.rest.is_empty() || self.separators()) {
            return true;
        }
        self.rest = before;
        false
    }

    /// `name BWS "=" BWS (token / quoted-string)`; `None` and nothing consumed if a new challenge begins here.
    fn parameter(&mut self) -> Result<Option<(String, String)>, ChallengeError> {
        let before = self.rest;
        let name = self.take_while(is_token);
        self.spaces();
        if name.is_empty() || !self.eat('=') {
            self.rest = before;
            return Ok(None);
        }
        self.spaces();
        let value = if self.eat('"') {
            self.quoted()?
        } else {
            match self.take_while(is_token) {
                "" => return Err(ChallengeError("a parameter without a value")),
                token => token.to_owned(),
            }
        };
        Ok(Some((name.to_ascii_lowercase(), value)))
    }

    fn quoted(&mut self) -> Result<String, ChallengeError> {
        let mut value = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                '\\' => match chars.next() {
                    Some((_, escaped)) if escaped == '\t' || !escaped.is_control() => value.push(escaped),
                    _ => return Err(ChallengeError("an escape of nothing")),
                },
                c if c.is_control() && c != '\t' => return Err(ChallengeError("a control character")),
                c => value.push(c),
            }
        }
        Err(ChallengeError("a quote that is not closed"))
    }
}

/// RFC 9110 5.6.2.
fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Challenge {
        let mut all = parse_challenge(text).unwrap();
        assert_eq!(all.len(), 1, "{text}");
        all.remove(0)
    }

    #[test]
    fn reads_what_registries_send() {
        let hub = one(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
        );
        assert_eq!(hub.scheme, "bearer");
        assert_eq!(hub.parameter("realm"), Some("https://auth.docker.io/token"));
        assert_eq!(hub.parameter("scope"), Some("repository:a/b:pull,push"));
        assert_eq!(hub.parameter("error"), None);
        assert_eq!(one("BASIC Realm = \"a \\\"b\\\"\"").parameter("realm"), Some("a \"b\""));
        assert_eq!(one("Basic realm=token , charset=UTF-8").parameter("charset"), Some("UTF-8"));
        assert_eq!(one(", ,Basic realm=\"\",").parameter("realm"), Some(""));
        assert_eq!(one("Bearer realm=\"x\",").parameters.len(), 1);
    }

    #[test]
    fn reads_several_challenges() {
        let all = parse_challenge(r#"Negotiate YWJj==, Bearer realm="r",service=s, Basic realm="b", Digest"#)
            .unwrap();
        let schemes: Vec<_> = all.iter().map(|c| c.scheme.as_str()).collect();
        assert_eq!(schemes, ["negotiate", "bearer", "basic", "digest"]);
        assert_eq!(all[1].parameter("service"), Some("s"));
        assert_eq!(parse_challenge("Basic, Bearer realm=x").unwrap().len(), 2);
    }

    #[test]
    fn refuses_what_two_readers_could_read_differently() {
        let many = "A,".repeat(9);
        let wide =
            "abcdefghijklmnopq".chars().fold("Bearer ".to_owned(), |text, name| text + &format!("{name}=1,"));
        let long = format!("Bearer realm=\"{}\"", "a".repeat(MAX_HEADER));
        for bad in [
            "",
            " , ",
            "Bearer realm=\"a\", realm=\"b\"",
            "Bearer realm=\"a",
            "Bearer realm=\"a\\",
            "=x",
            "Bearer =x",
            "Bearer realm=\"a\" service=\"b\"",
            "Bearer realm=, service=b",
            "Bearer realm=\"a\u{1}\"",
            "Bearer\"x\"",
            "Bearer realm=\"a\"b",
            "Bär realm=x",
            &many,
            &wide,
            &long,
        ] {
            assert!(parse_challenge(bad).is_err(), "{bad}");
        }
        // A lone word is a token68 by the grammar: a challenge without a realm, which nobody answers.
        for lone in ["Bearer realm", "Bearer realm="] {
            assert_eq!(one(lone).parameter("realm"), None, "{lone}");
        }
    }

    #[test]
    fn never_panics() {
        let alphabet = ["Bearer", " ", "=", "\"", ",", "\\", "ä", "a", "\u{0}", "realm"];
        for n in 0..100_000_usize {
            let text: String = (0..5).map(|i| alphabet[n / 10_usize.pow(i) % 10]).collect();
            let _ = parse_challenge(&text);
        }
    }
}
