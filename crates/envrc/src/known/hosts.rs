//! Hosts of URLs and addresses, and which of them are this machine.

/// The host of a URL, or of `host:port`, or the word itself where it looks like a host.
pub(crate) fn host(word: &str) -> Option<&str> {
    let rest = match word.split_once("://") {
        Some((_, rest)) => rest,
        None if word.starts_with("localhost") || word.starts_with("127.0.0.1") => word,
        None => return None,
    };
    Some(authority(rest))
}

/// The host in `user@host:port/path`. A backslash ends it for some programs and not for others: all of it is the host then.
fn authority(rest: &str) -> &str {
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    if rest.starts_with('[') {
        return rest.split_inclusive(']').next().unwrap_or(rest);
    }
    if rest.contains('\\') || rest.matches(':').count() > 1 {
        return rest;
    }
    rest.split(':').next().unwrap_or(rest)
}

/// The host of a text that is an address, with a scheme or without: `host`, `host:port`, `user@host`. Paths, sockets and words
/// that name no machine have none.
pub(crate) fn address(text: &str) -> Option<&str> {
    if text.contains("://") {
        return host(text);
    }
    if text.is_empty() || text.starts_with(['/', '.', '~', '$', '-']) || text.starts_with("unix:") {
        return None;
    }
    let found = authority(text);
    let port = text.split('/').next().unwrap_or(text).rsplit_once(':').map(|(_, port)| port);
    let ported = port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let named = found.contains('.')
        || found.contains(':')
        || found == "localhost"
        || ported
        || number(found).is_some();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']' | '%');
    (named && !found.is_empty() && found.chars().all(plain)).then_some(found)
}

/// The host is this machine.
pub(crate) fn is_here(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if matches!(name.as_str(), "localhost" | "host.docker.internal" | "::1" | "::" | "0:0:0:0:0:0:0:1")
        || name.ends_with(".localhost")
    {
        return true;
    }
    let mapped = name.strip_prefix("::ffff:").unwrap_or(&name);
    number(mapped).is_some_and(|address| address >> 24 == 127 || address == 0)
}

/// An address of IPv4 as the C library reads it: one to four numbers, decimal, octal or hexadecimal.
fn number(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, first) = parts.split_last().filter(|(_, first)| first.len() < 4)?;
    let mut address = 0_u64;
    for part in first {
        address = address << 8 | u64::from(u8::try_from(digits(part)?).ok()?);
    }
    let bits = 8 * (4 - first.len());
    let last = digits(last).filter(|last| *last >> bits == 0)?;
    u32::try_from(address << bits | last).ok()
}

fn digits(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (digits, base) = match lower.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if lower.len() > 1 && lower.starts_with('0') => (&lower[1..], 8),
        None => (lower.as_str(), 10),
    };
    u64::from_str_radix(digits, base).ok()
}

/// An address of IPv4 that is another machine's.
pub(crate) fn is_address(text: &str) -> bool {
    let numbers: Vec<&str> = text.split(['/', ':']).next().unwrap_or("").split('.').collect();
    numbers.len() == 4
        && numbers.iter().all(|number| number.parse::<u8>().is_ok())
        && !text.starts_with("127.")
        && !text.starts_with("0.0.0.0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::network::{is_local, names_another_machine};

    #[test]
    fn hosts() {
        assert_eq!(host("https://u:p@h.example:8/x"), Some("h.example"));
        assert_eq!(host("plain"), None);
        assert!(is_local(&["http://localhost:8500/".to_owned()]));
        assert!(!is_local(&["https://localhost.evil.example/".to_owned()]));
        for here in [
            "127.1",
            "127.0.0.53",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "[::1]",
            "a.localhost",
            "LOCALHOST",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_here(here), "{here}");
        }
        for other in [
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil",
            "128.0.0.1",
            "3221226219",
            "::2",
            "1.2.3.4.5",
        ] {
            assert!(!is_here(other), "{other}");
        }
        for (text, expected) in [
            ("evil:2375", Some("evil")),
            ("evil.example", Some("evil.example")),
            ("user@h.example:22/x", Some("h.example")),
            ("http://localhost@h.example/", Some("h.example")),
            ("/var/run/docker.sock", None),
            ("direct", None),
            ("unix:///x", Some("")),
            ("conda-forge", None),
        ] {
            assert_eq!(address(text), expected, "{text}");
        }
        assert!(names_another_machine("198.51.100.7/x") && !names_another_machine("1.2.3"));
    }
}
