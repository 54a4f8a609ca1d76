//! Globs over names: those that no normalised name can match are errors, so that nobody waits for them.

use proofmark_core::pattern::{Glob, PatternError};
use proofmark_core::{Host, Origin, Repository};

use crate::error::{Code, Errors};
use crate::schema::Text;

/// Parses a pattern over `host[:port]/repository` that something can match.
pub(super) fn repository(text: &Text, errors: &mut Errors) -> Option<Glob> {
    let glob = parse(text, errors)?;
    if let Err(help) = can_match(&text.value) {
        let message = format!("`{}` can match no repository", text.value);
        errors.push(Code::PatternNeverMatches, &text.origin, message, help);
        return None;
    }
    Some(glob)
}

/// Parses a pattern over the path within a registry that something can match.
pub(super) fn path(text: &Text, errors: &mut Errors) -> Option<Glob> {
    let glob = parse(text, errors)?;
    if let Some(bad) = text.value.split('/').find(|segment| !is_component(segment)) {
        let message = format!("`{}` can match no repository: `{bad}`", text.value);
        let help = "repository names are lower case, without host, tag and digest";
        errors.push(Code::PatternNeverMatches, &text.origin, message, help);
        return None;
    }
    Some(glob)
}

fn parse(text: &Text, errors: &mut Errors) -> Option<Glob> {
    Glob::parse(&text.value).map_err(|error| bad(&text.origin, "", &error, errors)).ok()
}

/// Tells what is wrong with a glob, after `what` it is.
pub(super) fn bad(origin: &Origin, what: &str, error: &PatternError, errors: &mut Errors) {
    let (code, help) = match error {
        PatternError::TooLong(_) => (Code::Limit, "shorten it: no name is as long"),
        PatternError::TooManyWildcards(_) => (Code::BadPattern, "use fewer wildcards"),
        _ => (
            Code::BadPattern,
            "`*` stands for characters of one segment, `**` for one or more whole segments",
        ),
    };
    errors.push(code, origin, format!("{what}{error}"), help);
}

/// Why no name that Docker's normalisation gives can match, as something to do.
fn can_match(pattern: &str) -> Result<(), String> {
    let Some((host, path)) = pattern.split_once('/') else {
        // `**` alone stands for host and path.
        return if pattern == "**" { Ok(()) } else { Err(normalised(pattern)) };
    };
    if !host.contains('*') {
        match Host::parse(host) {
            Ok(parsed) if parsed.as_str() == host => {}
            Ok(parsed) => {
                return Err(format!("write {parsed}/{path}: names are compared after normalisation"));
            }
            Err(_) => return Err(normalised(pattern)),
        }
        let dotted = host.contains(['.', ':']) || host == "localhost";
        if !dotted {
            return Err(normalised(pattern));
        }
    } else if !host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"*.-:[]".contains(&b)) {
        return Err("hosts are lower case, without scheme and user".to_owned());
    }
    if let Some(bad) = path.split('/').find(|segment| !is_component(segment)) {
        return Err(format!("`{bad}` is in no repository name: write it lower case, without tag and digest"));
    }
    if host == "docker.io" && !path.contains('/') && path != "**" {
        return Err(format!("write docker.io/library/{path}"));
    }
    Ok(())
}

/// What Docker makes of a short name.
fn normalised(pattern: &str) -> String {
    match Repository::parse(pattern) {
        Ok(repository) => format!("write {repository}"),
        Err(_) if !pattern.contains('/') => {
            format!("write host/repository, such as docker.io/library/{pattern}")
        }
        Err(_) => "write host/repository, lower case, without scheme, tag and digest".to_owned(),
    }
}

/// Whether some component of a repository's name matches the segment.
fn is_component(segment: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    if segment == "**" {
        return true;
    }
    // A `*` may stand for a letter: what is a name then is a name that matches.
    segment.bytes().all(|b| plain(b) || b == b'*')
        && Repository::parse(&format!("x.example/{}", segment.replace('*', "a"))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_match_nothing_are_told_with_what_was_meant() {
        for good in [
            "**",
            "ghcr.io/acme/**",
            "*/acme/app",
            "docker.io/library/postgres",
            "docker.io/**",
            "localhost:5000/x",
            "*.pkg.dev/**",
            "ghcr.io/acme/a*-b",
            "[::1]:5000/**",
            "docker.io/*/x",
            "*/**",
            "ghcr.io/*",
        ] {
            assert_eq!(can_match(good), Ok(()), "{good}");
        }
        for (bad, help) in [
            ("postgres", "docker.io/library/postgres"),
            ("acme/app", "docker.io/acme/app"),
            ("index.docker.io/acme/app", "docker.io/acme/app"),
            ("GHCR.io/acme/app", "ghcr.io/acme/app"),
            ("docker.io/postgres", "docker.io/library/postgres"),
            ("docker.io/*", "docker.io/library/*"),
            ("ghcr.io/acme/app:v1", "without tag"),
            ("ghcr.io/acme/App", "lower case"),
            ("https://ghcr.io/acme/app", "without scheme"),
            ("ghcr.io/acme//app", "no repository name"),
            ("ghcr.io/acme/app/", "no repository name"),
            ("*", "host/repository"),
            ("acme/**", "host/repository"),
            ("ghcr.io/-*", "no repository name"),
        ] {
            let error = can_match(bad).unwrap_err();
            assert!(error.contains(help), "{bad}: {error}");
        }
    }
}
