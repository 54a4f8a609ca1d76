//! From signers that were seen to entries that would accept them and those like them.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::{Extension, SanKind};

use super::{FirstPolicy, FirstSigner, Seen, SeenBy};
use crate::load::DEFAULT_ROOT;
use crate::write::quote;

/// What a CI signer's entry asks of the certificate: whose repository ran the workflow, and where.
const KEPT: [Extension; 3] = [
    Extension::SourceRepositoryUri,
    Extension::SourceRepositoryOwnerIdentifier,
    Extension::RunnerEnvironment,
];
/// What has a meaning in a regular expression.
const SPECIAL: &str = r"\.+*?()|[]{}^$#&-~";
/// What marks a release among a workflow's refs.
const TAGS: &str = "@refs/tags/";

/// The entries of a policy for what was seen.
#[derive(Debug, Default)]
pub(super) struct Proposals {
    /// In the order in which they were first seen.
    pub(super) all: Vec<Proposal>,
    by_body: BTreeMap<String, usize>,
}

/// One `[signers.NAME]`.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) name: String,
    /// Its lines.
    pub(super) body: String,
    /// Who was seen that it accepts.
    pub(super) seen: BTreeSet<String>,
}

impl Proposals {
    pub(super) fn of(policy: &FirstPolicy) -> Self {
        let mut proposals = Self::default();
        for signer in policy.images.iter().flat_map(|image| &image.seen).flat_map(Seen::signers) {
            proposals.add(signer);
        }
        proposals
    }

    fn add(&mut self, signer: &FirstSigner) {
        let body = body(signer);
        let at = if let Some(at) = self.by_body.get(&body) {
            *at
        } else {
            let name = self.free(&name(&signer.by));
            self.all.push(Proposal { name, body: body.clone(), seen: BTreeSet::new() });
            self.by_body.insert(body, self.all.len() - 1);
            self.all.len() - 1
        };
        if let Some(proposal) = self.all.get_mut(at) {
            proposal.seen.insert(told(&signer.by));
        }
    }

    /// The entry that accepts a signer.
    pub(super) fn name_of(&self, signer: &FirstSigner) -> Option<&str> {
        self.all.get(*self.by_body.get(&body(signer))?).map(|proposal| proposal.name.as_str())
    }

    /// A name that no other has.
    fn free(&self, wanted: &str) -> String {
        let taken = |name: &str| self.all.iter().any(|other| other.name == name);
        if !taken(wanted) {
            return wanted.to_owned();
        }
        let numbered = (2_usize..).map(|number| format!("{wanted}-{number}"));
        numbered.into_iter().find(|name| !taken(name)).unwrap_or_default()
    }
}

fn told(by: &SeenBy) -> String {
    match by {
        SeenBy::Certificate { name, issuer, .. } => format!("{name} (issuer {issuer})"),
        SeenBy::Key { file, .. } => format!("the key {file}"),
    }
}

fn body(signer: &FirstSigner) -> String {
    let mut lines = match &signer.by {
        SeenBy::Certificate { issuer, san, name, extensions } => {
            let mut lines = vec![format!("issuer = {}", quote(issuer))];
            lines.extend(identity(*san, name));
            let kept = KEPT.iter().filter_map(|kept| Some((kept, extensions.get(kept)?)));
            lines
                .extend(kept.map(|(kept, value)| format!("extensions.{} = {}", kept.as_str(), quote(value))));
            lines
        }
        SeenBy::Key { file, unlogged } => {
            let mut lines = vec![format!("key = {}", quote(file))];
            lines.extend(unlogged.then(|| "transparency = \"optional\"".to_owned()));
            lines
        }
    };
    if signer.root != DEFAULT_ROOT {
        lines.push(format!("trusted-root = {}", quote(&signer.root)));
    }
    lines.join("\n")
}

/// A name of a shape that a glob can have is one, with every release of the workflow; any other is matched as it stands.
fn identity(san: SanKind, name: &str) -> Vec<String> {
    let as_glob = match san {
        SanKind::Uri => name.contains("://"),
        SanKind::Email | SanKind::Other => name.contains('@') && !name.contains("://"),
    };
    if as_glob && !name.contains('*') {
        let glob = match name.rsplit_once(TAGS) {
            Some((workflow, _)) if san == SanKind::Uri => format!("{workflow}{TAGS}*"),
            _ => name.to_owned(),
        };
        return vec![format!("identity = {}", quote(&glob))];
    }
    let literal: String = name.chars().flat_map(escaped).collect();
    vec![format!("identity-regex = {}", quote(&literal)), format!("san = {}", quote(san.as_str()))]
}

/// A character that a regular expression takes as itself.
fn escaped(c: char) -> impl Iterator<Item = char> {
    SPECIAL.contains(c).then_some('\\').into_iter().chain([c])
}

/// A name of letters, digits and hyphens, after the repository and its workflow, the person or the key.
fn name(by: &SeenBy) -> String {
    let words = match by {
        SeenBy::Certificate { name, .. } => {
            let before = name.rsplit_once('@').map_or(name.as_str(), |(before, _)| before);
            match before.split_once("/.github/workflows/") {
                Some((repository, workflow)) => {
                    let repository = repository.rsplit('/').next().unwrap_or_default();
                    format!("{repository}-{}", stem(workflow))
                }
                None => before.rsplit('/').next().unwrap_or_default().to_owned(),
            }
        }
        SeenBy::Key { file, .. } => stem(file).to_owned(),
    };
    let plain: String =
        words.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "signer".to_owned() } else { parts.join("-") }
}

fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}
