//! `image verify --key F | --identity I --issuer O`: a policy of one entry, made as text and loaded like any other, so that it
//! cannot mean anything that a file could not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proofmark_core::{Repository, Transparency};

use crate::error::{Code, Errors};
use crate::files::{Files, MemoryFiles};
use crate::source::nowhere;
use crate::write::quote;
use crate::{FILE_NAME, How, LoadFailure, LoadOptions, Policy};

const SIGNER: &str = "signer";

/// Who must have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SingleSigner {
    /// A public key.
    Key {
        /// The file's name as the user wrote it: for messages.
        file: String,
        /// Its text, PEM.
        pem: String,
        /// What must witness the signature.
        transparency: Transparency,
    },
    /// A certificate identity.
    Identity {
        /// A glob, as in the policy.
        identity: String,
        /// The OIDC issuer, exact.
        issuer: String,
    },
}

/// The options of a verification without a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleEntry {
    /// Who must have signed; `None` is an error, never "anyone" (ID-06).
    pub signer: Option<SingleSigner>,
    /// `--trusted-root`: the file's bytes. The public-good instance otherwise.
    pub trusted_root: Option<Vec<u8>>,
    /// The repositories that are verified.
    pub repositories: Vec<Repository>,
}

impl SingleEntry {
    /// The policy as files: `proofmark.toml` and what it names. Written to a directory they load to the same policy.
    pub fn files(&self) -> Result<MemoryFiles, LoadFailure> {
        let Some(signer) = &self.signer else {
            return Err(Errors::one(
                Code::SignerUnconstrained,
                &nowhere("command line"),
                "neither a key nor an identity says who must have signed",
                "add --key FILE, or --identity IDENTITY with --issuer URL, or --policy FILE",
            ));
        };
        let mut files = BTreeMap::new();
        // Writing to a String cannot fail.
        let mut text = format!("version = 1\n\n[signers.{SIGNER}]\n");
        match signer {
            SingleSigner::Key { pem, transparency, .. } => {
                text.push_str("key = \"signer.pub\"\n");
                match transparency {
                    Transparency::Required => {}
                    Transparency::Timestamp => text.push_str("transparency = \"timestamp\"\n"),
                    Transparency::Optional => text.push_str("transparency = \"optional\"\n"),
                }
                files.insert("trust-roots/signer.pub".to_owned(), pem.clone().into_bytes());
            }
            SingleSigner::Identity { identity, issuer } => {
                let _ = write!(text, "issuer = {}\nidentity = {}\n", quote(issuer), quote(identity));
            }
        }
        if let Some(root) = &self.trusted_root {
            text.push_str("trusted-root = \"given\"\n");
            files.insert("trust-roots/given.json".to_owned(), root.clone());
        }
        let (mut names, mut hosts): (Vec<String>, Vec<String>) = self
            .repositories
            .iter()
            .map(|repository| (repository.to_string(), repository.host().to_string()))
            .unzip();
        names.sort();
        names.dedup();
        hosts.sort();
        hosts.dedup();
        for name in names {
            let _ = write!(text, "\n[[image]]\nmatch = {}\nsigned-by = [\"{SIGNER}\"]\n", quote(&name));
        }
        let mut registries = String::new();
        for host in hosts {
            let _ = write!(
                registries,
                "[[registry]]
host = {}
",
                quote(&host)
            );
        }
        files.insert("allowlists/registries.toml".to_owned(), registries.into_bytes());
        files.insert(FILE_NAME.to_owned(), text.into_bytes());
        Ok(MemoryFiles(files))
    }
}

impl Policy {
    /// The policy that options of the command line make.
    pub fn single_entry(entry: &SingleEntry, options: &LoadOptions<'_>) -> Result<Self, LoadFailure> {
        let files = CommandLine { files: entry.files()?, entry };
        let mut policy = Self::load_from(&files, FILE_NAME, How::CommandLine, options)?;
        // A key or root named on the command line has no description, and needs none: it is this call's alone.
        policy.findings.retain(|finding| finding.rule != crate::lint::rules::META_MISSING);
        Ok(policy)
    }
}

/// The files, under the names that the user knows.
struct CommandLine<'a> {
    files: MemoryFiles,
    entry: &'a SingleEntry,
}

impl Files for CommandLine<'_> {
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>, crate::FileError> {
        self.files.read(path, max)
    }

    fn display(&self, path: &str) -> String {
        match (path, &self.entry.signer) {
            (FILE_NAME, _) => "command line".to_owned(),
            ("trust-roots/signer.pub", Some(SingleSigner::Key { file, .. })) => file.clone(),
            _ => path.to_owned(),
        }
    }

    fn directory(&self, path: &str) -> Result<std::path::PathBuf, crate::FileError> {
        self.files.directory(path)
    }
}
