//! What differs between the identity that a policy asks for and the one that was found, in the terms of the person
//! who must mend it: an owner, a repository, a workflow, a ref.

/// One sentence: `identity differs in the ref: refs/heads/main, not refs/tags/*`.
pub(crate) fn of(what: &str, expected: &str, found: &str) -> String {
    match (Workflow::parse(expected), Workflow::parse(found)) {
        (Some(expected), Some(found)) => workflow(what, &expected, &found),
        _ => match (expected.rsplit_once('@'), found.rsplit_once('@')) {
            (Some((_, expected)), Some((_, found))) if what == "identity" && expected != found => {
                format!("{what} differs after the @: {found}, not {expected}")
            }
            _ => format!("{what} differs: {found}, not {expected}"),
        },
    }
}

/// `https://HOST/OWNER/REPOSITORY/PATH@REF`, as GitHub and GitLab identities are written.
struct Workflow<'a> {
    host: &'a str,
    owner: &'a str,
    repository: &'a str,
    path: &'a str,
    git_ref: &'a str,
}

impl<'a> Workflow<'a> {
    fn parse(identity: &'a str) -> Option<Self> {
        let (url, git_ref) = identity.strip_prefix("https://")?.rsplit_once('@')?;
        let mut parts = url.splitn(4, '/');
        let (host, owner, repository, path) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self { host, owner, repository, path, git_ref })
    }
}

fn workflow(what: &str, expected: &Workflow<'_>, found: &Workflow<'_>) -> String {
    let parts = [
        ("host", expected.host, found.host),
        ("owner", expected.owner, found.owner),
        ("repository", expected.repository, found.repository),
        ("workflow", expected.path, found.path),
        ("ref", expected.git_ref, found.git_ref),
    ];
    let differing: Vec<String> = parts
        .iter()
        .filter(|(_, expected, found)| !covers(expected, found))
        .map(|(part, expected, found)| format!("the {part}: {found}, not {expected}"))
        .collect();
    if differing.is_empty() {
        return format!("{what} differs: the pattern does not match the whole of it");
    }
    format!("{what} differs in {}", differing.join("; in "))
}

fn covers(pattern: &str, text: &str) -> bool {
    proofmark_core::pattern::Glob::parse(pattern).is_ok_and(|glob| glob.matches(text))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_the_part_that_differs() {
        let expected = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/*";
        assert_eq!(
            of(
                "identity",
                expected,
                "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main"
            ),
            "identity differs in the ref: refs/heads/main, not refs/tags/*"
        );
        assert_eq!(
            of(
                "identity",
                expected,
                "https://github.com/evil/app/.github/workflows/release.yml@refs/tags/v1"
            ),
            "identity differs in the owner: evil, not acme"
        );
        assert_eq!(
            of("identity", "*@acme.example", "eve@evil.example"),
            "identity differs after the @: evil.example, not acme.example"
        );
        assert_eq!(of("issuer", "https://a", "https://b"), "issuer differs: https://b, not https://a");
    }
}
