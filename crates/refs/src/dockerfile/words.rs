//! One instruction as command, flags and words.
//!
//! Source: BuildKit `frontend/dockerfile/parser/split_command.go`, `line_parsers.go`, `parser.go` (`heredocsFromLine`).

use std::ops::Range;

use crate::mapped::Mapped;

/// A `--name=value` after quotes and escapes.
#[derive(Debug, Clone)]
pub(super) struct Flag {
    pub(super) name: String,
    pub(super) value: Mapped,
}

/// An instruction in parts.
#[derive(Debug, Clone)]
pub(super) struct Command {
    /// Lower case.
    pub(super) name: String,
    pub(super) flags: Vec<Flag>,
    /// What follows the flags.
    pub(super) rest: Mapped,
}

/// Every instruction of the Dockerfile reference.
pub(super) const INSTRUCTIONS: &[&str] = &[
    "add",
    "arg",
    "cmd",
    "copy",
    "entrypoint",
    "env",
    "expose",
    "from",
    "healthcheck",
    "label",
    "maintainer",
    "onbuild",
    "run",
    "shell",
    "stopsignal",
    "user",
    "volume",
    "workdir",
];

/// `[\t\v\f\r ]`
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

impl Command {
    /// Reads a line; nothing of an empty one.
    pub(super) fn read(line: &Mapped, escape: char) -> Option<Self> {
        let text = line.text();
        let start = text.len() - text.trim_start().len();
        let end = text.trim_end().len();
        if start >= end {
            return None;
        }
        let name_end = text[start..end].find(is_blank).map_or(end, |at| start + at);
        let name = text[start..name_end].to_ascii_lowercase();
        let (flags, rest) = flags(line, name_end..end, escape);
        Some(Self { name, flags, rest: line.part(rest) })
    }

    /// Of `ONBUILD` the instruction behind it decides (BuildKit `parser.go`, `canContainHeredoc`).
    pub(super) fn takes_heredocs(&self, escape: char) -> bool {
        let takes = |name: &str| matches!(name, "add" | "copy" | "run");
        takes(&self.name)
            || self.name == "onbuild"
                && Self::read(&self.rest, escape).is_some_and(|inner| takes(&inner.name))
    }

    pub(super) fn flag(&self, name: &str) -> impl Iterator<Item = &Mapped> {
        self.flags.iter().filter(move |flag| flag.name == name).map(|flag| &flag.value)
    }

    /// Words between blanks.
    pub(super) fn words(&self) -> Vec<Mapped> {
        let text = self.rest.text();
        let mut words = Vec::new();
        let mut start = None;
        for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
            match (is_blank(c), start) {
                (false, None) => start = Some(at),
                (true, Some(from)) => {
                    words.push(self.rest.part(from..at));
                    start = None;
                }
                _ => {}
            }
        }
        words
    }

    /// Words as `ARG` takes them: blanks in quotes or after the escape character do not part them.
    pub(super) fn quoted_words(&self, escape: char) -> Vec<Mapped> {
        let text = self.rest.text();
        let (mut words, mut start, mut quote, mut escaped) = (Vec::new(), None, None, false);
        for (at, c) in text.char_indices() {
            if start.is_none() && !c.is_whitespace() {
                start = Some(at);
            }
            if escaped {
                escaped = false;
            } else if c == escape && quote != Some('\'') {
                escaped = true;
            } else if quote == Some(c) {
                quote = None;
            } else if quote.is_none() && (c == '"' || c == '\'') {
                quote = Some(c);
            } else if quote.is_none()
                && c.is_whitespace()
                && let Some(from) = start.take()
            {
                words.push(self.rest.part(from..at));
            }
        }
        if let Some(from) = start {
            words.push(self.rest.part(from..text.len()));
        }
        words
    }
}

/// Leading words that start with `--`; gives them and where the rest begins.
fn flags(line: &Mapped, range: Range<usize>, escape: char) -> (Vec<Flag>, Range<usize>) {
    let text = line.text();
    let mut found = Vec::new();
    let mut at = range.start;
    loop {
        let rest = &text[at..range.end];
        at += rest.len() - rest.trim_start().len();
        if !text[at..range.end].starts_with("--") {
            return (found, at..range.end);
        }
        let (word, end) = flag_word(line, at..range.end, escape);
        at = end;
        if word.text() == "--" {
            return (found, at..range.end);
        }
        let (name, value) = match word.text().find('=') {
            Some(eq) => (&word.text()[2..eq.max(2)], word.part((eq + 1).max(2)..word.text().len())),
            None => (&word.text()[2..], Mapped::default()),
        };
        found.push(Flag { name: name.to_ascii_lowercase(), value });
    }
}

/// One word, without its quotes and escapes, and where it ends.
fn flag_word(line: &Mapped, range: Range<usize>, escape: char) -> (Mapped, usize) {
    let text = &line.text()[..range.end];
    let mut word = Mapped::default();
    let mut quote = None;
    let mut chars = text[range.start..].char_indices().map(|(at, c)| (range.start + at, c)).peekable();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            return (word, at);
        } else if quote.is_none() && (c == '"' || c == '\'') {
            quote = Some(c);
        } else if quote == Some(c) {
            quote = None;
        } else if c == escape {
            if let Some((next, escaped)) = chars.next() {
                word.push_part(line, next..next + escaped.len_utf8());
            }
        } else {
            word.push_part(line, at..at + c.len_utf8());
        }
    }
    (word, range.end)
}

/// A heredoc that a line opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heredoc {
    /// The line that ends it.
    pub(super) name: String,
    /// `<<-`: tabs before the end do not count.
    pub(super) chomp: bool,
}

/// `^(\d*)<<(-?)\s*([^<]*)$` for every shell word of the line; blanks after `<<` belong to the word.
pub(super) fn heredocs(line: &str) -> Vec<Heredoc> {
    shell_words(line).iter().filter_map(|word| heredoc(word)).collect()
}

fn heredoc(word: &str) -> Option<Heredoc> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, chomp) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let rest = rest.trim_start();
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let mut name = String::new();
    let (mut quote, mut escaped) = (None, false);
    for c in rest.chars() {
        if escaped {
            escaped = false;
            name.push(c);
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '"' || c == '\'') {
            quote = Some(c);
        } else if c == '\\' && quote != Some('\'') {
            escaped = true;
        } else {
            name.push(c);
        }
    }
    (quote.is_none() && !name.is_empty()).then_some(Heredoc { name, chomp })
}

/// Words with their quotes and escapes kept; none at all where a quote or a `${` is not closed, as BuildKit has it.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut quote = None;
    let mut at = 0;
    let text = |at: usize| line.get(at..).unwrap_or("");
    while let Some(c) = text(at).chars().next() {
        at += c.len_utf8();
        if quote.is_none() && c.is_whitespace() {
            words.push(std::mem::take(&mut word));
            continue;
        }
        word.push(c);
        if c == '\\' && quote != Some('\'') {
            let next = text(at).chars().next();
            at += next.map_or(0, char::len_utf8);
            word.extend(next);
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && (c == '"' || c == '\'') {
            quote = Some(c);
        } else if c == '$' && quote != Some('\'') && text(at).starts_with('{') && !closes(text(at + 1)) {
            return Vec::new();
        } else if quote.is_none() && c == '<' && text(at).starts_with('<') {
            word.push('<');
            at += 1;
            let rest = text(at);
            at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        }
    }
    if quote.is_some() {
        return Vec::new();
    }
    words.push(word);
    words
}

/// Whether what follows `${` is an expansion that BuildKit's lexer knows, with its `}`.
fn closes(rest: &str) -> bool {
    let special = rest.starts_with(['@', '*', '#', '?', '-', '$', '!']);
    let name = if special {
        1
    } else {
        rest.len() - rest.trim_start_matches(|c: char| c == '_' || c.is_alphanumeric()).len()
    };
    let after = &rest[name..];
    let operator = after.strip_prefix(':').map_or(after, |after| after);
    let known =
        if after.starts_with(':') { &['+', '-', '?'][..] } else { &['+', '-', '?', '#', '%', '/', '}'][..] };
    name > 0 && operator.starts_with(known) && operator.contains('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_words() {
        let line = Mapped::at(r#"  COPY --from="a b" --chown=x\ y -- --not /d"#, 5);
        let command = Command::read(&line, '\\').unwrap();
        assert_eq!(command.name, "copy");
        assert_eq!(command.flag("from").map(Mapped::text).collect::<Vec<_>>(), ["a b"]);
        assert_eq!(command.flag("chown").next().unwrap().text(), "x y");
        assert_eq!(command.words().iter().map(Mapped::text).collect::<Vec<_>>(), ["--not", "/d"]);
        let flag = command.flag("from").next().unwrap();
        assert_eq!(flag.exact(), Some(20..23));
        let arg = Command::read(&Mapped::at(r#"ARG A="x y" B C=1"#, 0), '\\').unwrap();
        let words = arg.quoted_words('\\');
        assert_eq!(words.iter().map(Mapped::text).collect::<Vec<_>>(), [r#"A="x y""#, "B", "C=1"]);
        assert!(Command::read(&Mapped::at("FROM --= --=x -", 0), '\\').is_some());
    }

    #[test]
    fn heredoc_words() {
        let names = |line: &str| heredocs(line).into_iter().map(|h| h.name).collect::<Vec<_>>();
        assert_eq!(names("RUN <<EOF"), ["EOF"]);
        assert_eq!(names("RUN cat 3<<-'E F'x << B"), ["E Fx", "B"]);
        assert_eq!(names("COPY <<\"A\" <<B /"), ["A", "B"]);
        assert_eq!(names("RUN echo it's <<EOF; echo ${a[0]} <<EOF"), [""; 0]);
        assert_eq!(names("RUN echo ${a[0]} <<EOF"), [""; 0]);
        assert_eq!(names("RUN echo ${a:-b} $c <<EOF"), ["EOF"]);
        assert_eq!(names("RUN cat <<<word; echo '<<EOF' a<<EOF $((1<<2))"), [""; 0]);
    }
}
