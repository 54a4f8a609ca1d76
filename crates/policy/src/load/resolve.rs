//! The second stage: the files that a draft names, and what the verifier says of keys and roots.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use proofmark_core::registry::{CaFile, MirrorAt, RegistryEntry};
use proofmark_core::{CertificateConstraint, KeyConstraint, Severity, Signer, SignerKind, Threshold};

use super::draft::{self, Draft, DraftImage, DraftKind, DraftSigner};
use super::reader::Reader;
use super::{
    MAX_ALLOWLIST, MAX_KEY, MAX_POLICY, bases, binaries, denied, digests, entries, envrc, exceptions,
    file_error, registries, roots, threshold, unread,
};
use crate::error::{Code, Errors, Told};
use crate::files::{Files, files_digest};
use crate::lint::rules;
use crate::source::{Source, nowhere};
use crate::{
    DigestList, How, ImageEntry, KeyFacts, LintFinding, LoadFailure, LoadOptions, Policy, VendorKeyKind,
    VendorSigner,
};

const REGISTRIES: &str = "allowlists/registries.toml";
const DENIED: &str = "allowlists/denied.toml";
const BASES: &str = "allowlists/base-images.toml";
const EXCEPTIONS: &str = "allowlists/exceptions.toml";
const ENVRC: &str = "allowlists/envrc.toml";
const BINARIES: &str = "allowlists/binaries.toml";

pub(super) fn resolve(
    files: &dyn Files,
    name: &str,
    how: How,
    options: &LoadOptions<'_>,
) -> Result<Policy, LoadFailure> {
    let mut errors = Errors::default();
    let mut reader = Reader::new(files);
    let top = nowhere(files.display(name));
    let source = match reader.source(name, MAX_POLICY, &top, &mut errors) {
        Ok(Some(source)) => source,
        Ok(None) => {
            let help = "write a policy, or name another with --policy";
            return Err(Errors::one(
                Code::NotFound,
                &top,
                format!("no policy at {}", files.display(name)),
                help,
            ));
        }
        Err(Told) => return Err(errors.into_failure()),
    };
    let draft = draft::read(&source, &mut errors);
    let mut stage = Stage { reader, options, errors, findings: Vec::new() };
    let (signers, keys, vendors, roots) = stage.signers(&draft);
    let images = stage.images(&draft, &signers, &keys);
    let registries = stage.registries(&source);
    entries::check_upstream(&images, &registries, &mut stage.errors);
    let denied = stage.allowlist(DENIED, MAX_ALLOWLIST, &source, denied::read);
    let bases = stage.bases(&source, &draft);
    let exceptions = stage.exceptions(&source);
    let envrc = stage.envrc(&source);
    let binaries = stage.binaries(&source, &draft, (&signers, &keys, &vendors));
    stage.group_writable(&source);
    stage
        .findings
        .extend(unread::findings(&stage.reader, &[REGISTRIES, DENIED, BASES, EXCEPTIONS, ENVRC, BINARIES]));
    let files_read = stage.reader.finish();
    stage.errors.finish(Policy {
        path: PathBuf::from(files.display(name)),
        digest: files_digest(&files_read),
        files: files_read,
        found: how,
        signers,
        keys,
        vendors,
        images,
        registries,
        denied,
        bases,
        exceptions,
        envrc,
        binaries,
        limits: draft.limits,
        roots,
        findings: stage.findings,
    })
}

struct Stage<'a> {
    reader: Reader<'a>,
    options: &'a LoadOptions<'a>,
    errors: Errors,
    findings: Vec<LintFinding>,
}

type Signers = BTreeMap<String, Signer>;
type Keys = BTreeMap<String, KeyFacts>;
type Vendors = BTreeMap<String, VendorSigner>;

impl Stage<'_> {
    fn signers(&mut self, draft: &Draft) -> (Signers, Keys, Vendors, Vec<crate::NamedRoot>) {
        let good = &draft.signers.good;
        let roots = roots::read(good, &mut self.reader, self.options, &mut self.findings, &mut self.errors);
        let (mut signers, mut keys, mut vendors) = (Signers::new(), Keys::new(), Vendors::new());
        for draft in good {
            let kind = match &draft.kind {
                DraftKind::Vendor { file, kind } => {
                    if let Ok(signer) = self.vendor(draft, file, kind) {
                        vendors.insert(draft.name.clone(), signer);
                    }
                    continue;
                }
                DraftKind::Certificate { issuer, identity, san, extensions } => {
                    SignerKind::Certificate(CertificateConstraint {
                        issuer: issuer.clone(),
                        identity: identity.clone(),
                        san: san.clone(),
                        extensions: extensions.clone(),
                        trusted_root: draft.root.value.clone(),
                    })
                }
                DraftKind::Key { file, valid_until } => {
                    let Ok((key, facts)) = self.key(draft, file, *valid_until) else { continue };
                    keys.insert(draft.name.clone(), facts);
                    SignerKind::Key(key)
                }
            };
            roots::check_transparency(draft, &roots, &mut self.errors);
            let (name, origin) = (draft.name.clone(), draft.origin.clone());
            signers
                .insert(draft.name.clone(), Signer { name, kind, transparency: draft.transparency, origin });
        }
        (signers, keys, vendors, roots)
    }

    /// A file of `trust-roots/`, with its description.
    fn trust_file(&mut self, file: &crate::schema::Text, max: u64) -> Result<Vec<u8>, Told> {
        let path = format!("trust-roots/{}", file.value);
        let bytes = self.reader.required(&path, max, &file.origin, &mut self.errors)?;
        roots::description(
            &path,
            &bytes,
            &file.origin,
            &mut self.reader,
            self.options.now,
            &mut self.findings,
            &mut self.errors,
        )?;
        Ok(bytes)
    }

    fn key(
        &mut self,
        draft: &DraftSigner,
        file: &crate::schema::Text,
        valid_until: Option<proofmark_core::Timestamp>,
    ) -> Result<(KeyConstraint, KeyFacts), Told> {
        let bytes = self.trust_file(file, MAX_KEY)?;
        let pem = self.reader.text(&file.value, bytes, &file.origin, &mut self.errors)?;
        let facts = (self.options.key_check)(&pem).map_err(|cause| {
            let message = format!("the key of signer `{}` cannot be used: {cause}", draft.name);
            let help = "use an ECDSA P-256 or P-384, Ed25519 or RSA (2048 bits and more) public key in PEM";
            self.errors.push(Code::UnusableKey, &file.origin, message, help);
            Told
        })?;
        let key = KeyConstraint {
            file: file.value.clone(),
            pem,
            transparency: draft.transparency,
            valid_until,
            trusted_root: draft.root.value.clone(),
        };
        Ok((key, facts))
    }

    fn vendor(
        &mut self,
        draft: &DraftSigner,
        file: &crate::schema::Text,
        kind: &VendorKeyKind,
    ) -> Result<VendorSigner, Told> {
        let bytes = self.trust_file(file, MAX_POLICY)?;
        let facts = (self.options.vendor_check)(kind, &bytes).map_err(|cause| {
            let message = format!("the key of signer `{}` cannot be used: {cause}", draft.name);
            let help = match kind {
                VendorKeyKind::OpenPgp { .. } => {
                    "get the key from its owner, and compare its fingerprint with what they publish elsewhere"
                }
                VendorKeyKind::Minisign => "use the public key as minisign writes it, without its secret",
            };
            self.errors.push(Code::UnusableKey, &file.origin, message, help);
            Told
        })?;
        let (file, origin) = (file.value.clone(), draft.origin.clone());
        Ok(VendorSigner { file, kind: kind.clone(), bytes: bytes.into(), facts, origin })
    }

    fn images(&mut self, draft: &Draft, signers: &Signers, keys: &Keys) -> Vec<ImageEntry> {
        let mut lists: BTreeMap<String, Arc<[crate::ListedDigest]>> = BTreeMap::new();
        draft.images.iter().map(|image| self.image(image, signers, keys, &mut lists)).collect()
    }

    fn image(
        &mut self,
        image: &DraftImage,
        signers: &Signers,
        keys: &Keys,
        lists: &mut BTreeMap<String, Arc<[crate::ListedDigest]>>,
    ) -> ImageEntry {
        let signed_by = image.signed_by.as_ref().map(|draft| Threshold {
            at_least: draft.at_least,
            of: draft.of.iter().map(|name| name.value.clone()).collect(),
            origin: draft.origin.clone(),
        });
        for threshold in signed_by.iter().chain(image.attestation.thresholds()) {
            let identity =
                |name: &str| signers.get(name).map(|signer| threshold::identity(signer, keys.get(name)));
            threshold::check_distinct(threshold, identity, &mut self.errors);
        }
        ImageEntry {
            pattern: image.pattern.clone(),
            signed_by,
            digests: image.digests.as_ref().map(|file| self.digest_list(file, lists)),
            repository: image.repository,
            also: image.also.clone(),
            tag_from: image.tag_from,
            base: image.base.clone(),
            attestation: image.attestation.clone(),
            origin: image.origin.clone(),
        }
    }

    /// One list may serve several entries: it is read, and its errors are told, once.
    fn digest_list(
        &mut self,
        file: &crate::schema::Text,
        lists: &mut BTreeMap<String, Arc<[crate::ListedDigest]>>,
    ) -> DigestList {
        let path = format!("allowlists/{}", file.value);
        let shown = self.reader.files().display(&path);
        if !lists.contains_key(&path) {
            let bytes = self.reader.required(&path, MAX_ALLOWLIST, &file.origin, &mut self.errors);
            let text = bytes.and_then(|bytes| self.reader.text(&path, bytes, &file.origin, &mut self.errors));
            let rows = text.map(|text| digests::read(&Source::new(&shown, text), &mut self.errors));
            lists.insert(path.clone(), rows.unwrap_or_default().into());
        }
        let rows = lists.get(&path).cloned().unwrap_or_default();
        DigestList { file: shown, name: file.value.clone(), rows, origin: file.origin.clone() }
    }

    fn allowlist<T>(
        &mut self,
        path: &str,
        max: u64,
        policy: &Source,
        read: impl Fn(&Source, &mut Errors) -> Vec<T>,
    ) -> Vec<T> {
        match self.reader.source(path, max, &policy.top(), &mut self.errors) {
            Ok(Some(source)) => read(&source, &mut self.errors),
            Ok(None) | Err(Told) => Vec::new(),
        }
    }

    /// No list restricts nothing, an empty one permits nothing.
    fn envrc(&mut self, policy: &Source) -> Option<crate::EnvrcList> {
        match self.reader.source(ENVRC, MAX_ALLOWLIST, &policy.top(), &mut self.errors) {
            Ok(Some(source)) => envrc::read(&source, &mut self.errors),
            Ok(None) | Err(Told) => None,
        }
    }

    /// Without a list no executable is judged, under an empty one none may be pinned.
    fn binaries(
        &mut self,
        policy: &Source,
        draft: &Draft,
        (signers, keys, vendors): (&Signers, &Keys, &Vendors),
    ) -> Option<crate::BinaryList> {
        let source = match self.reader.source(BINARIES, MAX_ALLOWLIST, &policy.top(), &mut self.errors) {
            Ok(Some(source)) => source,
            Ok(None) | Err(Told) => return None,
        };
        let list = binaries::read(&source, &draft.signers, &mut self.errors)?;
        for threshold in list.rows.iter().filter_map(crate::BinaryEntry::signed_by) {
            let identity = |name: &str| match (signers.get(name), vendors.get(name)) {
                (Some(signer), _) => Some(threshold::identity(signer, keys.get(name))),
                (None, Some(vendor)) => Some(format!("{} {}", vendor.kind.words(), vendor.facts.id)),
                (None, None) => None,
            };
            threshold::check_distinct(threshold, identity, &mut self.errors);
        }
        Some(list)
    }

    /// Without a list an entry that asks for an approved base refuses everything, until one is approved. One that accepts
    /// scratch as well would accept everything, revoked bases too.
    fn bases(&mut self, policy: &Source, draft: &Draft) -> Vec<crate::ApprovedBase> {
        let mut rules = draft.images.iter().filter_map(|image| image.base.as_ref());
        let scratch = rules.find(|rule| rule.scratch);
        match self.reader.source(BASES, MAX_ALLOWLIST, &policy.top(), &mut self.errors) {
            Ok(Some(source)) => bases::read(&source, &mut self.errors),
            Ok(None) => {
                if let Some(rule) = scratch {
                    let message = format!("{} is not there", self.reader.files().display(BASES));
                    let help = "write the file, empty at first: without it nothing would be refused";
                    self.errors.push(Code::MissingFile, &rule.origin, message, help);
                }
                Vec::new()
            }
            Err(Told) => Vec::new(),
        }
    }

    fn registries(&mut self, policy: &Source) -> Vec<RegistryEntry> {
        let mut listed = self.allowlist(REGISTRIES, MAX_POLICY, policy, registries::read);
        // One file may serve many hosts: it is read once.
        let mut ca_files: BTreeMap<String, Option<CaFile>> = BTreeMap::new();
        for registries::Listed { entry, ca_file, mirror_origins } in &mut listed {
            if let Some(file) = ca_file {
                let read = ca_files.entry(file.value.clone()).or_insert_with(|| {
                    let bytes = self.reader.required(&file.value, MAX_POLICY, &file.origin, &mut self.errors);
                    let path = PathBuf::from(self.reader.files().display(&file.value));
                    let pem = bytes.ok()?;
                    if let Err(cause) = (self.options.ca_check)(&pem) {
                        let message = format!("{} cannot be used: {cause}", path.display());
                        let help = "put PEM certificates of the authority into it";
                        self.errors.push(Code::UnusableCaFile, &file.origin, message, help);
                        return None;
                    }
                    Some(CaFile { path, pem: pem.into() })
                });
                entry.ca_file = read.clone();
            }
            for (mirror, origin) in entry.mirrors.iter_mut().zip(mirror_origins) {
                let MirrorAt::Layout(directory) = &mut mirror.at else { continue };
                match self.reader.files().directory(&directory.to_string_lossy()) {
                    Ok(real) => *directory = real,
                    Err(error) => file_error(&mut self.errors, &error, origin),
                }
            }
        }
        if listed.is_empty() {
            self.findings.push(LintFinding {
                rule: rules::NO_REGISTRY,
                severity: Severity::Low,
                message: "no registry is listed: every image from one is refused".to_owned(),
                origin: policy.top(),
                help: format!("write {REGISTRIES} with [[registry]] host = \"…\""),
            });
        }
        listed.into_iter().map(|listed| listed.entry).collect()
    }

    fn exceptions(&mut self, policy: &Source) -> Vec<crate::Exception> {
        let (now, known) = (self.options.now, self.options.exception_rules);
        match self.reader.source(EXCEPTIONS, MAX_ALLOWLIST, &policy.top(), &mut self.errors) {
            Ok(Some(source)) => {
                let read = exceptions::read(&source, &mut self.errors, now, known);
                self.findings.extend(read.findings);
                read.rows
            }
            Ok(None) | Err(Told) => Vec::new(),
        }
    }

    fn group_writable(&mut self, policy: &Source) {
        for path in self.reader.files().group_writable() {
            self.findings.push(LintFinding {
                rule: rules::GROUP_WRITABLE,
                severity: Severity::Low,
                message: format!("a group may write to {path}"),
                origin: policy.top(),
                help: format!("chmod g-w {path}"),
            });
        }
    }
}
