//! What is odd about the bytes themselves: judged before anything is parsed, because it is how a script that is read
//! and the script that runs come apart.

use crate::{Limits, Span};

/// What is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OddityKind {
    /// No UTF-8; the script is not parsed.
    InvalidUtf8,
    /// NUL, which bash leaves out as it reads; the script is not parsed.
    Nul,
    /// U+FEFF at the beginning: bash takes it for a part of the first word.
    ByteOrderMark,
    /// A bidirectional control: what is shown has another order than what runs (CVE-2021-42574).
    Bidi,
    /// A character without width.
    Invisible,
    /// A space that is none for bash, so that a word goes on where the eye sees it end.
    OddSpace,
    /// Latin letters and letters of another script that look like Latin ones, in one word.
    MixedScript,
    /// A carriage return inside a line: what comes after it overwrites the line on a terminal.
    CarriageReturn,
    /// A carriage return before a newline: bash takes it for a part of the last word.
    LineEnd,
    /// ESC or CSI: a sequence that a terminal obeys.
    Escape,
    /// Another control character than tab and newline.
    Control,
    /// There are more; the span is the rest of the file.
    More,
}

/// Something odd, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oddity {
    /// What it is.
    pub kind: OddityKind,
    /// The characters, or the word in which scripts are mixed.
    pub span: Span,
}

/// What is odd about these bytes, in order; neighbours of one kind are one.
pub fn judge_encoding(bytes: &[u8], limits: &Limits) -> Vec<Oddity> {
    let mut judge = Judge { found: Vec::new(), word: Span::new(0, 0), latin: false, alike: false };
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let mut chars = chunk.valid().chars().peekable();
        while let Some(c) = chars.next() {
            judge.character(c, chars.peek().copied(), at);
            at += c.len_utf8();
        }
        if !chunk.invalid().is_empty() {
            judge.end_word();
            judge.push(OddityKind::InvalidUtf8, at, chunk.invalid().len());
            at += chunk.invalid().len();
        }
        if judge.found.len() > limits.oddities {
            break;
        }
    }
    judge.end_word();
    let mut found = judge.found;
    if found.len() > limits.oddities {
        let start = found[limits.oddities].span.start;
        found.truncate(limits.oddities);
        found.push(Oddity { kind: OddityKind::More, span: Span::new(start, bytes.len()) });
    }
    found
}

struct Judge {
    found: Vec<Oddity>,
    /// The word that is being read, and of which letters it is.
    word: Span,
    latin: bool,
    alike: bool,
}

impl Judge {
    fn character(&mut self, c: char, next: Option<char>, at: usize) {
        if c.is_alphanumeric() || c == '_' {
            if self.word.start == self.word.end {
                self.word.start = at;
            }
            self.word.end = at + c.len_utf8();
            self.latin |= c.is_ascii_alphabetic();
            self.alike |= looks_latin(c);
        } else if !is_invisible(c) {
            self.end_word();
        }
        if let Some(kind) = kind(c, next, at) {
            self.push(kind, at, c.len_utf8());
        }
    }

    fn end_word(&mut self) {
        let word = self.word;
        if self.latin && self.alike {
            self.found.push(Oddity { kind: OddityKind::MixedScript, span: word });
        }
        self.word = Span::new(word.end, word.end);
        (self.latin, self.alike) = (false, false);
    }

    fn push(&mut self, kind: OddityKind, at: usize, length: usize) {
        if let Some(last) = self.found.last_mut()
            && last.kind == kind
            && last.span.end == at
        {
            last.span.end += length;
        } else {
            self.found.push(Oddity { kind, span: Span::new(at, at + length) });
        }
    }
}

fn kind(c: char, next: Option<char>, at: usize) -> Option<OddityKind> {
    Some(match c {
        '\t' | '\n' => return None,
        '\0' => OddityKind::Nul,
        '\r' if next == Some('\n') => OddityKind::LineEnd,
        '\r' => OddityKind::CarriageReturn,
        '\u{1b}' | '\u{9b}' => OddityKind::Escape,
        '\u{feff}' if at == 0 => OddityKind::ByteOrderMark,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            OddityKind::Bidi
        }
        // Line and paragraph separator end a line for some editors, and none for bash.
        '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}'
        | '\u{2800}' => OddityKind::OddSpace,
        _ if is_invisible(c) => OddityKind::Invisible,
        _ if c.is_control() => OddityKind::Control,
        _ => return None,
    })
}

/// Characters that nobody sees: joiners, fillers, tags, variation selectors. A variation selector after an emoji is
/// honest, and its kind is still said: whoever asks knows where it stands.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Letters of scripts and forms that have signs like those of Latin: Greek, Cyrillic, Armenian, Cherokee, Coptic, Lisu,
/// letterlike and mathematical signs, small forms, full width.
fn looks_latin(c: char) -> bool {
    matches!(c,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' | '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}'
        | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}'
        | '\u{ab70}'..='\u{abbf}' | '\u{2c80}'..='\u{2cff}' | '\u{a4d0}'..='\u{a4ff}' | '\u{2100}'..='\u{214f}'
        | '\u{2160}'..='\u{2188}' | '\u{1d400}'..='\u{1d7ff}' | '\u{ff10}'..='\u{ff5a}' | '\u{250}'..='\u{2af}'
        | '\u{1d00}'..='\u{1dbf}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Vec<(OddityKind, &str)> {
        let found = judge_encoding(text.as_bytes(), &Limits::default());
        found.iter().map(|oddity| (oddity.kind, oddity.span.of(text))).collect()
    }

    #[test]
    fn each_kind_with_its_span() {
        for (text, expected) in [
            ("echo ok\t# naïve, 漢字-x, дом x\n", vec![]),
            (
                "a\u{202e}b\u{2066}\u{2069}",
                vec![(OddityKind::Bidi, "\u{202e}"), (OddityKind::Bidi, "\u{2066}\u{2069}")],
            ),
            ("c\u{200b}url", vec![(OddityKind::Invisible, "\u{200b}")]),
            ("a\u{a0}b", vec![(OddityKind::OddSpace, "\u{a0}")]),
            ("https://ex\u{430}mple.test", vec![(OddityKind::MixedScript, "ex\u{430}mple")]),
            ("\u{441}url", vec![(OddityKind::MixedScript, "\u{441}url")]),
            ("a\rb", vec![(OddityKind::CarriageReturn, "\r")]),
            ("a\r\nb\r", vec![(OddityKind::LineEnd, "\r"), (OddityKind::CarriageReturn, "\r")]),
            ("\u{1b}[2J", vec![(OddityKind::Escape, "\u{1b}")]),
            ("a\u{7}\u{8}", vec![(OddityKind::Control, "\u{7}\u{8}")]),
            ("a\0", vec![(OddityKind::Nul, "\0")]),
            (
                "\u{feff}a\u{feff}",
                vec![(OddityKind::ByteOrderMark, "\u{feff}"), (OddityKind::Invisible, "\u{feff}")],
            ),
        ] {
            assert_eq!(judged(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_invisible_character_does_not_part_a_word() {
        let text = "\u{441}\u{200b}url";
        assert!(judged(text).contains(&(OddityKind::MixedScript, text)));
    }

    #[test]
    fn what_is_no_utf8_has_its_bytes() {
        let found = judge_encoding(b"a\xff\xfeb\xc3", &Limits::default());
        let spans: Vec<_> = found.iter().map(|oddity| (oddity.kind, oddity.span)).collect();
        let invalid = OddityKind::InvalidUtf8;
        assert_eq!(spans, [(invalid, Span::new(1, 3)), (invalid, Span::new(4, 5))]);
    }

    #[test]
    fn there_are_no_more_than_the_cap() {
        let limits = Limits { oddities: 2, ..Limits::default() };
        let found = judge_encoding("\r \r \r \r ".as_bytes(), &limits);
        assert_eq!(found.len(), 3);
        assert_eq!((found[2].kind, found[2].span), (OddityKind::More, Span::new(4, 8)));
    }
}
