//! Why bytes could not be read, each with its reason and what a person can do.

use proofmark_core::display::safe_short;
use proofmark_core::{Digest, Platform, Reason};
use proofmark_net::NetError;

use crate::layout::LayoutError;
use crate::manifest::{ManifestError, SHOWN};

/// Platforms that an error shows.
const MAX_PLATFORMS: usize = 10;

/// A cap that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cap {
    /// Bytes of one manifest or index.
    #[error("a manifest is longer than {0} bytes")]
    ManifestBytes(u64),
    /// Bytes of one bundle, signature payload or attestation.
    #[error("a piece of evidence is longer than {0} bytes")]
    EvidenceBytes(u64),
    /// Bytes read for one image in all.
    #[error("more than {0} bytes for one image")]
    ImageBytes(u64),
    /// Time for one image.
    #[error("the time for one image is spent")]
    Time,
    /// Depth of nested indexes.
    #[error("indexes are nested deeper than {0}")]
    IndexDepth(usize),
    /// Distinct manifests of one image's index graph.
    #[error("an index reaches more than {0} manifests")]
    IndexNodes(usize),
}

/// Why image bytes could not be read, or could not be believed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such manifest or blob (HTTP 404).
    #[error("{from} has no {what}")]
    NotFound {
        /// The registry or layout that was asked.
        from: String,
        /// What was asked for: a tag, a digest.
        what: String,
    },
    /// Credentials were refused, or are needed (HTTP 401 or 403).
    #[error("{from} refuses to give {what} (HTTP {status})")]
    Unauthorized {
        /// The registry that was asked.
        from: String,
        /// What was asked for.
        what: String,
        /// 401 or 403.
        status: u16,
    },
    /// Any other HTTP status that is not an answer.
    #[error("{from} answers HTTP {status} for {what}")]
    Status {
        /// The registry that was asked.
        from: String,
        /// What was asked for.
        what: String,
        /// The status.
        status: u16,
    },
    /// No answer at all.
    #[error("{}", told_once(.from, &.error.to_string()))]
    Net {
        /// The registry that was asked.
        from: String,
        /// Why there is no answer.
        #[source]
        error: NetError,
    },
    /// The bytes are others than those asked for (CVE-2023-47630: the body is hashed, no header is believed).
    #[error("{from} gave bytes of {actual} for {expected}")]
    DigestMismatch {
        /// The registry or layout that gave them.
        from: String,
        /// The digest that was asked for.
        expected: Digest,
        /// The digest of what came.
        actual: Digest,
    },
    /// The length is not what the descriptor says.
    #[error("{from}: {digest} is not {expected} bytes long, as its descriptor says")]
    SizeMismatch {
        /// The registry or layout that gave the bytes.
        from: String,
        /// The content.
        digest: Digest,
        /// The descriptor's size, in bytes.
        expected: u64,
    },
    /// The bytes are no manifest.
    #[error("{from}: {what} is malformed: {error}")]
    Malformed {
        /// The registry or layout that gave them.
        from: String,
        /// What was read.
        what: String,
        /// What is wrong.
        #[source]
        error: ManifestError,
    },
    /// A cap was reached.
    #[error("{from}: {cap}")]
    Limit {
        /// The registry or layout that was being read.
        from: String,
        /// Which one.
        #[source]
        cap: Cap,
    },
    /// No child of the index can run, or none on the platform that was asked for.
    #[error("{}", no_platform(.wanted.as_deref(), .present))]
    Platform {
        /// What was asked for, if anything was.
        wanted: Option<Box<Platform>>,
        /// What is there.
        present: Vec<Platform>,
    },
    /// The layout directory cannot be used.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Several sources were asked, and none had it to give: the one to tell first, and the others in the order asked.
    #[error("{told}")]
    Everywhere {
        /// What decides the reason.
        told: Box<ReadError>,
        /// What each other source said.
        others: Vec<Skipped>,
    },
}

/// A source that was passed over.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// The mirror or registry.
    pub source: String,
    /// Why.
    pub error: ReadError,
}

/// The network's errors begin with a host, which usually is the registry: it is not named twice.
fn told_once(from: &str, error: &str) -> String {
    let again = error.strip_prefix(from).is_some_and(|rest| rest.starts_with(": "));
    if again { error.to_owned() } else { format!("{from}: {error}") }
}

fn no_platform(wanted: Option<&Platform>, present: &[Platform]) -> String {
    let short = |platform: &Platform| safe_short(&platform.to_string(), SHOWN);
    let mut there = present.iter().take(MAX_PLATFORMS).map(short).collect::<Vec<_>>().join(", ");
    if let Some(more) = present.len().checked_sub(MAX_PLATFORMS).filter(|more| *more > 0) {
        there = format!("{there} and {more} more");
    }
    match wanted {
        None => "the index has no runnable image".to_owned(),
        Some(wanted) if there.is_empty() => format!("there is no image for {wanted}"),
        Some(wanted) => format!("there is no image for {wanted}, only for {there}"),
    }
}

/// What mends one source is enough: first what is told, then what lets another one answer.
fn everywhere(told: &ReadError, others: &[Skipped]) -> String {
    let first = told.help();
    let another = others.iter().map(|other| (other, other.error.help())).find(|(_, help)| *help != first);
    match another {
        Some((other, _)) if other.error.is_absent() && !told.is_absent() => {
            format!("{first}; or check the name and the tag, which {} does not have", other.source)
        }
        Some((other, help)) => format!("{first}; or, for {}: {help}", other.source),
        None => first,
    }
}

impl ReadError {
    /// The reason that a verdict on the image's own bytes gives (verdicts.md 4, "Monotone rules").
    pub fn reason(&self) -> Reason {
        match self {
            Self::NotFound { .. } => Reason::NotFound,
            Self::Unauthorized { .. } => Reason::Unauthorized,
            Self::Status { .. } => Reason::Unreachable,
            Self::Net { error, .. } => error.reason(),
            Self::DigestMismatch { .. } => Reason::DigestMismatch,
            Self::SizeMismatch { .. } => Reason::Malformed,
            Self::Malformed { error, .. } => error.reason(),
            Self::Limit { .. } => Reason::Limit,
            Self::Platform { .. } => Reason::Platform,
            Self::Layout(error) => error.reason(),
            Self::Everywhere { told, .. } => told.reason(),
        }
    }

    /// The reason when it is a discovery path that could not be read: always one of Unverifiable. What a registry
    /// answers wrongly beside the image says nothing about the image (verdicts.md 4: "that path's cause").
    pub fn path_reason(&self) -> Reason {
        match self.reason() {
            reason @ (Reason::Unauthorized | Reason::Offline | Reason::Limit | Reason::Unsupported) => reason,
            _ => Reason::Unreachable,
        }
    }

    /// One command or step that would mend it.
    pub fn help(&self) -> String {
        match self {
            Self::NotFound { .. } => {
                "check the name and the tag; `docker manifest inspect` shows what is there"
            }
            Self::Unauthorized { from, .. } => {
                return format!("log in: docker login {from}, or ask whoever runs it for read access");
            }
            Self::Net { error, .. } => return error.help(),
            Self::Status { status: 429, .. } => {
                "it answers too many requests: try again later, or log in for a higher limit: docker login"
            }
            Self::Status { .. } => "try again; if it stays, look at the registry's status page",
            Self::DigestMismatch { .. } => {
                "do not run this image; report it to whoever runs the registry or mirror"
            }
            Self::SizeMismatch { .. } | Self::Malformed { .. } => {
                "rebuild and push the image again with a current builder"
            }
            Self::Limit { .. } => {
                "raise the limit in [limits] of proofmark.toml, if the image is really that large"
            }
            Self::Platform { .. } => "ask for a platform that the index has, or build the image for this one",
            Self::Layout(error) => return error.help(),
            Self::Everywhere { told, others } => return everywhere(told, others),
        }
        .to_owned()
    }

    /// Whether what was asked for is simply not there.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::NotFound { .. } | Self::Layout(LayoutError::NoSuchImage { .. }) => true,
            Self::Everywhere { told, others } => {
                told.is_absent() && others.iter().all(|other| other.error.is_absent())
            }
            _ => false,
        }
    }
}
