//! `proofmark image save`.

use std::path::PathBuf;

use clap::Args;

use super::policy::PolicySource;
use super::{ImagesArgs, ReadingArgs, ReportArgs};

/// `proofmark image save`.
///
/// It judges at the clock's time alone, as pulling does.
#[derive(Debug, Args)]
pub(crate) struct SaveArgs {
    /// The images.
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    /// The bundle: a directory, or a file whose name ends with .tar.
    #[arg(long, value_name = "DIR|FILE.tar")]
    pub(crate) to: PathBuf,
    /// Where the images come from.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// The policy, whose digest the bundle names.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// The report.
    #[command(flatten)]
    pub(crate) output: ReportArgs,
}
