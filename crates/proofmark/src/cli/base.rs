//! `proofmark image base …`.

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::deferred::Deferred;
use super::{ImagesArgs, OutputArgs, PolicySource, ReadingArgs};

/// Commands about approved base images.
#[derive(Debug, Subcommand)]
pub(crate) enum BaseCommand {
    /// Verify a base image under the policy, and add its layers to allowlists/base-images.toml.
    Add(Deferred<BaseAddArgs>),
    /// Show which approved base images stand on: the base rule alone.
    Check(Deferred<BaseCheckArgs>),
}

/// `proofmark image base add`.
#[derive(Debug, Args)]
pub(crate) struct BaseAddArgs {
    /// A registry reference, or oci:DIR[:TAG|@DIGEST] with --as.
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// What the base is called in reports; the reference otherwise.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The last day, UTC, of the approval: YYYY-MM-DD; 90 days from now otherwise.
    #[arg(long, value_name = "DATE")]
    pub(crate) not_after: Option<Date>,
    /// Why it is approved.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    /// Who approves it; the user's name otherwise.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Where the image comes from.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// The policy.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// The report, if the base does not verify.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `proofmark image base check`.
#[derive(Debug, Args)]
pub(crate) struct BaseCheckArgs {
    /// The images.
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    /// Unpack every layer, and hash its content against the configuration: at most 4 GiB read, 8 GiB unpacked, ten minutes.
    #[arg(long)]
    pub(crate) deep: bool,
    /// Tell approvals that end within this time, such as 36h, 14d or 8w.
    #[arg(long, value_name = "DURATION", default_value = "14d", value_parser = parse_span)]
    pub(crate) warn_within: i64,
    /// Where the images come from.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// The policy.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// The report.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A duration as the policy writes it, in seconds.
fn parse_span(text: &str) -> Result<i64, String> {
    let wrong = || "write a number and s, m, h, d or w, such as 14d".to_owned();
    let span = proofmark_policy::parse_span(text).ok_or_else(wrong)?;
    i64::try_from(span.as_secs()).map_err(|_| wrong())
}
