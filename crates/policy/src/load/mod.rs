//! From text to a policy in effect, in two stages: [`draft`] reads `proofmark.toml` alone and asks nobody;
//! [`resolve`] reads the files that it names, and asks the verifier about keys and roots.

mod attestation;
mod bases;
mod binaries;
mod denied;
mod digests;
pub(crate) mod draft;
mod entries;
mod envrc;
mod exceptions;
mod images;
mod limits;
mod meta;
mod pattern;
mod reader;
mod registries;
mod resolve;
mod roots;
mod rows;
mod signers;
mod threshold;
mod unread;

use proofmark_core::Origin;

pub use draft::Draft;
pub(crate) use signers::DEFAULT_ROOT;

use crate::error::{Code, Errors};
use crate::files::{DirectoryFiles, FileError, Files};
use crate::source::{Source, nowhere};
use crate::{How, LoadFailure, LoadOptions, Location, Policy};

/// Bytes of `proofmark.toml`, of `registries.toml`, of an OpenPGP key, and of a bundle of certificate authorities.
pub(crate) const MAX_POLICY: u64 = 1 << 20;
/// Bytes of any other allowlist.
pub(crate) const MAX_ALLOWLIST: u64 = 8 << 20;
/// Bytes of a trusted root.
pub(crate) const MAX_ROOT: u64 = 4 << 20;
/// Bytes of a public key, and of the description of a key or root.
pub(crate) const MAX_KEY: u64 = 64 << 10;

impl Policy {
    /// Loads a policy from its directory. All errors are told at once.
    pub fn load(location: &Location, options: &LoadOptions<'_>) -> Result<Self, LoadFailure> {
        let origin = nowhere(location.file.display().to_string());
        let name = location.file.file_name().and_then(|name| name.to_str());
        let (Some(directory), Some(name)) = (location.file.parent(), name) else {
            return Err(Errors::one(Code::NotFound, &origin, "this is not a policy file", "name a file"));
        };
        let root = location.tree_root.as_deref();
        match DirectoryFiles::open(directory, root, options.owner_rule, options.display_base) {
            Ok(files) => Self::load_from(&files, name, location.how.clone(), options),
            Err(error) => {
                let mut errors = Errors::default();
                file_error(&mut errors, &error, &origin);
                Err(errors.into_failure())
            }
        }
    }

    /// Loads a policy from files that are somewhere else than in a directory: a revision, a test.
    /// `name` is the policy file's name.
    pub fn load_from(
        files: &dyn Files,
        name: &str,
        how: How,
        options: &LoadOptions<'_>,
    ) -> Result<Self, LoadFailure> {
        resolve::resolve(files, name, how, options)
    }
}

/// Reads `proofmark.toml` alone, without I/O: everything that can be wrong within the file is told.
pub fn parse_str(text: &str, file: &str) -> Result<Draft, LoadFailure> {
    let mut errors = Errors::default();
    let draft = draft::read(&Source::new(file, text), &mut errors);
    errors.finish(draft)
}

/// What an allowlist is, for [`check_allowlist`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowlist {
    /// `registries.toml`.
    Registries,
    /// A digest list.
    Digests,
    /// `denied.toml`.
    Denied,
    /// `exceptions.toml`.
    Exceptions,
    /// `base-images.toml`.
    Bases,
    /// `envrc.toml`.
    Envrc,
    /// `trust-roots/NAME.toml`.
    TrustRoot,
}

/// Checks the text of an allowlist alone, without I/O; returns the number of its rows.
pub fn check_allowlist(
    kind: Allowlist,
    text: &str,
    file: &str,
    now: proofmark_core::Timestamp,
) -> Result<usize, LoadFailure> {
    let mut errors = Errors::default();
    let source = Source::new(file, text);
    let rows = match kind {
        Allowlist::Registries => registries::read(&source, &mut errors).len(),
        Allowlist::Digests => digests::read(&source, &mut errors).len(),
        Allowlist::Denied => denied::read(&source, &mut errors).len(),
        Allowlist::Exceptions => exceptions::read(&source, &mut errors, now, &[]).rows.len(),
        Allowlist::Bases => bases::read(&source, &mut errors).len(),
        Allowlist::Envrc => envrc::read(&source, &mut errors)
            .map_or(0, |list| list.directories.len() + list.startup.len() + list.closures.len()),
        Allowlist::TrustRoot => usize::from(meta::read(&source, &mut errors).is_some()),
    };
    errors.finish(rows)
}

/// The rows of the text of `envrc.toml`.
pub(crate) fn read_envrc(source: &Source) -> Result<Option<crate::EnvrcList>, LoadFailure> {
    let mut errors = Errors::default();
    let list = envrc::read(source, &mut errors);
    errors.finish(list)
}

/// The rows of the text of `base-images.toml`.
pub(crate) fn read_bases(source: &Source) -> Result<Vec<crate::ApprovedBase>, LoadFailure> {
    let mut errors = Errors::default();
    let rows = bases::read(source, &mut errors);
    errors.finish(rows)
}

/// An error of a file, told at the line that names it.
pub(crate) fn file_error(errors: &mut Errors, error: &FileError, origin: &Origin) {
    let (code, help) = match error {
        FileError::Outside(_) => {
            (Code::OutsidePolicy, "keep every file of the policy below the policy's directory")
        }
        FileError::NotRegular(_) => (Code::Unreadable, "name a regular file"),
        FileError::TooLarge { .. } => (Code::Limit, "make the file smaller"),
        FileError::Owner { .. } => {
            (Code::Owner, "chown it; or, if you mean to trust its owner, name the policy with --policy")
        }
        FileError::WorldWritable(_) => (Code::WorldWritable, "chmod o-w it"),
        FileError::GroupWritable(_) => (Code::GroupWritable, "chmod g-w it"),
        FileError::Unsupported(_) => (Code::UnsupportedPlatform, "ownership is checked on unix alone"),
        FileError::Io { .. } => (Code::Unreadable, "make the file readable"),
    };
    errors.push(code, origin, error.to_string(), help);
}
