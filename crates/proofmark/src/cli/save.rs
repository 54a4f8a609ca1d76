//! `proofmark image save`.

use std::path::PathBuf;

use clap::Args;
use proofmark_core::Platform;

use super::image::parse_platform;
use super::policy::PolicySource;
use super::{ReadingArgs, ReportArgs};

/// `proofmark image save`.
///
/// It judges at the clock's time alone, as pulling does.
#[derive(Debug, Args)]
pub(crate) struct SaveArgs {
    /// Registry references, or oci:DIR[:TAG|@DIGEST] with --as.
    #[arg(value_name = "REF")]
    pub(crate) references: Vec<String>,
    /// Verify and save for this platform: os/arch[/variant][:os.version].
    #[arg(long, value_name = "PLATFORM", value_parser = parse_platform)]
    pub(crate) platform: Option<Platform>,
    /// Read references from a file, one a line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Vec<PathBuf>,
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
