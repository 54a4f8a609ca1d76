//! Trusted roots and keys: `NAME.json` in `trust-roots/` wins over the built-in root of that name, and is named.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::SignedDuration;
use proofmark_core::{Digest, Origin, Severity, Timestamp, Transparency};

use super::draft::{DraftKind, DraftSigner};
use super::reader::Reader;
use super::{MAX_KEY, MAX_ROOT, meta};
use crate::error::{Code, Errors, Told};
use crate::lint::rules;
use crate::schema::value::day;
use crate::schema::{Text, suggestion};
use crate::{BUILT_IN_ROOTS, LintFinding, LoadOptions, NamedRoot, RootFacts, RootMeta, RootOrigin};

/// Days after which a trusted root should have been fetched again.
const MAX_ROOT_DAYS: i64 = 180;

/// Reads every root that a signer names.
pub(super) fn read(
    signers: &[DraftSigner],
    reader: &mut Reader<'_>,
    options: &LoadOptions<'_>,
    findings: &mut Vec<LintFinding>,
    errors: &mut Errors,
) -> Vec<NamedRoot> {
    let mut names: BTreeMap<&str, (&Text, bool)> = BTreeMap::new();
    for signer in signers.iter().filter(|signer| !matches!(signer.kind, DraftKind::Vendor { .. })) {
        let (_, needed) = names.entry(&signer.root.value).or_insert((&signer.root, false));
        *needed |= signer.transparency != Transparency::Optional;
    }
    let mut read = Vec::new();
    for (name, needed) in names.into_values() {
        if let Ok(root) = root(name, reader, options, findings, errors) {
            if needed {
                age(&root, options, findings);
            }
            read.push(root);
        }
    }
    read
}

fn root(
    name: &Text,
    reader: &mut Reader<'_>,
    options: &LoadOptions<'_>,
    findings: &mut Vec<LintFinding>,
    errors: &mut Errors,
) -> Result<NamedRoot, Told> {
    let written_as_file = name.value.to_ascii_lowercase().ends_with(".json");
    let path = format!("trust-roots/{}{}", name.value, if written_as_file { "" } else { ".json" });
    let built_in = BUILT_IN_ROOTS.contains(&name.value.as_str());
    let (source, facts) = match reader.bytes(&path, MAX_ROOT, &name.origin, errors)? {
        Some(bytes) => {
            let facts = check(name, Some(&bytes), options, errors)?;
            let meta = description(&path, &bytes, &name.origin, reader, options.now, findings, errors)?;
            let source = RootOrigin::File { path: PathBuf::from(reader.files().display(&path)), bytes, meta };
            (source, facts)
        }
        None if built_in => (RootOrigin::BuiltIn, check(name, None, options, errors)?),
        None => {
            let message = format!(
                "no trusted root is named `{}`: {} is not there",
                name.value,
                reader.files().display(&path)
            );
            errors.push(
                Code::UnknownRoot,
                &name.origin,
                message,
                suggestion(&name.value, BUILT_IN_ROOTS, ""),
            );
            return Err(Told);
        }
    };
    let root = NamedRoot { name: name.value.clone(), source, facts, origin: name.origin.clone() };
    if built_in && let RootOrigin::File { .. } = root.source {
        shadows(&root, options, findings);
    }
    Ok(root)
}

/// Roots rotate: one that is old refuses new signatures, and may trust what was withdrawn since. Where a key's signatures
/// need no log, nothing rests on it.
fn age(root: &NamedRoot, options: &LoadOptions<'_>, findings: &mut Vec<LintFinding>) {
    let mut find = |rule, severity, message| {
        let (origin, help) = (root.origin.clone(), fetch_again(&root.name));
        findings.push(LintFinding { rule, severity, message, origin, help });
    };
    if root.facts.expired {
        let message = format!("trusted root `{}`: no member of some kind is valid now", root.name);
        find(rules::ROOT_EXPIRED, Severity::High, message);
    }
    if let Some(fetched) = root.fetched() {
        let age = options.now.duration_since(fetched);
        if age > SignedDuration::from_hours(MAX_ROOT_DAYS * 24) {
            let message = format!(
                "trusted root `{}` was fetched on {}, more than {MAX_ROOT_DAYS} days ago",
                root.name,
                day(fetched)
            );
            find(rules::ROOT_OLD, Severity::Medium, message);
        }
    }
}

/// Where a newer one comes from: TUF is known of the built-in ones alone.
fn fetch_again(name: &str) -> String {
    if BUILT_IN_ROOTS.contains(&name) {
        format!("proofmark trust update --name {name}")
    } else {
        let name = name.strip_suffix(".json").unwrap_or(name);
        format!(
            "get trusted_root.json from whoever runs it, as trust-roots/{name}.json, and date trust-roots/{name}.toml anew"
        )
    }
}

fn check(
    name: &Text,
    bytes: Option<&[u8]>,
    options: &LoadOptions<'_>,
    errors: &mut Errors,
) -> Result<RootFacts, Told> {
    (options.root_check)(&name.value, bytes).map_err(|cause| {
        let message = format!("trusted root `{}` cannot be used: {cause}", name.value);
        errors.push(Code::UnusableRoot, &name.origin, message, fetch_again(&name.value));
        Told
    })
}

/// How far the clock of whoever fetched a file may be ahead of ours, and a date without a time may seem to be.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The `NAME.toml` beside a root or key; without it the age is unknown, a finding.
pub(super) fn description(
    path: &str,
    bytes: &[u8],
    from: &Origin,
    reader: &mut Reader<'_>,
    now: Timestamp,
    findings: &mut Vec<LintFinding>,
    errors: &mut Errors,
) -> Result<Option<RootMeta>, Told> {
    let stem = path.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(path, |(stem, _)| stem);
    let beside = format!("{stem}.toml");
    let Some(source) = reader.source(&beside, MAX_KEY, from, errors)? else {
        let shown = reader.files().display(&beside);
        findings.push(LintFinding {
            rule: rules::META_MISSING,
            severity: Severity::Low,
            message: format!(
                "{} has no {shown}: where it came from and how old it is are unknown",
                reader.files().display(path)
            ),
            origin: from.clone(),
            help: format!("write {shown} with source, sha256, fetched and by"),
        });
        return Ok(None);
    };
    let Some(meta) = meta::read(&source, errors) else { return Ok(None) };
    let found = Digest::sha256(bytes);
    if meta.sha256 != found {
        let message =
            format!("it describes other bytes: {} hashes to {}", reader.files().display(path), found.hex());
        errors.push(
            Code::MetaMismatch,
            &source.top(),
            message,
            "find out who changed the file; then describe it anew",
        );
    }
    if meta.fetched.duration_since(now) > AHEAD {
        findings.push(LintFinding {
            rule: rules::META_MISSING,
            severity: Severity::Low,
            message: format!(
                "{} was fetched on {}, after the time of this evaluation: how old it is is unknown",
                reader.files().display(path),
                day(meta.fetched)
            ),
            origin: source.top(),
            help: "write in fetched when it was fetched".to_owned(),
        });
        return Ok(None);
    }
    Ok(Some(meta))
}

/// "A file named like a built-in wins and is named in the report; older than the built-in is a finding."
fn shadows(root: &NamedRoot, options: &LoadOptions<'_>, findings: &mut Vec<LintFinding>) {
    let RootOrigin::File { path, .. } = &root.source else { return };
    findings.push(LintFinding {
        rule: rules::ROOT_SHADOWS,
        severity: Severity::Info,
        message: format!("{} replaces the built-in trusted root `{}`", path.display(), root.name),
        origin: root.origin.clone(),
        help: "give it a name of its own if it is another instance".to_owned(),
    });
    let built_in = (options.root_check)(&root.name, None).ok().and_then(|facts| facts.fetched);
    if let (Some(built_in), Some(fetched)) = (built_in, root.fetched())
        && fetched < built_in
    {
        findings.push(LintFinding {
            rule: rules::ROOT_OLDER,
            severity: Severity::Medium,
            message: format!("{} is older than the built-in trusted root `{}`", path.display(), root.name),
            origin: root.origin.clone(),
            help: "proofmark trust update, or remove the file".to_owned(),
        });
    }
}

/// A requirement that the root can never meet is told now, not at the first image.
pub(super) fn check_transparency(signer: &DraftSigner, roots: &[NamedRoot], errors: &mut Errors) {
    let Some(root) = roots.iter().find(|root| root.name == signer.root.value) else { return };
    let facts = &root.facts;
    let certificate = matches!(signer.kind, DraftKind::Certificate { .. });
    let (message, help) = match signer.transparency {
        Transparency::Required if !facts.has_logs => (
            format!("trusted root `{}` has no transparency log", root.name),
            "set transparency = \"timestamp\", or name a root with logs",
        ),
        Transparency::Timestamp if facts.has_logs || (certificate && facts.has_ct_logs) => (
            format!(
                "trusted root `{}` has logs: a timestamp alone would hide a signature from them",
                root.name
            ),
            "remove transparency, or name a root without logs",
        ),
        Transparency::Timestamp if !facts.has_tsas => (
            format!("trusted root `{}` has no timestamp authority", root.name),
            "name a root with timestamp authorities",
        ),
        _ => return,
    };
    let message = format!("signer `{}`: {message}", signer.name);
    errors.push(Code::Transparency, &signer.transparency_origin, message, help);
}
