//! Which repository a signed statement claims (verdicts.md 2, "Repository").
//!
//! A cosign v3 signature binds the digest alone. A claim is a legacy `docker-reference`, a subject name or a
//! `resourceUri` that, less tag, digest and `oci://`, normalises to host/repository, or a docker or oci purl.
//! Anything else (empty, file names, bare words) claims nothing.

use proofmark_core::{Host, ImageRef, Repository};
use proofmark_sigstore::{Content, Verified};

/// Every claim of verified content.
pub(crate) fn claims(verified: &Verified<Content>) -> Vec<Repository> {
    let one = match verified.content() {
        Content::SimpleSigning(_) => referenced_repository,
        Content::Statement(_) | Content::Message => claimed_repository,
    };
    proofmark_sigstore::claims(verified).iter().filter_map(|text| one(text)).collect()
}

/// The repository that the name of a subject claims, if it claims one.
///
/// A short name such as `app` or `dist/app` is a bare word or a path there: only a written host makes a claim.
pub fn claimed_repository(text: &str) -> Option<Repository> {
    let (first, _) = text.strip_prefix("oci://").unwrap_or(text).split_once('/')?;
    let host_like = first.contains(['.', ':']) || first.eq_ignore_ascii_case("localhost");
    if host_like || text.starts_with("pkg:") { referenced_repository(text) } else { None }
}

/// The repository that a `docker-reference` claims: it is a reference by its name, so that `acme/app` is Docker Hub's,
/// as Docker reads it. A bare word claims nothing.
pub fn referenced_repository(text: &str) -> Option<Repository> {
    if let Some(purl) = text.strip_prefix("pkg:") {
        return purl_repository(purl);
    }
    let text = text.strip_prefix("oci://").unwrap_or(text);
    text.contains('/').then(|| ImageRef::parse(text).ok())?.map(|reference| reference.repository().clone())
}

/// `pkg:docker/namespace/name@version?repository_url=host` and `pkg:oci/name@digest?repository_url=host/path`
/// (package-url, `docker` and `oci` types). BuildKit writes the host into the namespace: `pkg:docker/ghcr.io/acme/app`
/// (moby/buildkit `util/purl`).
fn purl_repository(purl: &str) -> Option<Repository> {
    let purl = purl.split_once('#').map_or(purl, |(before, _)| before);
    let (path, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
    let (kind, path) = path.trim_start_matches('/').split_once('/')?;
    let name = percent_decode(path.split_once('@').map_or(path, |(name, _)| name))?;
    let url = qualifiers
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == "repository_url")
        .map(|(_, value)| percent_decode(value));
    let url = match url {
        Some(None) => return None,
        Some(Some(url)) => Some(url),
        None => None,
    };
    match kind.to_ascii_lowercase().as_str() {
        "docker" => match url {
            None => ImageRef::parse(&name).ok().map(|reference| reference.repository().clone()),
            Some(url) => {
                if let Ok(host) = Host::parse(&url) {
                    return Repository::new(host, &name).ok();
                }
                // With a path: either the repository's whole name, or what stands before it.
                let whole = url == name || url.ends_with(&format!("/{name}"));
                claimed_repository(&if whole { url } else { format!("{url}/{name}") })
            }
        },
        // Without repository_url an oci purl names no registry.
        "oci" => {
            let url = url?;
            let full =
                if url.rsplit('/').next() == Some(name.as_str()) { url } else { format!("{url}/{name}") };
            claimed_repository(&full)
        }
        _ => None,
    }
}

/// The text that percent-encoding stands for; none where it stands for none.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_claims_and_what_does_not() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, want) in [
            ("registry.example.com/prod/app", Some("registry.example.com/prod/app")),
            ("index.docker.io/library/postgres:16", Some("docker.io/library/postgres")),
            ("oci://ghcr.io/acme/app:v1", Some("ghcr.io/acme/app")),
            (&format!("ghcr.io/acme/app@{digest}"), Some("ghcr.io/acme/app")),
            ("localhost/x", Some("localhost/x")),
            ("pkg:docker/postgres@16", Some("docker.io/library/postgres")),
            ("pkg:docker/acme/app@1?repository_url=ghcr.io", Some("ghcr.io/acme/app")),
            ("pkg:docker/ghcr.io/acme/app@1?platform=linux%2Famd64", Some("ghcr.io/acme/app")),
            ("pkg:docker/localhost:5000/app@1", Some("localhost:5000/app")),
            ("pkg:docker/app@1?repository_url=ghcr.io/evil", Some("ghcr.io/evil/app")),
            ("pkg:docker/evil/app@1?repository_url=ghcr.io/evil/app", Some("ghcr.io/evil/app")),
            ("pkg:oci/app@sha256%3Aaa?repository_url=ghcr.io/acme/app", Some("ghcr.io/acme/app")),
            ("pkg:oci/app@sha256%3Aaa?arch=amd64&repository_url=ghcr.io%2Facme", Some("ghcr.io/acme/app")),
            ("pkg:oci/app@sha256%3Aaa", None),
            ("pkg:cargo/serde@1", None),
            ("pkg:oci/app?repository_url=%zz", None),
            ("", None),
            ("app", None),
            ("app.tar.gz", None),
            ("dist/app", None),
            ("./dist/app", None),
            ("https://ghcr.io/acme/app", None),
            ("ghcr.io/ACME/app", None),
        ] {
            assert_eq!(claimed_repository(text).map(|r| r.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn what_a_docker_reference_claims() {
        for (text, want) in [
            ("acme/other", Some("docker.io/acme/other")),
            ("library/postgres:16", Some("docker.io/library/postgres")),
            ("oci://acme/other", Some("docker.io/acme/other")),
            ("r.test/x/y", Some("r.test/x/y")),
            ("pkg:docker/acme/app@1", Some("docker.io/acme/app")),
            ("postgres:16", None),
            ("app", None),
            ("", None),
            ("https://r.test/x/y", None),
            (" r.test/x/y", None),
        ] {
            assert_eq!(referenced_repository(text).map(|r| r.to_string()).as_deref(), want, "{text}");
        }
    }
}
