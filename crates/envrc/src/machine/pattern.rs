//! Patterns of `${x#…}` and `${x/…}`.

/// Steps of one match: beyond them it does not match, and the caller knows nothing.
const MAX_TRIES: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Any,
    /// Characters and ranges; negated.
    Class(Vec<(char, char)>, bool),
}

/// A pattern without extended globs.
#[derive(Debug, Clone, Default)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    /// Quoted text.
    pub(super) fn push_literal(&mut self, text: &str) {
        self.tokens.extend(text.chars().map(Token::Char));
    }

    /// Text that is no literal. False where it holds what is not followed: extended globs, classes with names.
    pub(super) fn push(&mut self, text: &str) -> bool {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            match c {
                '?' | '*' | '+' | '@' | '!' if chars.get(at) == Some(&'(') => return false,
                '*' => self.tokens.push(Token::Any),
                '?' => self.tokens.push(Token::One),
                '\\' => {
                    self.tokens.push(Token::Char(chars.get(at).copied().unwrap_or('\\')));
                    at += 1;
                }
                '[' => match class(&chars[at..]) {
                    Some((token, length)) => {
                        self.tokens.push(token);
                        at += length;
                    }
                    None => return false,
                },
                c => self.tokens.push(Token::Char(c)),
            }
        }
        true
    }

    /// It says nothing of the characters: `${x^^}`.
    pub(super) fn is_any(&self) -> bool {
        self.tokens.is_empty() || self.tokens == [Token::One]
    }

    fn matches(&self, text: &[char]) -> bool {
        let (tokens, mut tries) = (&self.tokens, 0);
        let (mut t, mut at, mut star) = (0, 0, None);
        while at < text.len() {
            tries += 1;
            if tries > MAX_TRIES {
                return false;
            }
            match tokens.get(t) {
                Some(Token::Any) => {
                    star = Some((t, at));
                    t += 1;
                }
                Some(token) if token.takes(text[at]) => {
                    t += 1;
                    at += 1;
                }
                _ => {
                    let Some((back, from)) = star else { return false };
                    star = Some((back, from + 1));
                    t = back + 1;
                    at = from + 1;
                }
            }
        }
        tokens[t..].iter().all(|token| *token == Token::Any)
    }

    /// The lengths of beginnings that match, the shortest first.
    fn beginnings(&self, text: &[char]) -> impl DoubleEndedIterator<Item = usize> {
        (0..=text.len()).filter(|end| self.matches(&text[..*end]))
    }

    pub(super) fn without_prefix(&self, text: &str, longest: bool) -> String {
        let chars: Vec<char> = text.chars().collect();
        let end = if longest { self.beginnings(&chars).next_back() } else { self.beginnings(&chars).next() };
        chars[end.unwrap_or(0)..].iter().collect()
    }

    pub(super) fn without_suffix(&self, text: &str, longest: bool) -> String {
        let chars: Vec<char> = text.chars().collect();
        let mut starts = (0..=chars.len()).filter(|start| self.matches(&chars[*start..]));
        let start = if longest { starts.next() } else { starts.next_back() };
        chars[..start.unwrap_or(chars.len())].iter().collect()
    }

    pub(super) fn replaced(&self, text: &str, with: &str, all: bool) -> String {
        let chars: Vec<char> = text.chars().collect();
        let (mut result, mut at) = (String::new(), 0);
        if self.tokens.is_empty() {
            return text.to_owned();
        }
        // Only an empty text has an empty match.
        if chars.is_empty() && self.matches(&chars) {
            return with.to_owned();
        }
        while at < chars.len() {
            let matched = self.beginnings(&chars[at..]).next_back().filter(|length| *length > 0);
            let Some(length) = matched else {
                result.push(chars[at]);
                at += 1;
                continue;
            };
            result.push_str(with);
            at += length;
            if !all {
                break;
            }
        }
        result.extend(&chars[at..]);
        result
    }

    pub(super) fn replaced_start(&self, text: &str, with: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        match self.beginnings(&chars).next_back() {
            Some(end) => with.chars().chain(chars[end..].iter().copied()).collect(),
            None => text.to_owned(),
        }
    }

    pub(super) fn replaced_end(&self, text: &str, with: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        match (0..=chars.len()).find(|start| self.matches(&chars[*start..])) {
            Some(start) => chars[..start].iter().copied().chain(with.chars()).collect(),
            None => text.to_owned(),
        }
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::One => true,
            Self::Any => false,
            Self::Class(ranges, negated) => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
            }
        }
    }
}

/// What follows `[`, and its length.
fn class(chars: &[char]) -> Option<(Token, usize)> {
    let negated = matches!(chars.first(), Some('!' | '^'));
    let start = usize::from(negated);
    let (mut at, mut ranges) = (start, Vec::new());
    loop {
        match *chars.get(at)? {
            ']' if at > start => return Some((Token::Class(ranges, negated), at + 1)),
            // Names of classes, and backslashes.
            '[' | '\\' => return None,
            from => match (chars.get(at + 1), chars.get(at + 2)) {
                (Some('-'), Some(to)) if *to != ']' => {
                    ranges.push((from, *to));
                    at += 3;
                }
                _ => {
                    ranges.push((from, from));
                    at += 1;
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn pattern(text: &str) -> Pattern {
        let mut pattern = Pattern::default();
        assert!(pattern.push(text), "{text}");
        pattern
    }

    #[test]
    fn ends_are_removed() {
        for (text, of, prefix, longest, suffix, all) in [
            ("a/b/c", "*/", "b/c", "c", "a/b/c", "a/b/c"),
            ("a.b.c", ".*", "a.b.c", "a.b.c", "a.b", "a"),
            ("xyz", "?", "yz", "yz", "xy", "xy"),
            ("x1y", "[a-z]", "1y", "1y", "x1", "x1"),
            ("x1y", "[!0-9]", "1y", "1y", "x1", "x1"),
        ] {
            let pattern = pattern(of);
            assert_eq!(pattern.without_prefix(text, false), prefix, "{of}");
            assert_eq!(pattern.without_prefix(text, true), longest, "{of}");
            assert_eq!(pattern.without_suffix(text, false), suffix, "{of}");
            assert_eq!(pattern.without_suffix(text, true), all, "{of}");
        }
    }

    #[test]
    fn matches_are_replaced() {
        assert_eq!(pattern("a").replaced("banana", "o", false), "bonana");
        assert_eq!(pattern("a").replaced("banana", "o", true), "bonono");
        assert_eq!(pattern("a*").replaced("banana", "o", true), "bo");
        assert_eq!(pattern("b").replaced_start("banana", "o"), "oanana");
        assert_eq!(pattern("a").replaced_end("banana", "o"), "banano");
        assert_eq!(pattern("").replaced("a", "x", true), "a");
        assert_eq!(
            (pattern("*").replaced("", "x", true), pattern("?").replaced("", "x", true)),
            ("x".into(), String::new())
        );
        assert!(!Pattern::default().push("@(a)") && !Pattern::default().push("[[:alpha:]]"));
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let many = pattern(&"*a".repeat(200));
        assert_eq!(many.without_prefix(&"b".repeat(300), true), "b".repeat(300));
    }
}
