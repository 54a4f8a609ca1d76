//! Plain scalars that one reader takes for a number and prints otherwise, and the next for the text as it is written.
//!
//! Sources: YAML 1.2.2, 10.3.2 (core schema); YAML 1.1 types (`int`, `float`, `bool`, `timestamp`); compose-go `types/mapping.go`, which
//! prints `3.10` as 3.1, and `types/yaml_helpers.go` of later versions, which keeps it. GitHub's runner prints 3.1 too.

/// Digits of a number that every reader prints as it is written.
const MAX_DIGITS: usize = 15;

/// Whether readers of YAML disagree about the text that a plain scalar is.
pub(super) fn is_ambiguous(text: &str) -> bool {
    is_word(text) || (looks_like_number(text) && !is_canonical(text))
}

/// Truth in the words of YAML 1.1, but for `true` and `false`, which are printed so.
fn is_word(text: &str) -> bool {
    let one = |word: &str| text.eq_ignore_ascii_case(word);
    let yes = ["y", "yes", "on", "n", "no", "off"].into_iter().any(one);
    yes || (one("true") && text != "true") || (one("false") && text != "false")
}

/// Integers, also of other bases and with `_`; floats; base 60; dates and times. More is taken for one than any reader does.
fn looks_like_number(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(rest.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return true;
    }
    let digits = rest.strip_prefix('.').unwrap_or(rest);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let of_base = |prefix: &str, digit: fn(char) -> bool| {
        let body = rest.get(..2).filter(|head| head.eq_ignore_ascii_case(prefix)).map(|_| &rest[2..]);
        body.is_some_and(|body| !body.is_empty() && body.chars().all(|c| digit(c) || c == '_'))
    };
    of_base("0x", |c| c.is_ascii_hexdigit())
        || of_base("0o", |c| c.is_ascii_digit())
        || of_base("0b", |c| c.is_ascii_digit())
        || is_float(rest)
        || is_time(rest)
}

/// `1_000`, `3.10`, `1e3`, `1.5e-3`, `190:20:30.15`.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let exponent = !exponent.is_empty() && exponent.chars().all(|c| c.is_ascii_digit());
    let dots = mantissa.matches('.').count();
    let part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_' | ':');
    exponent && dots < 2 && mantissa.chars().all(part)
}

/// `2001-12-14`, `2001-12-14t21:59:43.10-05:00`, `2001-12-14 21:59:43.10 -5`.
fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (year, month, rest) =
        (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let day = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (length, time) = (year.len() == 4, &rest[day..]);
    let clock = |c: char| {
        c.is_ascii_digit() || matches!(c, 'T' | 't' | 'Z' | 'z' | ':' | '.' | '+' | '-' | ' ' | '\t')
    };
    length
        && digits(year)
        && month.len() < 3
        && digits(month)
        && (1..3).contains(&day)
        && time.chars().all(clock)
}

/// Whether a number is printed as it is written: without leading and trailing zeros, and not too long.
fn is_canonical(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let fraction_kept = fraction.is_none_or(|part| {
        // What is smaller than this is printed with an exponent.
        let small = whole == "0" && part.starts_with("000");
        digits(part) && !part.ends_with('0') && !small && whole.len() < 7
    });
    let zero = text == "-0";
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction_kept
        && rest.len() <= MAX_DIGITS
        && !zero
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_printed_otherwise() {
        let ambiguous = "3.10 3.0 1. .5 010 1_000 0x1F 0o14 0b11 1e3 1E3 12e5 1234e567 +1 1.5e-3 1:30 190:20:30 -0 0.0001 \
                         1234567890123456 12345678.5 .inf -.INF .NaN 2001-12-14 2001-1-4 2001-12-14t21:59:43.10-05:00 yes No \
                         ON off True FALSE y";
        for text in ambiguous.split_whitespace() {
            assert!(is_ambiguous(text), "{text}");
        }
        let plain = "0 12 -3 3.5 3.18 0.25 100.125 true false 1.2.3 3.18-alpine 12-slim v1 1a 0xg e3 latest alpine:3.10 nginx \
                     2024-01-01-rc 1-2-3 20240101 x.y 1e null ~ . - + 0x registry:5000/a sha256 only one no-one";
        for text in plain.split_whitespace().chain([""]) {
            assert!(!is_ambiguous(text), "{text}");
        }
    }
}
