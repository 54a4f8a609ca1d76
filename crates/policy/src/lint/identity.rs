//! Identities that match more people than they seem to.

use proofmark_core::{
    CertificateConstraint, Extension, IdentityPattern, SanKind, Severity, Signer, SignerKind,
};

use super::rules;
use crate::LintFinding;

/// Issuers whose certificates name a workflow, which other repositories may call.
const CI_ISSUERS: &[&str] = &[
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
    "https://agent.buildkite.com",
    "https://oidc.codefresh.io",
    "https://oidc.circleci.com",
];

/// Parts of a CI workflow's identity.
const CI_MARKS: &[&str] = &["/.github/workflows/", "//.gitlab-ci.yml"];

/// Hosts at which anyone gets an address.
const PUBLIC_MAIL: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "proton.me",
    "gmx.net",
];

/// The extensions that say whose repository ran the workflow. A ref, a digest or the visibility says it not.
const WHOSE: &[Extension] = &[
    Extension::SourceRepositoryUri,
    Extension::SourceRepositoryIdentifier,
    Extension::SourceRepositoryOwnerUri,
    Extension::SourceRepositoryOwnerIdentifier,
];

/// Identities of strangers: a pattern that matches all of one kind matches anyone.
const STRANGERS: &[(SanKind, &[&str])] = &[
    (
        SanKind::Uri,
        &[
            "https://github.com/stranger-one/app/.github/workflows/build.yml@refs/heads/main",
            "https://github.com/another2/tool/.github/workflows/release.yaml@refs/tags/v1",
        ],
    ),
    (SanKind::Email, &["stranger@one.example", "another.person@mail.test"]),
    (SanKind::Other, &["stranger!one.example", "another@mail.test"]),
];

pub(super) fn lint(signer: &Signer) -> Vec<LintFinding> {
    let SignerKind::Certificate(certificate) = &signer.kind else { return Vec::new() };
    let find = |rule, severity, message: String, help: &str| LintFinding {
        rule,
        severity,
        message,
        origin: signer.origin.clone(),
        help: help.to_owned(),
    };
    let mut findings = Vec::new();
    let whose = WHOSE.iter().any(|extension| certificate.extensions.contains_key(extension));
    if spans_owners(certificate) && !whose {
        let message = format!("signer `{}`: the identity matches several owners", signer.name);
        findings.push(find(
            rules::SPANS_OWNERS,
            Severity::High,
            message,
            "write host and owner without wildcards",
        ));
    }
    if is_ci(certificate) && !whose {
        let message = format!(
            "signer `{}`: any repository that calls this workflow signs with its identity",
            signer.name
        );
        let help = "add extensions.source-repository-owner-identifier, or source-repository-uri";
        findings.push(find(rules::CI_OPEN, Severity::High, message, help));
    }
    if let IdentityPattern::Regex(regex) = &certificate.identity
        && has_bare_dot(regex.as_str())
    {
        let message = format!("signer `{}`: a dot in identity-regex matches any character", signer.name);
        findings.push(find(rules::DOT, Severity::Medium, message, "write `\\.`"));
    }
    findings
}

/// Whether the pattern accepts strangers of its kind.
pub(super) fn matches_strangers(certificate: &CertificateConstraint) -> bool {
    certificate.extensions.keys().all(|extension| !WHOSE.contains(extension))
        && STRANGERS
            .iter()
            .filter(|(kind, _)| certificate.san.contains(kind))
            .any(|(_, names)| names.iter().all(|name| certificate.identity.matches(name)))
}

fn is_ci(certificate: &CertificateConstraint) -> bool {
    let issuer = certificate.issuer.as_str();
    let known = CI_ISSUERS
        .iter()
        .any(|ci| issuer == *ci || issuer.strip_prefix(ci).is_some_and(|rest| rest.starts_with('/')));
    let plain = certificate.identity.as_str().replace('\\', "");
    known || CI_MARKS.iter().any(|mark| plain.contains(mark))
}

fn spans_owners(certificate: &CertificateConstraint) -> bool {
    let text = match &certificate.identity {
        IdentityPattern::Glob(glob) => glob.as_str().to_owned(),
        IdentityPattern::Regex(regex) => literal_prefix(regex.as_str()),
    };
    if certificate.san.contains(&SanKind::Uri) {
        return uri_spans(&text);
    }
    // A person's address is one owner; a whole domain is one too, unless anyone gets an address there.
    match text.rsplit_once('@') {
        Some((person, host)) => host.contains('*') || (person.contains('*') && PUBLIC_MAIL.contains(&host)),
        None => true,
    }
}

/// Whether a wildcard stands in the host or in the first part of the path, which is the owner at every forge.
fn uri_spans(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return true };
    let mut parts = rest.split('/');
    let mut fixed = || parts.next().is_some_and(|part| !part.is_empty() && !part.contains('*'));
    scheme.contains('*') || !fixed() || (scheme.starts_with("http") && !fixed())
}

/// What every match of an expression begins with, with a `*` where that ends; for expressions with a choice at the top,
/// nothing. For e-mail the end matters: it is only known if nothing but literals stands there.
fn literal_prefix(regex: &str) -> String {
    let mut out = String::new();
    let mut chars = regex.chars().peekable();
    if regex.contains('|') {
        return "*".to_owned();
    }
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => chars.next().filter(|c| !c.is_ascii_alphanumeric()),
            '.' | '[' | '(' | ')' | '*' | '+' | '?' | '{' | '}' | '^' | '$' => None,
            other => Some(other),
        };
        let Some(literal) = literal else {
            // An unescaped dot of a host name is told by its own lint: here it is taken as meant.
            if c == '.' && !matches!(chars.peek(), Some('*' | '+' | '?' | '{')) {
                out.push('.');
                continue;
            }
            return tail(out, regex);
        };
        if matches!(chars.peek(), Some('*' | '?' | '{' | '+')) {
            return tail(out, regex);
        }
        out.push(literal);
    }
    out
}

/// A wildcard, and the literal host that an expression for addresses ends with.
fn tail(mut prefix: String, regex: &str) -> String {
    prefix.push('*');
    if let Some((_, host)) = regex.rsplit_once('@') {
        let plain = host.replace("\\.", ".").replace("\\-", "-");
        let literal = plain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        prefix.push('@');
        prefix.push_str(if literal { &plain } else { "*" });
    }
    prefix
}

/// Whether a `.` stands outside of a class, unescaped, and without a quantifier that shows it is meant.
fn has_bare_dot(regex: &str) -> bool {
    let mut class = false;
    let mut chars = regex.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => class = true,
            ']' => class = false,
            '.' if !class && !matches!(chars.peek(), Some('*' | '+' | '?' | '{')) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ID-02: `github.com` with a bare dot is also `githubxcom`.
    #[test]
    fn id_02_bare_dots() {
        for bad in ["https://github.com/a", "a\\\\.b", "x[.]y.z"] {
            assert!(has_bare_dot(bad), "{bad}");
        }
        for good in ["https://github\\.com/acme/.*", "[a.b]", "a.+b", "a.{2}"] {
            assert!(!has_bare_dot(good), "{good}");
        }
    }

    #[test]
    fn owners_of_uris() {
        for one in [
            "https://github.com/acme/*/x@refs/tags/*",
            "https://github.com/acme/**",
            "spiffe://acme.example/**",
        ] {
            assert!(!uri_spans(one), "{one}");
        }
        for several in [
            "https://github.com/*/app/x",
            "https://github.com/acme-*/x",
            "https://*/acme/x",
            "https://**",
            "https://github.com",
            "*://github.com/acme/x",
            "https://github.com/**",
        ] {
            assert!(uri_spans(several), "{several}");
        }
    }

    #[test]
    fn prefixes_of_expressions() {
        for (regex, prefix) in [
            ("https://github\\.com/acme/.*", "https://github.com/acme/*"),
            ("https://github.com/acme/.*", "https://github.com/acme/*"),
            ("https://github\\.com/[a-z]+/x", "https://github.com/*"),
            ("https://github\\.com/acmex?/y", "https://github.com/acme*"),
            ("a|b", "*"),
            (".*@acme\\.example", "*@acme.example"),
            ("me@acme\\.example", "me@acme.example"),
            (".*@.*", "*@*"),
        ] {
            assert_eq!(literal_prefix(regex), prefix, "{regex}");
        }
    }
}
