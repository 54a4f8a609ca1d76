//! The layers of an image, entry by entry. Nothing is unpacked: who looks takes the bytes that they want.

use std::io::Read;

use super::error::UnpackError;
use super::{ArchiveKind, Caps, stream, tar};

/// One entry of a layer (OCI image-spec, `layer.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerEntry {
    /// Its path as it is written; bytes that are no UTF-8 are U+FFFD.
    pub path: String,
    /// What it is.
    pub kind: LayerKind,
    /// Its mode.
    pub mode: u32,
    /// Its length in bytes.
    pub size: u64,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerKind {
    /// A regular file; also a whiteout, which its name tells.
    File,
    /// Another name of a file of the layer, or of one below.
    HardLink(String),
    /// A link.
    SymbolicLink(String),
    /// A directory, a device, a pipe.
    Other,
}

/// Who looks at the entries.
pub trait LayerVisitor {
    /// The next entry; `true` if its bytes are wanted.
    fn entry(&mut self, entry: &LayerEntry) -> bool;

    /// The next of its bytes.
    ///
    /// # Errors
    /// They cannot be kept.
    fn bytes(&mut self, piece: &[u8]) -> Result<(), UnpackError>;

    /// All of them came.
    fn end(&mut self);
}

/// Shows every entry of a layer, in its order. `kind` is one of the kinds of tar.
///
/// # Errors
/// [`UnpackError`].
pub fn layer<R: Read>(
    archive: R,
    kind: ArchiveKind,
    caps: &Caps,
    visitor: &mut dyn LayerVisitor,
) -> Result<(), UnpackError> {
    tar::walk(&mut stream::open(archive, kind, caps), visitor)
}
