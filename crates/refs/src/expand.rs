//! Variables in Dockerfiles and compose files: defaults are put in, what has none makes the value unresolved.
//!
//! Sources: Dockerfile reference, "Environment replacement"; BuildKit `frontend/dockerfile/shell/lex.go`; compose
//! specification, "Interpolation".

use crate::found::Unresolved;
use crate::mapped::Mapped;

/// Longest value that is put together; no reference is longer, and defaults of defaults can grow without end.
const MAX_VALUE: usize = 4096;
/// Nesting of `${A:-${B:-…}}`.
const MAX_NESTING: usize = 16;

/// Whose rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// Quotes and an escape character, as in a shell.
    Dockerfile {
        /// `\`, or what `# escape=` says.
        escape: char,
    },
    /// No quotes; `$$` is a dollar sign.
    Compose,
}

/// What is known of a variable.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'a> {
    /// Nothing: its value comes from outside, if there is one.
    Unset,
    /// It has a value that the file does not tell, such as `TARGETPLATFORM`.
    Opaque,
    /// It has this default.
    Value(&'a Expanded),
}

/// A word after expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expanded {
    /// The value, with the places that it came from.
    pub(crate) text: Mapped,
    /// Variables whose default is part of it, those of defaults included.
    pub(crate) names: Vec<String>,
    /// Variables that are only a part of it: a change of theirs is not a change of it alone.
    pub(crate) partial: Vec<String>,
    /// Why the value is not known.
    pub(crate) unresolved: Option<Unresolved>,
}

impl Expanded {
    pub(crate) fn literal(text: Mapped) -> Self {
        Self { text, ..Self::default() }
    }
}

/// Expands one word.
pub(crate) fn expand<'a>(
    word: &'a Mapped,
    syntax: Syntax,
    lookup: &'a dyn Fn(&str) -> Known<'a>,
) -> Expanded {
    let mut reader =
        Reader { word, at: 0, syntax, lookup, failed: None, names: Vec::new(), uses: Vec::new() };
    let text = reader.until(None, 0);
    let whole = text.text().len();
    let (inside, all): (Vec<_>, Vec<_>) = reader.uses.into_iter().partition(|(_, len)| *len != whole);
    let mut partial: Vec<String> = inside.into_iter().map(|(name, _)| name).collect();
    // Twice in one value is not the value either.
    if all.len() > 1 && whole == 0 {
        partial.extend(all.into_iter().map(|(name, _)| name));
    }
    Expanded { text, names: reader.names, partial, unresolved: reader.failed }
}

struct Reader<'a> {
    word: &'a Mapped,
    at: usize,
    syntax: Syntax,
    lookup: &'a dyn Fn(&str) -> Known<'a>,
    failed: Option<Unresolved>,
    names: Vec<String>,
    /// Variables that were put in, with the length of their value.
    uses: Vec<(String, usize)>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.word.text().get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn fail(&mut self, why: Unresolved) {
        if self.failed.is_none() {
            self.failed = Some(why);
        }
    }

    fn append(&mut self, out: &mut Mapped, part: &Mapped) {
        if out.text().len() + part.text().len() > MAX_VALUE {
            self.fail(Unresolved::TooLong);
        } else {
            out.push_part(part, 0..part.text().len());
        }
    }

    /// Copies what stands in the word from `start` to here.
    fn copy(&mut self, out: &mut Mapped, start: usize) {
        let part = self.word.part(start..self.at);
        self.append(out, &part);
    }

    fn escape(&self) -> Option<char> {
        match self.syntax {
            Syntax::Dockerfile { escape } => Some(escape),
            Syntax::Compose => None,
        }
    }

    /// Reads to the end, or to `stop`, which is consumed.
    fn until(&mut self, stop: Option<char>, depth: usize) -> Mapped {
        let mut out = Mapped::default();
        while let Some(next) = self.peek() {
            let start = self.at;
            if Some(next) == stop {
                self.next();
                return out;
            }
            match next {
                '$' => self.dollar(&mut out, depth),
                '\'' if self.escape().is_some() => self.single(&mut out),
                '"' if self.escape().is_some() => self.double(&mut out, depth),
                _ => {
                    self.next();
                    if Some(next) == self.escape() {
                        let escaped = self.at;
                        self.next();
                        self.copy(&mut out, escaped);
                    } else {
                        self.copy(&mut out, start);
                    }
                }
            }
        }
        if stop.is_some() {
            self.fail(Unresolved::Expansion(self.word.text().chars().take(80).collect()));
        }
        out
    }

    fn single(&mut self, out: &mut Mapped) {
        self.next();
        let start = self.at;
        while self.peek().is_some_and(|c| c != '\'') {
            self.next();
        }
        self.copy(out, start);
        if self.next().is_none() {
            self.fail(Unresolved::Expansion(self.since(start.saturating_sub(1))));
        }
    }

    fn double(&mut self, out: &mut Mapped, depth: usize) {
        let open = self.at;
        self.next();
        while let Some(next) = self.peek() {
            let mut start = self.at;
            match next {
                '"' => {
                    self.next();
                    return;
                }
                '$' => self.dollar(out, depth),
                _ => {
                    self.next();
                    let follows = self.peek();
                    let special = |c: char| c == '"' || c == '$' || Some(c) == self.escape();
                    if Some(next) == self.escape() && follows.is_some_and(special) {
                        start = self.at;
                        self.next();
                    }
                    self.copy(out, start);
                }
            }
        }
        self.fail(Unresolved::Expansion(self.since(open)));
    }

    /// `$name` or `${name…}`.
    fn dollar(&mut self, out: &mut Mapped, depth: usize) {
        let start = self.at;
        self.next();
        if self.syntax == Syntax::Compose && self.peek() == Some('$') {
            let second = self.at;
            self.next();
            self.copy(out, second);
            return;
        }
        let braces = self.peek() == Some('{');
        if braces {
            self.next();
        }
        let name = self.name();
        if name.is_empty() {
            if braces {
                self.until(Some('}'), depth + 1);
                self.fail(Unresolved::Expansion(self.since(start)));
            }
            self.copy(out, start);
        } else if braces {
            self.braces(out, start, &name, depth);
        } else {
            self.value(out, start, &name);
        }
    }

    fn since(&self, start: usize) -> String {
        self.word.text().get(start..self.at).unwrap_or("").chars().take(80).collect()
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while let Some(next) = self.peek() {
            let digit = next.is_ascii_digit() && self.at > start;
            if !(next.is_ascii_alphabetic() || next == '_' || digit) {
                break;
            }
            self.next();
        }
        self.since(start)
    }

    fn braces(&mut self, out: &mut Mapped, start: usize, name: &str, depth: usize) {
        let mut operator = self.next();
        let empty_is_unset = operator == Some(':');
        if empty_is_unset {
            operator = self.next();
        }
        let known = (self.lookup)(name);
        let set = match known {
            Known::Value(value) => !(empty_is_unset && value.text.text().is_empty()),
            Known::Opaque => true,
            Known::Unset => false,
        };
        match operator {
            Some('}') if !empty_is_unset => self.value(out, start, name),
            Some('-' | '+' | '?') if depth >= MAX_NESTING => {
                // Not read further: the word around it is unresolved anyway.
                self.at = self.word.text().len();
                self.fail(Unresolved::TooLong);
            }
            Some('-') => {
                let word = self.until_quietly(depth, !set);
                if set {
                    self.value(out, start, name);
                } else {
                    self.names.push(name.to_owned());
                    self.append(out, &word);
                }
            }
            Some('+') => {
                let word = self.until_quietly(depth, set);
                self.names.push(name.to_owned());
                if set {
                    self.append(out, &word);
                }
            }
            Some('?') => {
                self.until_quietly(depth, false);
                self.value(out, start, name);
            }
            _ => {
                self.until_quietly(depth, false);
                self.fail(Unresolved::Expansion(self.since(start)));
                self.copy(out, start);
            }
        }
    }

    /// Reads the word of `${A:-word}`; what is in a word that is not taken does not count.
    fn until_quietly(&mut self, depth: usize, taken: bool) -> Mapped {
        let before = (self.failed.clone(), self.names.len(), self.uses.len());
        let word = self.until(Some('}'), depth + 1);
        if !taken {
            self.failed = before.0;
            self.names.truncate(before.1);
            self.uses.truncate(before.2);
        }
        word
    }

    /// The value of a variable, or the words `$name` if it has none.
    fn value(&mut self, out: &mut Mapped, start: usize, name: &str) {
        match (self.lookup)(name) {
            Known::Value(value) => {
                self.names.push(name.to_owned());
                self.names.extend(value.names.iter().cloned());
                self.uses.push((name.to_owned(), value.text.text().len()));
                if let Some(why) = value.unresolved.clone() {
                    self.fail(why);
                }
                self.append(out, &value.text);
                self.names.truncate(64);
            }
            Known::Unset | Known::Opaque => {
                self.fail(Unresolved::Variable(name.to_owned()));
                self.copy(out, start);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compose(text: &str) -> (String, Option<Unresolved>, Vec<String>) {
        let word = Mapped::at(text, 0);
        let lookup = |_: &str| Known::Unset;
        let out = expand(&word, Syntax::Compose, &lookup);
        (out.text.text().to_owned(), out.unresolved, out.names)
    }

    #[test]
    fn compose_defaults() {
        let plain = |text: &str| (text.to_owned(), None, Vec::<String>::new());
        assert_eq!(compose("nginx:1"), plain("nginx:1"));
        assert_eq!(compose("a$$b"), plain("a$b"));
        assert_eq!(compose("'a'"), plain("'a'"));
        assert_eq!(compose("x:${T:-1}"), ("x:1".into(), None, vec!["T".into()]));
        assert_eq!(compose("x:${T-1}").0, "x:1");
        assert_eq!(compose("x${T:+1}").0, "x");
        assert_eq!(compose("${A:-${B:-c}}"), ("c".into(), None, vec!["B".into(), "A".into()]));
        assert_eq!(compose("x:$T").1, Some(Unresolved::Variable("T".into())));
        assert_eq!(compose("x:${T:?no}").1, Some(Unresolved::Variable("T".into())));
        assert_eq!(compose("x:${T").1, Some(Unresolved::Expansion("${T".into())));
        assert_eq!(compose("x:${}").1, Some(Unresolved::Expansion("${}".into())));
    }

    #[test]
    fn dockerfile_words() {
        let version = Expanded::literal(Mapped::at("3.18", 100));
        let word = Mapped::at(r#""alpine":${V}-'x'\y${U:-z}${V:+q}${N#a}"#, 0);
        let lookup = |name: &str| if name == "V" { Known::Value(&version) } else { Known::Unset };
        let out = expand(&word, Syntax::Dockerfile { escape: '\\' }, &lookup);
        assert_eq!(out.text.text(), "alpine:3.18-xyzq${N#a}");
        assert_eq!(out.unresolved, Some(Unresolved::Expansion("${N#a}".into())));
        assert_eq!(out.partial, ["V"]);
        let word = Mapped::at("${V:-no}", 0);
        let out = expand(&word, Syntax::Dockerfile { escape: '\\' }, &lookup);
        assert_eq!((out.text.exact(), out.partial.len()), (Some(100..104), 0));
    }

    #[test]
    fn growth_is_capped() {
        let mut value = Expanded::literal(Mapped::at("aaaaaaaa", 0));
        for _ in 0..40 {
            let word = Mapped::at("$A$A$A$A$A$A$A$A", 0);
            let lookup = |_: &str| Known::Value(&value);
            value = expand(&word, Syntax::Dockerfile { escape: '\\' }, &lookup);
        }
        assert!(value.text.text().len() <= MAX_VALUE);
        assert_eq!(value.unresolved, Some(Unresolved::TooLong));
        let deep = "${A:-".repeat(10_000);
        assert!(compose(&deep).1.is_some());
    }
}
