//! Paths of members.

use crate::trace::{Action, SourceKind, Trace};
use crate::value::Place;

/// The folder in which a command stands, as far as direnv enters one.
pub(super) fn folder_of(trace: &Trace, place: Place) -> String {
    let mut at = place.source;
    while let Some(source) = trace.sources.get(at) {
        let outer = match source.kind {
            SourceKind::Audited => break,
            SourceKind::Loaded(outer) => {
                let enters = trace.events.iter().any(|event| {
                    event.place == outer
                        && matches!(&event.action, Action::Load { by, .. } if by.starts_with("source_env"))
                });
                if enters {
                    return source.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
                }
                outer
            }
            SourceKind::Run(outer) | SourceKind::Evaluated(outer) => outer,
        };
        if outer.source >= at {
            break;
        }
        at = outer.source;
    }
    String::new()
}

/// `path` from `base`, without `.`, empty segments, and `..` behind a name.
pub(super) fn normal(base: &str, path: &str) -> String {
    let start = match path.as_bytes().first() {
        Some(b'/') => "/",
        Some(b'~') => "~/",
        _ => "",
    };
    let rest = path.trim_start_matches(['/', '~']);
    let base = if start.is_empty() { base } else { "" };
    let mut segments: Vec<&str> = Vec::new();
    for segment in base.split('/').chain(rest.split('/')) {
        match segment {
            "" | "." => {}
            ".." if segments.last().is_some_and(|last| *last != "..") => drop(segments.pop()),
            ".." if start == "/" => {}
            segment => segments.push(segment),
        }
    }
    format!("{start}{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn paths_have_one_form() {
        for (base, path, expected) in [
            ("", "./a//b/../c", "a/c"),
            ("x", "a", "x/a"),
            ("x", "../a", "a"),
            ("x", "../../a", "../a"),
            ("", "../..", "../.."),
            ("x", "/a/../b", "/b"),
            ("x", "~/a", "~/a"),
            ("", "/../a", "/a"),
        ] {
            assert_eq!(normal(base, path), expected, "{base} {path}");
        }
    }
}
