//! Why an image was not copied.

use std::io::ErrorKind;
use std::path::PathBuf;

use proofmark_core::Digest;

use crate::error::ReadError;
use crate::layout::LayoutError;

/// Why an image could not be copied into a layout. Its index then is as it was before; blobs that came whole are kept.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// Bytes of the image, or of what is attached to it, cannot be had or are others.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A discovery path was not read to its end. In a layout all that is there counts as complete, so that a newer
    /// attestation which was not seen would be taken for one that is not there.
    #[error("not everything that is attached to {subject} could be read ({path}: {cause})")]
    Incomplete {
        /// The image or index.
        subject: Digest,
        /// The path, such as `referrers`.
        path: String,
        /// Why; may hold text from outside.
        cause: String,
    },
    /// More blobs than a layout of ours may hold.
    #[error("the image has more than {0} blobs")]
    TooMany(usize),
    /// The directory holds something, and is no layout.
    #[error("{} holds other files, and is no OCI layout", .dir.display())]
    Occupied {
        /// The directory.
        dir: PathBuf,
    },
    /// It is no directory, or a part of it is a link that could lead out of it.
    #[error("{} is no directory", .path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// Another process writes into the layout.
    #[error("another process is writing into {}", .dir.display())]
    Busy {
        /// The layout.
        dir: PathBuf,
    },
    /// The layout that is there cannot be added to.
    #[error(transparent)]
    Target(LayoutError),
    /// A file or directory could not be written.
    #[error("{} could not be written: {cause}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What kind of error it was.
        kind: ErrorKind,
        /// What the system says.
        cause: String,
    },
    /// Another part of the same copy failed first.
    #[error("the copy was given up")]
    GivenUp,
}

impl CopyError {
    /// One step that would mend it.
    pub fn help(&self) -> String {
        match self {
            Self::Read(error) => return error.help(),
            Self::Target(error) => return error.help(),
            Self::Incomplete { .. } => {
                "try again; if it stays, raise [limits] in proofmark.toml, or let an engine pull it: --engine docker"
            }
            Self::TooMany(_) => "copy one platform of it: --platform linux/amd64",
            Self::Occupied { .. } | Self::NotADirectory { .. } => {
                "name a directory that is not there yet, is empty, or is an OCI layout"
            }
            Self::Busy { .. } => "wait for the other one to end, or name another directory",
            Self::Write { kind, .. } => return write_help(*kind).to_owned(),
            Self::GivenUp => "mend the other error",
        }
        .to_owned()
    }

    /// Whether another directory must be named: nothing that is asked for again would help.
    pub const fn is_about_the_target(&self) -> bool {
        matches!(self, Self::Occupied { .. } | Self::NotADirectory { .. } | Self::Target(_))
    }
}

const fn write_help(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room, then run it again: what came whole is not fetched again"
        }
        ErrorKind::ReadOnlyFilesystem => "name a directory on a file system that can be written to",
        ErrorKind::PermissionDenied => "name a directory that you may write to",
        _ => "check the directory and its file system",
    }
}
