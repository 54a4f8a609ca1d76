//! JSON with comments, as YAML: what remains when comments are blanked is YAML's flow style, at the same bytes.
//!
//! Source: dev container specification, "devcontainer.json is JSON with comments (jsonc)"; YAML 1.2.2, "every JSON file is
//! also a valid YAML file".

use std::borrow::Cow;

/// The text with comments turned into blanks, line ends kept.
pub(crate) fn blank_comments(text: &str) -> Cow<'_, str> {
    if !text.contains("//") && !text.contains("/*") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let (mut at, mut quoted) = (0, false);
    while at < bytes.len() {
        let two = bytes.get(at..at + 2).unwrap_or_default();
        if quoted {
            quoted = bytes[at] != b'"';
            // What follows a backslash does not end the string.
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        } else if two == b"//" {
            let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
            blank(&mut out[at..end]);
            at = end;
        } else if two == b"/*" {
            let end = text.get(at + 2..).and_then(|rest| rest.find("*/")).map_or(bytes.len(), |n| at + n + 4);
            blank(&mut out[at..end]);
            at = end;
        } else {
            quoted = bytes[at] == b'"';
            at += 1;
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte != b'\n' && *byte != b'\r' {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_blanks() {
        let text = "{ // a \"x\n \"u\\\"//\": \"http://x\", /* ü\n */ \"b\": 1 /*";
        let blanked = blank_comments(text);
        assert_eq!(blanked, "{        \n \"u\\\"//\": \"http://x\",      \n    \"b\": 1   ");
        assert_eq!(blanked.len(), text.len());
    }
}
