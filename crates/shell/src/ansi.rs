//! The escapes of `$'…'`.

/// The text of `$'…'`, what stands between the quotes given. Bash cuts it at a NUL; bytes that are no UTF-8 become
/// U+FFFD here.
pub(crate) fn decode(raw: &str) -> String {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            bytes.push(b'\\');
            break;
        };
        rest = escape(c, rest, &mut bytes);
    }
    bytes.extend_from_slice(rest.as_bytes());
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Decodes the escape that begins with `c`, the first character of `rest`; what comes after is given back.
fn escape<'a>(c: char, rest: &'a str, bytes: &mut Vec<u8>) -> &'a str {
    let after = &rest[c.len_utf8()..];
    let simple = match c {
        'a' => 7,
        'b' => 8,
        'e' | 'E' => 27,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' | '\'' | '"' | '?' => c as u8,
        '0'..='7' => return number(rest, 8, 3, c, bytes),
        'x' => return number(after, 16, 2, c, bytes),
        'u' => return number(after, 16, 4, c, bytes),
        'U' => return number(after, 16, 8, c, bytes),
        'c' => {
            let Some(next) = after.chars().next().filter(char::is_ascii) else {
                bytes.extend_from_slice(b"\\c");
                return after;
            };
            bytes.push(if next == '?' { 127 } else { next.to_ascii_uppercase() as u8 & 0x1f });
            return &after[1..];
        }
        _ => {
            bytes.push(b'\\');
            bytes.extend_from_slice(c.to_string().as_bytes());
            return after;
        }
    };
    bytes.push(simple);
    after
}

/// Up to `most` digits as a byte (`x` and octal) or a character (`u`, `U`).
fn number<'a>(digits: &'a str, radix: u32, most: usize, kind: char, bytes: &mut Vec<u8>) -> &'a str {
    let length = digits.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let value = u32::from_str_radix(&digits[..length], radix);
    match value {
        Err(_) => bytes.extend_from_slice(&[b'\\', kind as u8]),
        Ok(value) if matches!(kind, 'u' | 'U') => {
            let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
            bytes.extend_from_slice(c.to_string().as_bytes());
        }
        // "the eight-bit character": what is more than a byte is cut.
        Ok(value) => bytes.push((value & 0xff) as u8),
    }
    &digits[length..]
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn escapes_are_those_of_bash() {
        for (raw, text) in [
            (r"a\nb", "a\nb"),
            (r"\x63\x75\162\u006c", "curl"),
            (r"\'\\\?", "'\\?"),
            (r"\q\x", r"\q\x"),
            (r"a\0b", "a"),
            (r"\cA\c?", "\u{1}\u{7f}"),
            (r"\xc3\xa4\U0001F600", "ä😀"),
            ("\\", "\\"),
        ] {
            assert_eq!(decode(raw), text, "{raw}");
        }
    }
}
