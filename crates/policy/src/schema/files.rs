//! The files of `allowlists/`, and `NAME.toml` beside a root or key.

use super::Kind::{Choice, Date, Flag, List, Moment, Rows, Table as Tab, Text, Whole};
use super::policy::SIGNED_BY;
use super::{MAX_ENTRIES, MAX_ROWS, Table, may, must};

/// `allowlists/registries.toml`.
pub(crate) static REGISTRIES: Table = Table {
    doc: "Registries that images may come from. What is not listed is refused.",
    keys: &[may("registry", Rows(&REGISTRY, MAX_ENTRIES), "One registry.")],
};

static REGISTRY: Table = Table {
    doc: "A registry.",
    keys: &[
        must("host", Text, "host or host:port, as references name it."),
        may(
            "repositories",
            List(&Text),
            "Globs over the path on this host that are allowed; without it, all.",
        ),
        may("mirrors", List(&Tab(&MIRROR)), "Copies that are asked first, in this order."),
        may("proxy-of", Text, "The registry that this one is a pull-through cache of."),
        may("path", Text, "The path on this host before the upstream repository; with proxy-of."),
        may("plain-http", Flag, "true: HTTP. false: HTTPS even on a loopback host."),
        may(
            "ca-file",
            Text,
            "Certificate authorities for this host (PEM), a file below the policy's directory.",
        ),
        may(
            "auth-realms",
            List(&Text),
            "Hosts of token services that this registry's credentials may go to.",
        ),
    ],
};

static MIRROR: Table = Table {
    doc: "A mirror.",
    keys: &[
        must("at", Text, "https://HOST[/PREFIX], or oci:DIR below the policy's directory."),
        may(
            "authoritative",
            Flag,
            "true: what is absent here is absent. Default false: the origin is asked too.",
        ),
    ],
};

/// A digest list, such as `allowlists/images.toml`.
pub(crate) static DIGESTS: Table = Table {
    doc: "Digests of images that were reviewed, for images that nobody signs.",
    keys: &[may("image", Rows(&DIGEST, MAX_ROWS), "One digest of one repository.")],
};

static DIGEST: Table = Table {
    doc: "A digest that was reviewed.",
    keys: &[
        must("repository", Text, "host/repository."),
        must("digest", Text, "algorithm:hex of an index or manifest."),
        may("platforms", List(&Text), "os/arch[/variant] that were reviewed; without it, all."),
        must("why", Text, "Why it is approved."),
        must("by", Text, "Who approved it."),
        may("not-after", Date, "The last day, UTC, on which the row holds."),
    ],
};

/// `allowlists/denied.toml`.
pub(crate) static DENIED: Table = Table {
    doc: "Digests that are never accepted, whoever signed them.",
    keys: &[may(
        "deny",
        Rows(&DENY, MAX_ROWS),
        "One denied digest: either digest, or repository with tag-digest.",
    )],
};

static DENY: Table = Table {
    doc: "A denied digest.",
    keys: &[
        may("digest", Text, "Denied wherever it is."),
        may("repository", Text, "The repository in which tag-digest is denied."),
        may("tag-digest", Text, "The digest that is denied in the repository, whatever tag leads to it."),
        must("why", Text, "Why it is denied."),
        must("by", Text, "Who denied it."),
    ],
};

/// `allowlists/base-images.toml`.
pub(crate) static BASES: Table = Table {
    doc: "Base images that images may stand on, recognised by their layers.",
    keys: &[may("base", Rows(&BASE, MAX_ENTRIES), "One base image, as it is on some platforms.")],
};

static BASE: Table = Table {
    doc: "A base image. A row is never deleted, but revoked: images on it would pass by what it stands on itself.",
    keys: &[
        must("name", Text, "What it is called in reports; once for each platform."),
        must("digests", List(&Text), "Digests of its index and manifest, by which provenance names it."),
        must("platforms", List(&Text), "os/arch[/variant] on which it has these layers."),
        must("diff-ids", List(&Text), "The digests of all of its uncompressed layers, the lowest first."),
        may("not-after", Date, "The last day, UTC, on which the row holds."),
        may("revoked", Text, "Why it is no longer approved."),
        must("added-by", Text, "Who approved it."),
        must("why", Text, "Why it is approved."),
    ],
};

/// `allowlists/envrc.toml`.
pub(crate) static ENVRC: Table = Table {
    doc: "What direnv may be allowed to load at all, on the machines of those who work here.",
    keys: &[
        may(
            "directory",
            Rows(&ENVRC_DIRECTORY, MAX_ENTRIES),
            "A folder in which, or beneath which, an .envrc may be approved; any other approval is a finding.",
        ),
        may(
            "startup",
            Rows(&ENVRC_STARTUP, MAX_ENTRIES),
            "A file that runs before every .envrc, as it was reviewed.",
        ),
        may(
            "closure",
            Rows(&ENVRC_CLOSURE, MAX_ENTRIES),
            "Everything that an .envrc makes the shell load, as it was reviewed; proofmark envrc allow writes it.",
        ),
    ],
};

static ENVRC_CLOSURE: Table = Table {
    doc: "What one .envrc loads. Several rows of one file permit several states.",
    keys: &[
        must("file", Text, "The file, from the root of the repository: services/api/.envrc."),
        must("sha256", Text, "The hash of the members, 64 digits 0-9 and a-f."),
        must("by", Text, "Who locked it."),
        must("members", List(&Tab(&ENVRC_MEMBER)), "Each file that is loaded or looked for."),
    ],
};

static ENVRC_MEMBER: Table = Table {
    doc: "A file that is loaded or looked for.",
    keys: &[
        must("path", Text, "From the folder of the file; of a download its address."),
        must("kind", Choice(&proofmark_core::MEMBER_KINDS), "What it is to the file."),
        must("content", Text, "absent, sha256: and 64 digits, or the integrity of a download."),
    ],
};

static ENVRC_DIRECTORY: Table = Table {
    doc: "A folder.",
    keys: &[
        must("path", Text, "Absolute, or from the home directory: ~/src/acme."),
        must("why", Text, "Why."),
        must("by", Text, "Who answers for it."),
    ],
};

static ENVRC_STARTUP: Table = Table {
    doc: "A startup file: direnvrc, or one of lib/.",
    keys: &[
        must("path", Text, "Absolute, or from the home directory: ~/.config/direnv/direnvrc."),
        must("sha256", Text, "SHA-256 of the bytes that were reviewed, 64 digits 0-9 and a-f."),
        must("why", Text, "Why."),
        must("by", Text, "Who reviewed it."),
    ],
};

/// `allowlists/binaries.toml`.
pub(crate) static BINARIES: Table = Table {
    doc: "Executables that are pinned in proofmark.lock. A tool that is not listed may not be pinned.",
    keys: &[may("binary", Rows(&BINARY, MAX_ENTRIES), "One tool.")],
};

static BINARY: Table = Table {
    doc: "A tool: what may be pinned of it, on what it must be pinned, and who must have signed it.",
    keys: &[
        must("tool", Text, "The tool's name, as the lock has it."),
        must("versions", List(&Text), "Versions that may be pinned, as the vendor writes them."),
        must("platforms", List(&Text), "os/arch[/variant] on which it must be pinned."),
        may(
            "signed-by",
            SIGNED_BY,
            "Who must have signed it: the executable, its archive, or the vendor's list of checksums.",
        ),
        may("unsigned", Text, "In the place of signed-by: why it is accepted without a signature."),
        may(
            "sources",
            Whole,
            "How many operators other than the vendor must give the same SHA-256. Default: 0.",
        ),
        may(
            "environment",
            List(&Text),
            "Variables that pin exec leaves to it, although they could load other code into it.",
        ),
        must("why", Text, "Why it is here."),
        must("by", Text, "Who approved it."),
    ],
};

/// `allowlists/exceptions.toml`.
pub(crate) static EXCEPTIONS: Table = Table {
    doc: "Failures that someone answers for, until a day.",
    keys: &[may("exception", Rows(&EXCEPTION, MAX_ENTRIES), "One exception.")],
};

static EXCEPTION: Table = Table {
    doc: "An exception: turns a failure into `allowed`, never counts as verified.",
    keys: &[
        must("rule", Text, "The rule's identifier."),
        must(
            "subject",
            Text,
            "host/repository@digest; of a rule envrc-… the path of the .envrc in the repository.",
        ),
        must("reason", Text, "Why."),
        must("owner", Text, "Who answers for it."),
        must("until", Date, "The last day, UTC; at most 180 days ahead."),
    ],
};

/// `trust-roots/NAME.toml`.
pub(crate) static META: Table = Table {
    doc: "Where a trusted root or key came from.",
    keys: &[
        must("source", Text, "URL, or words."),
        must("sha256", Text, "SHA-256 of the file beside it, in hexadecimal."),
        must("fetched", Moment, "When it was fetched."),
        must("by", Text, "Who fetched it."),
    ],
};
