//! Making untrusted text safe to show on a terminal (CVE-2026-45803: escape sequences in annotations).

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes everything that can move a cursor, hide, reorder or imitate text: C0 and C1 controls,
/// bidirectional controls, zero-width and tag characters, line and paragraph separators.
///
/// A line feed is escaped as well: one value never makes two lines.
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    Cow::Owned(out)
}

/// [`safe`], cut to `max` characters with an ellipsis.
pub fn safe_short(text: &str, max: usize) -> String {
    let shown = safe(text);
    if shown.chars().count() <= max {
        return shown.into_owned();
    }
    shown.chars().take(max.saturating_sub(1)).chain(std::iter::once('…')).collect()
}

/// Whether a character shows as itself and nothing else.
pub fn is_plain(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NODE-03: nothing untrusted reaches a terminal with its control characters.
    #[test]
    fn node_03_escapes_controls() {
        assert_eq!(safe("plain äöü 漢字"), "plain äöü 漢字");
        assert_eq!(safe("a\u{1b}[2Jb\r\nc"), "a\\u{1b}[2Jb\\u{d}\\u{a}c");
        assert_eq!(safe("x\u{202e}y\u{200b}z\u{9b}"), "x\\u{202e}y\\u{200b}z\\u{9b}");
        assert_eq!(safe_short("abcdef", 4), "abc…");
    }
}
