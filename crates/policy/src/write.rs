//! A policy as TOML: what [`Policy::to_toml`] writes loads back to the same meaning.

pub(crate) mod attestation;

use std::fmt::Write as _;

use proofmark_core::display::is_plain;
use proofmark_core::{IdentityPattern, Limits, SanKind, Signer, SignerKind, Threshold, Transparency};

use crate::load::DEFAULT_ROOT;
use crate::schema::value::last_day;
use crate::{ImageEntry, Policy, RepositoryRule, VendorKeyKind, VendorSigner};

impl Policy {
    /// `proofmark.toml` of this policy, beside the same `allowlists/` and `trust-roots/`. Deterministic.
    pub fn to_toml(&self) -> String {
        // Writing to a String cannot fail.
        let mut out = String::from("version = 1\n");
        for signer in self.signers.values() {
            write_signer(&mut out, signer);
        }
        for (name, signer) in &self.vendors {
            write_vendor(&mut out, name, signer);
        }
        for image in &self.images {
            write_image(&mut out, image);
        }
        write_limits(&mut out, &self.limits);
        out
    }
}

/// A basic string with everything escaped that TOML asks for, and all that would not show as what it is.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_plain(c) => out.push(c),
            c => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

fn quote_all(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A list, one text a line if there are several: what is reviewed line by line.
pub(crate) fn quote_lines(texts: &[String]) -> String {
    match texts {
        [] | [_] => quote_all(texts),
        some => {
            let lines: Vec<String> = some.iter().map(|text| format!("    {},\n", quote(text))).collect();
            format!("[\n{}]", lines.concat())
        }
    }
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {}", quote(value));
}

fn write_signer(out: &mut String, signer: &Signer) {
    let _ = writeln!(out, "\n[signers.{}]", quote(&signer.name));
    let root = match &signer.kind {
        SignerKind::Certificate(certificate) => {
            line(out, "issuer", &certificate.issuer);
            match &certificate.identity {
                IdentityPattern::Glob(glob) => line(out, "identity", glob.as_str()),
                IdentityPattern::Regex(regex) => {
                    line(out, "identity-regex", regex.as_str());
                    line(out, "san", certificate.san.first().copied().unwrap_or(SanKind::Uri).as_str());
                }
            }
            for (extension, value) in &certificate.extensions {
                line(out, &format!("extensions.{}", extension.as_str()), value);
            }
            &certificate.trusted_root
        }
        SignerKind::Key(key) => {
            line(out, "key", &key.file);
            if let Some(end) = key.valid_until {
                let _ = writeln!(out, "valid-until = {}", last_day(end));
            }
            &key.trusted_root
        }
    };
    match signer.transparency {
        Transparency::Required => {}
        Transparency::Timestamp => line(out, "transparency", "timestamp"),
        Transparency::Optional => line(out, "transparency", "optional"),
    }
    if root != DEFAULT_ROOT {
        line(out, "trusted-root", root);
    }
}

fn write_vendor(out: &mut String, name: &str, signer: &VendorSigner) {
    let _ = writeln!(out, "\n[signers.{}]", quote(name));
    match &signer.kind {
        VendorKeyKind::OpenPgp { fingerprint } => {
            line(out, "openpgp", &signer.file);
            line(out, "fingerprint", fingerprint);
        }
        VendorKeyKind::Minisign => line(out, "minisign", &signer.file),
    }
}

fn write_image(out: &mut String, image: &ImageEntry) {
    out.push_str("\n[[image]]\n");
    line(out, "match", image.pattern.as_str());
    if let Some(threshold) = &image.signed_by {
        let _ = writeln!(out, "signed-by = {}", threshold_value(threshold));
    }
    if let Some(list) = &image.digests {
        line(out, "digests", &list.name);
    }
    if image.repository != RepositoryRule::default() {
        line(out, "repository", image.repository.as_str());
    }
    if !image.also.is_empty() {
        let also =
            image.also.iter().map(|also| format!("{} = {}", also.claimed.as_str(), also.here.as_str()));
        let _ = writeln!(out, "also = {}", quote_all(&also.collect::<Vec<_>>()));
    }
    if let Some(tag_from) = image.tag_from {
        line(out, "tag-from", tag_from.as_str());
    }
    if let Some(base) = &image.base {
        line(out, "base", base.as_str());
    }
    attestation::write(out, &image.attestation);
}

pub(crate) fn threshold_value(threshold: &Threshold) -> String {
    let of = quote_all(&threshold.of);
    match (threshold.at_least, threshold.of.len()) {
        (1, 1) => of,
        (1, _) => format!("{{ any = {of} }}"),
        (some, all) if some == all => format!("{{ all = {of} }}"),
        (some, _) => format!("{{ at-least = {some}, of = {of} }}"),
    }
}

fn write_limits(out: &mut String, limits: &Limits) {
    let default = Limits::default();
    let mut lines = String::new();
    let mut number = |key: &str, value: u64, default: u64| {
        if value != default {
            let _ = writeln!(lines, "{key} = {value}");
        }
    };
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    number("manifest-bytes", limits.manifest_bytes, default.manifest_bytes);
    number("evidence-bytes", limits.evidence_bytes, default.evidence_bytes);
    number("image-bytes", limits.image_bytes, default.image_bytes);
    number("descriptors", count(limits.descriptors), count(default.descriptors));
    number("manifests", count(limits.manifests), count(default.manifests));
    number("pages", count(limits.pages), count(default.pages));
    number("index-depth", count(limits.index_depth), count(default.index_depth));
    number("index-nodes", count(limits.index_nodes), count(default.index_nodes));
    number("images-in-flight", count(limits.images_in_flight), count(default.images_in_flight));
    if limits.image_time != default.image_time {
        line(&mut lines, "image-time", &format!("{}s", limits.image_time.as_secs()));
    }
    if !lines.is_empty() {
        let _ = write!(out, "\n[limits]\n{lines}");
    }
}
