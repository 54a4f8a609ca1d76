//! `proofmark image pull`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::policy::PolicySource;
use super::{ImagesArgs, ReadingArgs, ReportArgs, SingleEntryArgs};
use crate::engine::EngineName;

/// `proofmark image pull`.
///
/// It judges at the clock's time alone: what is fetched runs now.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// The images.
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    /// Copy into this OCI layout directory, with signatures and attestations: oci:DIR.
    #[arg(long, value_name = "oci:DIR", conflicts_with = "engine")]
    pub(crate) to: Option<LayoutDir>,
    /// Let this engine pull by digest, then tag; the first that is on PATH if neither this nor --to is given.
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(crate) engine: Option<EngineName>,
    /// Pull every image of this compose file, those of every profile.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["references", "from", "as_repository"])]
    pub(crate) compose: Option<PathBuf>,
    /// Write an override for the compose file, with the digests that were verified.
    #[arg(long, value_name = "FILE", requires = "compose")]
    pub(crate) write_override: Option<PathBuf>,
    /// Write the override over a file that was not written by proofmark.
    #[arg(long, requires = "write_override")]
    pub(crate) force: bool,
    /// Verify, fetch nothing, and say what would be fetched.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where the images come from.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// The policy.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// A policy of one entry.
    #[command(flatten)]
    pub(crate) single: SingleEntryArgs,
    /// The report.
    #[command(flatten)]
    pub(crate) output: ReportArgs,
}

/// The directory of `--to oci:DIR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayoutDir(pub(crate) PathBuf);

impl FromStr for LayoutDir {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let dir = text.strip_prefix("oci:").ok_or("write it oci:DIR, such as oci:images")?;
        if dir.is_empty() || dir.contains([':', '\0']) || dir.contains("@sha") {
            return Err(
                "write it oci:DIR, without tag or digest: each image keeps the name that it has".to_owned()
            );
        }
        Ok(Self(PathBuf::from(dir)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_directory_alone() {
        assert_eq!("oci:a/b".parse(), Ok(LayoutDir(PathBuf::from("a/b"))));
        for bad in ["a/b", "oci:", "oci:a:1", "oci:a@sha256:00", "docker:a", "oci:a\0"] {
            assert!(bad.parse::<LayoutDir>().is_err(), "{bad:?}");
        }
    }
}
