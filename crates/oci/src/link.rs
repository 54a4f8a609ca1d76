//! `Link` headers of paged referrers lists (distribution-spec "Listing Referrers", RFC 8288).

/// Whether a list goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link<'h> {
    /// No link says so.
    None,
    /// At this target, as written.
    Next(&'h str),
    /// The header is no list of links, or it names two different targets: what it says may be that the list goes on, and a
    /// list whose end was not seen is not complete.
    Unreadable,
}

/// Reads a `Link` header.
///
/// RFC 8288, 3: `Link = #link-value`, `link-value = "<" URI-Reference ">" *( OWS ";" OWS link-param )`.
pub(crate) fn read_link(header: &str) -> Link<'_> {
    let mut next = Link::None;
    let mut rest = header;
    loop {
        // RFC 9110, 5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list elements".
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return next;
        }
        let Some((target, tail)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
            return Link::Unreadable;
        };
        let Some(end) = unquoted(tail, b',') else { return Link::Unreadable };
        let params = tail[..end].trim_ascii();
        if !params.is_empty() && !params.starts_with(';') {
            return Link::Unreadable;
        }
        if is_next(params) {
            if matches!(next, Link::Next(other) if other != target) {
                return Link::Unreadable;
            }
            next = Link::Next(target);
        }
        rest = &tail[end..];
    }
}

/// The target of the link whose relation is `next`, as written. `None` if there is none, or if the header cannot be read.
pub fn parse_link_header(header: &str) -> Option<&str> {
    match read_link(header) {
        Link::Next(target) => Some(target),
        Link::None | Link::Unreadable => None,
    }
}

/// Where `separator` first stands outside quotes, else the end; `None` if quotes are not closed.
fn unquoted(text: &str, separator: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => return Some(at),
            _ => {}
        }
    }
    (!quoted).then_some(text.len())
}

fn is_next(params: &str) -> bool {
    let mut rest = params;
    while !rest.is_empty() {
        let Some(end) = unquoted(rest, b';') else { return false };
        if is_rel_next(&rest[..end]) {
            return true;
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    false
}

fn is_rel_next(param: &str) -> bool {
    let Some((name, value)) = param.split_once('=') else { return false };
    let relations = value.trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel")
        && relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
}

/// Resolves a `next` target against the registry that was asked. Only the same origin and the registry API's own
/// paths are followed: a list must not send us, or our credentials, elsewhere.
///
/// `origin` is `scheme://host[:port]`, `current` the path of the page that links. `None`: another origin, or a path
/// outside `/v2/`.
pub(crate) fn resolve_same_origin(origin: &str, current: &str, target: &str) -> Option<String> {
    let joined = format!("{}{target}", current.split('?').next().unwrap_or(current));
    let path = match target.strip_prefix(origin) {
        Some(path) => path,
        None if target.starts_with('?') => &joined,
        None => target,
    };
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#');
    let file = path.split('?').next().unwrap_or(path);
    let climbs = file.split('/').any(|part| matches!(part, "." | "..")) || file.contains('%');
    (plain && !climbs && path.starts_with("/v2/")).then(|| format!("{origin}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_next_link() {
        for (header, next) in [
            (r#"</v2/a/referrers/x?n=2>; rel="next""#, Some("/v2/a/referrers/x?n=2")),
            ("</v2/b>;rel=next", Some("/v2/b")),
            (r#"</a,b>; rel="prev", </v2/c>; title="x, y"; rel="other NEXT""#, Some("/v2/c")),
            (r#"</v2/a>; rel="nexto""#, None),
            (r#"</v2/a>; title="\", <b>; rel=next""#, None),
            ("", None),
            ("<", None),
            ("<>", None),
            ("rel=next", None),
        ] {
            assert_eq!(parse_link_header(header), next, "{header}");
        }
    }

    /// REG-02: what may say that the list goes on is not "it ends here".
    #[test]
    fn reg_02_tells_no_link_from_an_unreadable_one() {
        for none in ["", " , ", r#"</v2/a>; rel="prev""#, "</v2/a>, </v2/b>;rel=last"] {
            assert_eq!(read_link(none), Link::None, "{none}");
        }
        for next in [
            "</v2/a>; rel=next",
            ", </v2/b>; rel=prev ,, </v2/a>; rel=next,",
            r#"</v2/a>; rel="next", </v2/a>; rel="next""#,
        ] {
            assert_eq!(read_link(next), Link::Next("/v2/a"), "{next}");
        }
        for unreadable in [
            "<",
            "/v2/a; rel=next",
            "</v2/a; rel=next",
            r#"</v2/a>; rel="next"#,
            "</v2/a> rel=next",
            "</v2/a>; rel=prev, x",
            "</v2/a>; rel=next, </v2/b>; rel=next",
        ] {
            assert_eq!(read_link(unreadable), Link::Unreadable, "{unreadable}");
        }
    }

    /// REG-02, REG-09: pages are read from the same origin only.
    #[test]
    fn reg_02_stays_on_the_origin() {
        let origin = "https://r.example";
        let ok = |target| resolve_same_origin(origin, "/v2/a/referrers/x?p=1", target);
        assert_eq!(ok("/v2/a/referrers/x?p=2").as_deref(), Some("https://r.example/v2/a/referrers/x?p=2"));
        assert_eq!(ok("https://r.example/v2/a").as_deref(), Some("https://r.example/v2/a"));
        assert_eq!(ok("?p=2").as_deref(), Some("https://r.example/v2/a/referrers/x?p=2"));
        for bad in [
            "https://evil.example/v2/a",
            "//evil.example/v2/a",
            "https://r.example.evil/v2/a",
            "https://r.example@evil/v2/a",
            "/v1/a",
            "v2/a",
            "/v2/../admin",
            "/v2/%2e%2e/admin",
            "/v2/a b",
            "/v2/a\r\nX: y",
        ] {
            assert_eq!(ok(bad), None, "{bad}");
        }
    }
}
