//! `policy show`: the policy in effect, and where each part comes from. Deterministic, and safe for a terminal.

use std::fmt::Write as _;

use proofmark_core::display::safe;
use proofmark_core::registry::{MirrorAt, RegistryEntry};
use proofmark_core::{IdentityPattern, Signer, SignerKind, Transparency};

use crate::schema::value::{day, last_day};
use crate::write::threshold_value;
use crate::{ApprovedBase, BinaryDemand, BinaryEntry, DeniedWhat, ImageEntry, NamedRoot, Policy, RootOrigin};

/// The effective policy as text.
pub fn render_show(policy: &Policy) -> String {
    let mut out = Page::default();
    out.row(0, "policy", &format!("{} ({})", policy.path.display(), policy.found.words()));
    out.row(0, "digest", &policy.digest.to_string());
    out.head("files");
    for (path, digest) in &policy.files {
        out.row(1, path, &digest.to_string());
    }
    out.head("trusted roots");
    policy.roots.iter().for_each(|root| show_root(&mut out, root));
    out.head("signers");
    policy.signers.values().for_each(|signer| show_signer(&mut out, signer, policy));
    for (name, signer) in &policy.vendors {
        let (words, id) = (signer.kind.words(), &signer.facts.id);
        out.row(1, name, &format!("{}: {words} {id} ({})", signer.file, signer.origin));
    }
    out.head("images, the first match decides");
    policy.images.iter().for_each(|image| show_image(&mut out, image));
    out.head("registries, any other is refused");
    policy.registries.iter().for_each(|entry| show_registry(&mut out, entry));
    show_rows(&mut out, policy);
    show_limits(&mut out, policy);
    out.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, title: &str) {
        let _ = write!(self.0, "\n{title}\n");
    }

    fn row(&mut self, depth: usize, name: &str, value: &str) {
        let _ = writeln!(self.0, "{:width$}{}  {}", "", safe(name), safe(value), width = depth * 2);
    }
}

fn show_root(out: &mut Page, root: &NamedRoot) {
    let from = match &root.source {
        RootOrigin::BuiltIn => "built in".to_owned(),
        RootOrigin::File { path, .. } => path.display().to_string(),
    };
    let fetched = root.fetched().map_or_else(|| "unknown".to_owned(), |time| day(time).to_string());
    out.row(1, &root.name, &format!("{from}, {}, fetched {fetched}", root.facts.digest));
}

fn show_signer(out: &mut Page, signer: &Signer, policy: &Policy) {
    match &signer.kind {
        SignerKind::Certificate(certificate) => {
            out.row(1, &signer.name, &format!("certificate ({})", signer.origin));
            out.row(2, "issuer", &certificate.issuer);
            let shape = match &certificate.identity {
                IdentityPattern::Glob(_) => "identity",
                IdentityPattern::Regex(_) => "identity-regex",
            };
            let kinds: Vec<&str> = certificate.san.iter().map(|kind| kind.as_str()).collect();
            out.row(2, shape, &format!("{} ({})", certificate.identity.as_str(), kinds.join(" or ")));
            for (extension, value) in &certificate.extensions {
                out.row(2, extension.as_str(), value);
            }
            out.row(2, "trusted-root", &certificate.trusted_root);
        }
        SignerKind::Key(key) => {
            out.row(1, &signer.name, &format!("key ({})", signer.origin));
            if let Some(facts) = policy.keys.get(&signer.name) {
                out.row(2, "key", &format!("{}: {}, sha256 {}", key.file, facts.algorithm, facts.id));
            }
            if let Some(end) = key.valid_until {
                out.row(2, "valid-until", &last_day(end).to_string());
            }
            out.row(2, "trusted-root", &key.trusted_root);
        }
    }
    let transparency = match signer.transparency {
        Transparency::Required => "required",
        Transparency::Timestamp => "timestamp",
        Transparency::Optional => "optional",
    };
    out.row(2, "transparency", transparency);
}

fn show_image(out: &mut Page, image: &ImageEntry) {
    out.row(1, image.pattern.as_str(), &format!("({})", image.origin));
    if let Some(threshold) = &image.signed_by {
        out.row(2, "signed-by", &threshold_value(threshold));
    }
    if let Some(list) = &image.digests {
        out.row(2, "digests", &format!("{}: {} rows", list.file, list.rows.len()));
    }
    out.row(2, "repository", image.repository.as_str());
    for also in &image.also {
        out.row(2, "also", &format!("{} = {}", also.claimed.as_str(), also.here.as_str()));
    }
    if let Some(tag_from) = image.tag_from {
        out.row(2, "tag-from", tag_from.as_str());
    }
    if let Some(base) = &image.base {
        out.row(2, "base", base.as_str());
    }
    for (table, rows) in crate::write::attestation::tables(&image.attestation) {
        out.row(2, &format!("attestation.{table}"), "");
        for (key, value) in rows {
            out.row(3, key, &value);
        }
    }
}

fn show_registry(out: &mut Page, entry: &RegistryEntry) {
    out.row(1, entry.host.as_str(), &format!("({})", entry.origin));
    let globs: Vec<&str> = entry.repositories.iter().map(proofmark_core::pattern::Glob::as_str).collect();
    out.row(2, "repositories", &if globs.is_empty() { "all".to_owned() } else { globs.join(", ") });
    out.row(2, "transport", if entry.is_plain_http() { "http" } else { "https" });
    if let Some(proxy) = &entry.proxy_of {
        let path = if proxy.path.is_empty() { String::new() } else { format!(" below {}", proxy.path) };
        out.row(2, "proxy-of", &format!("{}{path}", proxy.upstream));
    }
    for mirror in &entry.mirrors {
        let at = match &mirror.at {
            MirrorAt::Registry { base, prefix } if prefix.is_empty() => base.clone(),
            MirrorAt::Registry { base, prefix } => format!("{base}/{prefix}"),
            MirrorAt::Layout(path) => format!("oci:{}", path.display()),
        };
        out.row(2, "mirror", &format!("{at}{}", if mirror.authoritative { " (authoritative)" } else { "" }));
    }
    if let Some(file) = &entry.ca_file {
        out.row(2, "ca-file", &file.path.display().to_string());
    }
    for realm in &entry.auth_realms {
        out.row(2, "auth-realm", realm.as_str());
    }
}

fn show_rows(out: &mut Page, policy: &Policy) {
    out.head("denied");
    for row in &policy.denied {
        let what = match &row.what {
            DeniedWhat::Everywhere(digest) => digest.to_string(),
            DeniedWhat::InRepository { repository, digest } => format!("{repository}@{digest}"),
        };
        out.row(1, &what, &format!("{} ({}; {})", row.why, row.by, row.origin));
    }
    out.head("base images");
    policy.bases.iter().for_each(|base| show_base(out, base));
    if let Some(list) = policy.envrc.as_ref().filter(|list| list.restricts()) {
        out.head("direnv may load, any other approval is a finding");
        for row in &list.directories {
            out.row(1, &row.path, &format!("{} ({}; {})", row.why, row.by, row.origin));
        }
        for row in &list.startup {
            out.row(
                1,
                &row.path,
                &format!("sha256 {}: {} ({}; {})", row.sha256, row.why, row.by, row.origin),
            );
        }
    }
    let closures = policy.envrc.iter().flat_map(|list| &list.closures);
    if closures.clone().next().is_some() {
        out.head("what .envrc files load is locked");
        for row in closures {
            let count = row.members.len();
            out.row(1, &row.file, &format!("{}, {count} members ({}; {})", row.sha256, row.by, row.origin));
        }
    }
    if let Some(list) = &policy.binaries {
        out.head("binaries, no other may be pinned");
        list.rows.iter().for_each(|row| show_binary(out, row));
    }
    out.head("exceptions");
    for row in &policy.exceptions {
        let until = last_day(row.until);
        out.row(
            1,
            &row.rule,
            &format!("{} until {until}: {} ({}; {})", row.subject, row.reason, row.owner, row.origin),
        );
    }
}

fn show_base(out: &mut Page, base: &ApprovedBase) {
    out.row(1, &base.name, &format!("{} ({}; {})", base.why, base.added_by, base.origin));
    let platforms: Vec<String> = base.platforms.iter().map(ToString::to_string).collect();
    out.row(2, "platforms", &platforms.join(", "));
    for digest in &base.digests {
        out.row(2, "digest", &digest.to_string());
    }
    for diff_id in &base.diff_ids {
        out.row(2, "diff-id", &diff_id.to_string());
    }
    if let Some(end) = base.not_after {
        out.row(2, "not-after", &last_day(end).to_string());
    }
    if let Some(why) = &base.revoked {
        out.row(2, "revoked", why);
    }
}

fn show_binary(out: &mut Page, row: &BinaryEntry) {
    out.row(1, &row.tool, &format!("{} ({}; {})", row.why, row.by, row.origin));
    out.row(2, "versions", &row.versions.join(", "));
    let platforms: Vec<String> = row.platforms.iter().map(ToString::to_string).collect();
    out.row(2, "platforms", &platforms.join(", "));
    match &row.demand {
        BinaryDemand::Signed(threshold) => out.row(2, "signed-by", &threshold_value(threshold)),
        BinaryDemand::Unsigned(why) => out.row(2, "unsigned", why),
    }
    if row.sources > 0 {
        out.row(2, "sources", &row.sources.to_string());
    }
    if !row.environment.is_empty() {
        out.row(2, "environment", &row.environment.join(", "));
    }
}

fn show_limits(out: &mut Page, policy: &Policy) {
    let limits = &policy.limits;
    out.head("limits");
    for (name, value) in [
        ("manifest-bytes", limits.manifest_bytes.to_string()),
        ("evidence-bytes", limits.evidence_bytes.to_string()),
        ("image-bytes", limits.image_bytes.to_string()),
        ("descriptors", limits.descriptors.to_string()),
        ("manifests", limits.manifests.to_string()),
        ("pages", limits.pages.to_string()),
        ("index-depth", limits.index_depth.to_string()),
        ("index-nodes", limits.index_nodes.to_string()),
        ("image-time", format!("{}s", limits.image_time.as_secs())),
        ("images-in-flight", limits.images_in_flight.to_string()),
    ] {
        out.row(1, name, &value);
    }
}
