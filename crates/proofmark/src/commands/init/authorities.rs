//! Who may be found to have signed: the holders of certificates of roots, and of keys that lie at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_core::Transparency;
use proofmark_image::{Authority, PublicKey, RootSource, TrustRoot};
use proofmark_policy::{BUILT_IN_ROOTS, FirstImage, Seen, SeenBy};

use super::place::Place;
use crate::cli::InitArgs;
use crate::failure::Failure;
use crate::files::read_bounded;

/// Bytes of a key file, and of a trusted root.
const MAX_KEY: u64 = 64 * 1024;
const MAX_ROOT: u64 = 4 * 1024 * 1024;
/// Where keys lie as a rule.
const KEY_PLACES: [&str; 2] = [".", "trust-roots"];
const KEY_SUFFIX: &str = ".pub";

/// Roots and keys to ask.
pub(super) struct Authorities {
    /// By the name that the policy gives them.
    roots: Vec<(String, TrustRoot)>,
    /// By the file's name below `trust-roots/`.
    keys: Vec<(String, PublicKey)>,
    /// Files that the policy would name, below `trust-roots/`.
    files: BTreeMap<String, Vec<u8>>,
}

/// Which of them an authority is.
pub(super) enum Against<'a> {
    /// Certificates of this root.
    Root(&'a str),
    /// A key.
    Key {
        /// Its file.
        file: &'a str,
        /// The root whose logs witness it.
        root: &'a str,
        /// Whether it counts without a log entry alone.
        unlogged: bool,
    },
}

impl Authorities {
    /// The built-in roots or the one that is given, the keys that are given, and those that lie where keys lie.
    pub(super) fn of(args: &InitArgs, place: &Place) -> Result<Self, Failure> {
        let mut all = Self { roots: Vec::new(), keys: Vec::new(), files: BTreeMap::new() };
        match &args.trusted_root {
            Some(file) => all.root(file)?,
            None => all.built_in()?,
        }
        for file in &args.key {
            all.key(file, true)?;
        }
        for file in KEY_PLACES.iter().flat_map(|below| keys_in(&place.file(below))) {
            all.key(&file, false)?;
        }
        Ok(all)
    }

    fn built_in(&mut self) -> Result<(), Failure> {
        for name in BUILT_IN_ROOTS {
            let root =
                TrustRoot::builtin(name).map_err(|error| malformed(Path::new(name), &error.to_string()))?;
            self.roots.push(((*name).to_owned(), root));
        }
        Ok(())
    }

    fn root(&mut self, file: &Path) -> Result<(), Failure> {
        let bytes = read_bounded(file, MAX_ROOT).map_err(|error| unreadable(file, &error))?;
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let source = RootSource::File { path: file.display().to_string(), fetched: None };
        let root =
            TrustRoot::parse(name, &bytes, source).map_err(|error| malformed(file, &error.to_string()))?;
        self.roots.push((name.to_owned(), root));
        self.files.insert(format!("{name}.json"), bytes);
        Ok(())
    }

    /// A file that was given must be a key; one that merely lies there need not.
    fn key(&mut self, file: &Path, given: bool) -> Result<(), Failure> {
        let bytes = read_bounded(file, MAX_KEY);
        let key =
            bytes.as_ref().ok().and_then(|bytes| std::str::from_utf8(bytes).ok()).map(PublicKey::from_pem);
        let name = file.file_name().and_then(|name| name.to_str());
        match (key, bytes, name) {
            (Some(Ok(key)), Ok(bytes), Some(name)) => {
                let known = self.keys.iter().any(|(other, known)| other == name || known.id() == key.id());
                if !known {
                    self.files.insert(name.to_owned(), bytes);
                    self.keys.push((name.to_owned(), key));
                }
                Ok(())
            }
            (_, Err(error), _) if given => Err(unreadable(file, &error)),
            (Some(Err(error)), ..) if given => Err(no_key(file, &error.to_string())),
            _ if given => Err(no_key(file, "it is not text")),
            _ => Ok(()),
        }
    }

    /// What is asked, in this order, and what each answer means.
    pub(super) fn asked(&self) -> Vec<(Against<'_>, Authority<'_>)> {
        let mut asked: Vec<_> =
            self.roots.iter().map(|(name, root)| (Against::Root(name), Authority::Root(root))).collect();
        let Some((name, root)) = self.roots.first() else { return asked };
        for (file, key) in &self.keys {
            for transparency in [Transparency::Required, Transparency::Optional] {
                let unlogged = transparency == Transparency::Optional;
                let authority = Authority::Key { key, transparency, root: Some(root), valid_until: None };
                asked.push((Against::Key { file, root: name, unlogged }, authority));
            }
        }
        asked
    }

    /// The files that the signers of these images name; a key that signed none of them is left where it is.
    pub(super) fn files(&self, images: &[FirstImage]) -> BTreeMap<String, Vec<u8>> {
        let signers = images.iter().flat_map(|image| &image.seen).flat_map(Seen::signers);
        let named = signers.flat_map(|signer| {
            let key = match &signer.by {
                SeenBy::Key { file, .. } => Some(file.clone()),
                SeenBy::Certificate { .. } => None,
            };
            [Some(format!("{}.json", signer.root)), key].into_iter().flatten()
        });
        named.filter_map(|name| Some((name.clone(), self.files.get(&name)?.clone()))).collect()
    }
}

/// Files that may be keys, in a fixed order.
fn keys_in(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let named = |path: &PathBuf| path.to_str().is_some_and(|path| path.ends_with(KEY_SUFFIX));
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(named).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(
        "file-unreadable",
        format!("{} cannot be read: {error}", file.display()),
        "check the path and its permissions",
    )
}

fn no_key(file: &Path, why: &str) -> Failure {
    Failure::usage(
        "file-unreadable",
        format!("{} is no public key that can be used: {why}", file.display()),
        "give a public key in PEM: cosign public-key --key KEY",
    )
}

fn malformed(file: &Path, why: &str) -> Failure {
    Failure::usage(
        "root-malformed",
        format!("{}: {why}", file.display()),
        "give a trusted_root.json: cosign trusted-root create",
    )
}
