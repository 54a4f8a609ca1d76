//! How a command word is written, and escapes that stand for letters.

use proofmark_shell::Span;

/// How a word stands in the file that is known to be this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// As it is, or between two quotes, or behind the backslash that leaves aliases out.
    Plain,
    /// In pieces, by quotes or backslashes inside of it.
    Split,
    /// By escapes in `$'…'`.
    Coded,
    /// By braces.
    Braces,
    /// One variable.
    Variable,
    /// All words of an array, or all parameters.
    Words,
    /// Put together of variables and letters, or printed by a command.
    Joined,
}

/// The first word of a command, behind its assignments, as it is written.
pub(super) fn command_word(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n']);
        let word = &rest[..word_end(rest)];
        if word.is_empty() {
            return None;
        }
        let name = word.split('=').next().unwrap_or("");
        let assigns = word.contains('=')
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.trim_end_matches('+').bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !assigns {
            return Some(word);
        }
        rest = &rest[word.len()..];
    }
}

/// Where a word ends: at a blank or an operator outside of quotes and parentheses.
fn word_end(text: &str) -> usize {
    let (mut quote, mut depth, mut escaped) = (None::<char>, 0_usize, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, c) {
            (None | Some('"' | '`'), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(' | '{') => depth += 1,
            (None, ')' | '}') => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return at,
            },
            (None, ' ' | '\t' | '\n' | ';' | '|' | '&' | '<' | '>') if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// How the word is written that is known to be `name`.
pub(super) fn how(word: &str, name: &str) -> How {
    let plain = word.strip_prefix('\\').unwrap_or(word);
    if plain == name {
        return How::Plain;
    }
    for quote in ['"', '\''] {
        let inner = plain.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
        if inner == Some(name) {
            return How::Plain;
        }
    }
    if word.contains("$'") {
        return How::Coded;
    }
    if !word.contains(['$', '`']) {
        let split = word.contains(['\'', '"', '\\']);
        return match (split, word.contains('{')) {
            (_, true) => How::Braces,
            (true, false) => How::Split,
            // A tilde, or an alias that is not followed.
            (false, false) => How::Plain,
        };
    }
    let inner = word.trim_matches('"');
    if matches!(inner, "$@" | "$*" | "${@}" | "${*}")
        || inner.ends_with("[@]}")
        || inner.ends_with("[*]}")
        || inner.starts_with("${@:")
    {
        return How::Words;
    }
    let variable =
        inner.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).or_else(|| inner.strip_prefix('$'));
    let one = variable.is_some_and(|name| !name.contains(['$', '{', '}', '(', '`', '\'', '"']));
    if one { How::Variable } else { How::Joined }
}

/// Runs of at least so many escapes, each of which stands for a letter or a digit.
pub(super) fn escapes(text: &str, least: usize) -> Vec<Span> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let (start, mut count) = (at, 0);
        while let Some(length) = letter(&bytes[at..]) {
            (at, count) = (at + length, count + 1);
        }
        if count >= least {
            found.push(Span::new(start, at));
        }
        at = at.max(start + 1);
    }
    found
}

/// The length of an escape at the beginning that stands for a letter or a digit.
fn letter(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize, most: usize, base: u32| {
        let end =
            bytes[from..].iter().take(most).take_while(|byte| char::from(**byte).is_digit(base)).count();
        let text = std::str::from_utf8(bytes.get(from..from + end)?).ok()?;
        Some((from + end, u32::from_str_radix(text, base).ok()?))
    };
    if bytes.first() != Some(&b'\\') {
        return None;
    }
    let (length, code) = match bytes.get(1)? {
        b'x' => digits(2, 2, 16)?,
        b'u' => digits(2, 4, 16)?,
        b'U' => digits(2, 8, 16)?,
        b'0' => digits(1, 4, 8)?,
        b'1'..=b'7' => digits(1, 3, 8)?,
        _ => return None,
    };
    char::from_u32(code).filter(char::is_ascii_alphanumeric).map(|_| length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word() {
        for (text, word) in [
            ("curl -s x", Some("curl")),
            ("A=1 B='x y' w'g'et -q", Some("w'g'et")),
            ("\"${words[@]}\" >x", Some("\"${words[@]}\"")),
            ("$(rev <<<'ih ohce')", Some("$(rev <<<'ih ohce')")),
            ("cu\\\nrl -s", Some("cu\\\nrl")),
            ("A=1", None),
        ] {
            assert_eq!(command_word(text), word, "{text}");
        }
    }

    #[test]
    fn how_words_are_written() {
        for (word, name, expected) in [
            ("curl", "curl", How::Plain),
            ("\\curl", "curl", How::Plain),
            ("\"curl\"", "curl", How::Plain),
            ("w'g'et", "wget", How::Split),
            ("cu\\\nrl", "curl", How::Split),
            ("$'\\x63url'", "curl", How::Coded),
            ("{curl,-s}", "curl", How::Braces),
            ("\"$x\"", "curl", How::Variable),
            ("${!how}", "curl", How::Variable),
            ("${c}rl", "curl", How::Joined),
            ("$(printf curl)", "curl", How::Joined),
            ("\"$@\"", "curl", How::Words),
            ("~/bin/x", "${HOME}/bin/x", How::Plain),
        ] {
            assert_eq!(how(word, name), expected, "{word}");
        }
    }

    #[test]
    fn letters_as_escapes() {
        assert_eq!(escapes("a '\\0145\\0143\\0150' b", 3), [Span::new(3, 18)]);
        assert_eq!(escapes("\\x63\\x75\\162", 3).len(), 1);
        assert!(escapes("\\033[0;31m\\033[0m\\n\\t", 3).is_empty());
    }
}
