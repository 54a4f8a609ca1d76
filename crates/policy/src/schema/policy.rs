//! `proofmark.toml` (verdicts.md 1, "The policy's shape").

use super::Kind::{
    Bytes, Choice, Date, Either, Extensions, List, Named, Rows, Scalar, Span, Table as Tab, Text, Whole,
};
use super::{MAX_ENTRIES, MAX_ITEMS, Table, may, must};
use crate::BaseRule;

/// The whole file.
pub(crate) static POLICY: Table = Table {
    doc: "What proofmark demands of what a platform runs.",
    keys: &[
        must("version", Whole, "The version of this format: 1."),
        may("signers", Named(&Tab(&SIGNER)), "Who may sign, by name."),
        may(
            "image",
            Rows(&IMAGE, MAX_ENTRIES),
            "What container images must show. The first entry that matches decides.",
        ),
        may(
            "limits",
            Tab(&LIMITS),
            "Caps on what is read from registries, where the defaults are too small.",
        ),
    ],
};

/// `[signers.NAME]`.
pub(crate) static SIGNER: Table = Table {
    doc: "A signer: a certificate identity (issuer and identity), a public key, or a vendor's OpenPGP or minisign key.",
    keys: &[
        may("issuer", Text, "The OIDC issuer of the certificate, exact."),
        may(
            "identity",
            Text,
            "The certificate's identity: a glob with `://` for URIs, with `@` for e-mail addresses.",
        ),
        may(
            "identity-regex",
            Text,
            "The certificate's identity: a regular expression, anchored at both ends.",
        ),
        may("san", Choice(&["uri", "email", "other"]), "The kind of name that identity-regex is for."),
        may("extensions", Extensions, "Certificate extensions that must be there with exactly this value."),
        may(
            "trusted-root",
            Text,
            "The trusted root: NAME for trust-roots/NAME.json or a built-in one. Default: sigstore-public-good.",
        ),
        may("key", Text, "A public key (PEM), a file in trust-roots/."),
        may(
            "transparency",
            Choice(&["required", "timestamp", "optional"]),
            "What must witness the signature: a log entry (the default), a timestamp (roots without logs), or nothing (keys alone).",
        ),
        may("valid-until", Date, "The last day of a key, UTC: signatures must have been witnessed by then."),
        may("openpgp", Text, "An OpenPGP key, a file in trust-roots/."),
        may("fingerprint", Text, "The OpenPGP key's fingerprint: 40 hexadecimal digits."),
        may("minisign", Text, "A minisign public key, a file in trust-roots/."),
    ],
};

/// `[[image]]`.
pub(crate) static IMAGE: Table = Table {
    doc: "What images whose host[:port]/repository matches must show.",
    keys: &[
        must(
            "match",
            Text,
            "A glob over host[:port]/repository: `*` within a segment, `**` for one or more segments.",
        ),
        may("signed-by", SIGNED_BY, "Who must have signed."),
        may("digests", Text, "A file in allowlists/ that lists approved digests."),
        may(
            "base",
            Choice(BaseRule::WORDS),
            "The image must stand on a base image of allowlists/base-images.toml: approved; or else on none that is listed there at all: approved-or-scratch.",
        ),
        may(
            "repository",
            Choice(&["bound", "not-other", "any"]),
            "Whether signatures must claim this repository (bound), must not claim another one alone (not-other, the default), or need not.",
        ),
        may(
            "also",
            List(&Text),
            "Promotions and mirrors, \"CLAIMED = HERE\": a claim of the left name counts as one of the right.",
        ),
        may("tag-from", Choice(&["source-repository-ref"]), "What ties the tag to the signature."),
        may("attestation", Tab(&ATTESTATION), "Attestations that must be there."),
    ],
};

pub(crate) const SIGNED_BY: super::Kind = Either(&[List(&Text), Tab(&THRESHOLD)]);

static THRESHOLD: Table = Table {
    doc: "How many of which signers: exactly one of any, all, or at-least with of.",
    keys: &[
        may("any", List(&Text), "One of these signers is enough."),
        may("all", List(&Text), "Every one of these signers is needed."),
        may("at-least", Whole, "How many of the signers of `of` are needed."),
        may("of", List(&Text), "The signers that at-least counts."),
    ],
};

/// `[image.attestation]`.
pub(crate) static ATTESTATION: Table = Table {
    doc: "Attestations that must be there, each signed by someone.",
    keys: &[
        may("provenance", Tab(&PROVENANCE), "SLSA provenance."),
        may("vulnerabilities", Tab(&VULNERABILITIES), "A vulnerability scan."),
        may("vsa", Tab(&VSA), "A SLSA verification summary."),
        may("sbom", Tab(&SBOM), "A software bill of materials."),
        may("custom", Tab(&CUSTOM), "A statement of any type."),
    ],
};

static PROVENANCE: Table = Table {
    doc: "SLSA provenance.",
    keys: &[
        may("signed-by", SIGNED_BY, "Who must have signed it."),
        may("builder", Text, "The builder: an identity pattern."),
        may("source", Text, "The source repository's URI, exact."),
        may("source-ref", Text, "The source's ref: a glob such as `refs/tags/*`."),
        may("workflow", Text, "The path of the workflow in the source repository, exact."),
        may("build-type", Text, "The build type's URI, exact."),
        may(
            "absent-parameters",
            List(&Text),
            "External parameters that must not be there: JSON pointers into them, such as /inputs/debug.",
        ),
        may("materials", List(&Text), "Globs over the URIs of materials: every material must match one."),
    ],
};

static VULNERABILITIES: Table = Table {
    doc: "A vulnerability scan; the newest decides.",
    keys: &[
        may("signed-by", SIGNED_BY, "Who must have signed it."),
        may("max-age", Span, "How old the scan may be."),
        may("fail-at", Choice(&["low", "medium", "high", "critical"]), "The severity that is too much."),
        may("allow", Rows(&ALLOW, MAX_ITEMS), "Advisories that are accepted for a time."),
        may("vex-signed-by", SIGNED_BY, "Whose VEX statements are believed."),
        may("scope", Choice(&["index"]), "index: a scan of the index covers its children."),
    ],
};

static ALLOW: Table = Table {
    doc: "An advisory that is accepted for a time.",
    keys: &[
        must("id", Text, "The advisory's identifier, exact."),
        must("why", Text, "Why it is accepted."),
        must("until", Date, "The last day on which it is accepted, UTC."),
    ],
};

static VSA: Table = Table {
    doc: "A SLSA verification summary; the newest decides.",
    keys: &[
        may("signed-by", SIGNED_BY, "Who must have signed it."),
        must("verifier", Text, "The verifier's URI, exact: what the signer may speak as."),
        may("levels", List(&Text), "Levels that it must state; of a SLSA track, that level or a higher one."),
        may("policy-digest", Text, "The digest of the policy that it was verified by: sha256:HEX."),
        may("max-age", Span, "How old it may be."),
    ],
};

static SBOM: Table = Table {
    doc: "A software bill of materials.",
    keys: &[
        may("signed-by", SIGNED_BY, "Who must have signed it."),
        may("formats", List(&Choice(&["cyclonedx", "spdx"])), "Formats that count. Default: all."),
        may("min-components", Whole, "Components or packages that it must list at least. Default: 1."),
        may("scope", Choice(&["index"]), "index: an SBOM of the index covers its children."),
    ],
};

static CUSTOM: Table = Table {
    doc: "A statement of any type.",
    keys: &[
        may("signed-by", SIGNED_BY, "Who must have signed it."),
        must("type", Text, "The predicate type's URI."),
        may("where", List(&Tab(&WHERE)), "Members that must have these values; an absent member fails."),
    ],
};

static WHERE: Table = Table {
    doc: "A member and its value.",
    keys: &[
        must("pointer", Text, "A JSON pointer into the statement."),
        must("equals", Scalar, "The value that it must have."),
    ],
};

/// `[limits]`, in the order of [`proofmark_core::Limits`].
pub(crate) static LIMITS: Table = Table {
    doc: "Caps on what is read for one image. Reaching one is never a pass.",
    keys: &[
        may("manifest-bytes", Bytes, "One manifest or index. Default 4MiB."),
        may("evidence-bytes", Bytes, "One bundle, payload or attestation. Default 16MiB."),
        may("image-bytes", Bytes, "Everything that is read for one image. Default 64MiB."),
        may("descriptors", Whole, "Descriptors from one discovery path. Default 4096."),
        may("manifests", Whole, "Manifests, or layers of a `.sig`, from one discovery path. Default 1024."),
        may("pages", Whole, "Pages of one referrers list. Default 64."),
        may("index-depth", Whole, "Depth of nested indexes. Default 8."),
        may("index-nodes", Whole, "Distinct manifests below one index. Default 1024."),
        may("image-time", Span, "Time for one image. Default 20s."),
        may("images-in-flight", Whole, "Images verified at the same time. Default 8."),
    ],
};
