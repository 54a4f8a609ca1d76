//! `echo` and `printf`.

use proofmark_shell::Span;

use super::Machine;
use crate::value::{OriginKind, Value};

impl Machine<'_> {
    pub(super) fn echo(arguments: &[Value]) -> Value {
        let (mut newline, mut escapes, mut rest) = (true, false, arguments);
        while let [first, others @ ..] = rest {
            let Some(options) = first.as_known().and_then(|text| text.strip_prefix('-')) else { break };
            if options.is_empty() || !options.chars().all(|c| matches!(c, 'n' | 'e' | 'E')) {
                break;
            }
            newline &= !options.contains('n');
            escapes = options.chars().rfind(|c| *c != 'n').map_or(escapes, |c| c == 'e');
            rest = others;
        }
        let mut value = Value::default();
        for (at, argument) in rest.iter().enumerate() {
            if at > 0 {
                value.append(&Value::known(" "));
            }
            value.append(argument);
        }
        if escapes {
            value = value.map(|text| match text.as_known() {
                Some(known) => crate::Text::known(unescaped(known, Escapes::Echo).0),
                None => text.clone(),
            });
        }
        if newline {
            value.append(&Value::known("\n"));
        }
        value
    }

    /// The text that `printf` makes. The format is used again until no argument is left.
    pub(super) fn printf(&self, arguments: &[Value], span: Span) -> Value {
        let Some((format, mut rest)) = arguments.split_first() else { return Value::default() };
        let Some(format) = format.as_known() else {
            let mut origins = self.origin(OriginKind::Expansion, span);
            for argument in arguments {
                origins.extend(argument.origins());
            }
            return Value::hole(origins);
        };
        let mut value = Value::default();
        loop {
            let before = rest.len();
            if !self.formatted(format, &mut rest, &mut value, span) || rest.is_empty() || rest.len() == before
            {
                return value;
            }
        }
    }

    /// One pass over the format. False after `\c`.
    fn formatted(&self, format: &str, rest: &mut &[Value], value: &mut Value, span: Span) -> bool {
        let mut left = format;
        while let Some(at) = left.find(['%', '\\']) {
            value.append(&Value::known(&left[..at]));
            left = &left[at..];
            if left.starts_with('\\') {
                // One escape: up to the next backslash or percent there is none.
                let end = left[1..].char_indices().skip(1).find(|(_, c)| matches!(c, '%' | '\\'));
                let end = end.map_or(left.len(), |(at, _)| at + 1);
                let (text, ended) = unescaped(&left[..end], Escapes::Format);
                value.append(&Value::known(text));
                left = &left[end..];
                if ended {
                    return false;
                }
                continue;
            }
            if let Some(after) = left.strip_prefix("%%") {
                value.append(&Value::known("%"));
                left = after;
                continue;
            }
            let flags = left[1..].bytes().take_while(|byte| b"-+ #0123456789.*l".contains(byte)).count();
            let Some(kind) = left[1 + flags..].chars().next() else { break };
            let plain = flags == 0;
            left = &left[1 + flags + kind.len_utf8()..];
            let argument = match rest.split_first() {
                Some((first, others)) => {
                    *rest = others;
                    first.clone()
                }
                None => Value::default(),
            };
            let text = argument.as_known();
            match (kind, text) {
                ('s', _) if plain => value.append(&argument),
                ('b', Some(text)) if plain => {
                    value.append(&Value::known(unescaped(text, Escapes::Argument).0));
                }
                ('d' | 'i', Some("")) if plain => value.append(&Value::known("0")),
                ('d' | 'i', Some(text))
                    if plain && text.parse::<i64>().is_ok_and(|n| n.to_string() == text) =>
                {
                    value.append(&argument);
                }
                ('c', Some(text)) if plain => {
                    value.append(&Value::known(text.chars().take(1).collect::<String>()));
                }
                _ => {
                    let mut origins = argument.origins();
                    origins.extend(self.origin(OriginKind::Expansion, span));
                    value.append(&Value::hole(origins));
                }
            }
        }
        value.append(&Value::known(left));
        true
    }
}

/// Who reads the escapes: they differ in octal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// `echo -e`: `\0nnn`
    Echo,
    /// The format of `printf`: `\nnn`
    Format,
    /// `%b`: both
    Argument,
}

/// The escapes of `echo -e` and `printf`; whether `\c` ended it.
fn unescaped(text: &str, escapes: Escapes) -> (String, bool) {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            bytes.push(b'\\');
            break;
        };
        let after = &rest[c.len_utf8()..];
        let digits = |text: &str, radix: u32, most: usize| {
            text.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count()
        };
        let (source, radix, most) = match c {
            '0' if escapes != Escapes::Format => (after, 8, 3),
            '0'..='7' if escapes != Escapes::Echo => (rest, 8, 3),
            'x' => (after, 16, 2),
            'u' => (after, 16, 4),
            'U' => (after, 16, 8),
            'c' => return (String::from_utf8_lossy(&bytes).into_owned(), true),
            c => {
                simple(c, &mut bytes);
                rest = after;
                continue;
            }
        };
        let length = digits(source, radix, most);
        let number = u32::from_str_radix(&source[..length], radix).unwrap_or(0);
        rest = &source[length..];
        match c {
            'u' | 'U' => {
                let c = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(c.to_string().as_bytes());
            }
            'x' if length == 0 => bytes.extend_from_slice(b"\\x"),
            _ => bytes.push((number & 0xff) as u8),
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    (String::from_utf8_lossy(&bytes).into_owned(), false)
}

fn simple(c: char, bytes: &mut Vec<u8>) {
    let byte = match c {
        'a' => 7,
        'b' => 8,
        'e' | 'E' => 27,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '"' => b'"',
        c => {
            bytes.push(b'\\');
            bytes.extend_from_slice(c.to_string().as_bytes());
            return;
        }
    };
    bytes.push(byte);
}
