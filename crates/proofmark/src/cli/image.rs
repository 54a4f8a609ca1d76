//! `proofmark image …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use proofmark_core::{Platform, Transparency};

use super::base::BaseCommand;
use super::deferred::Deferred;
use super::policy::PolicySource;
use super::{ImagePinArgs, OutputArgs, PullArgs, SaveArgs, ScanArgs, TimeArgs};

/// Commands about container images.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Verify images against the policy.
    Verify(Deferred<VerifyArgs>),
    /// Show everything attached to an image, from every discovery path, verified or not.
    Tree(Deferred<TreeArgs>),
    /// List every reference to an image in the files of a repository, pinned or not.
    Scan(Deferred<ScanArgs>),
    /// Write the digest behind each tag, in place: what was verified is then what runs.
    Pin(Deferred<ImagePinArgs>),
    /// Verify images, and then fetch exactly what was verified.
    Pull(Deferred<PullArgs>),
    /// Verify images, and write them with their evidence and trusted roots to be carried across an air gap.
    Save(Deferred<SaveArgs>),
    /// Approve base images, and show which of them images stand on.
    #[command(subcommand)]
    Base(BaseCommand),
}

/// What `--print` prints instead of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Print {
    /// `host/repository@digest` of each image that passed or that an exception allows; nothing for one that is refused or unverifiable.
    Pinned,
}

/// `proofmark image verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The images.
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    /// Print this instead of the report.
    #[arg(long, value_enum, conflicts_with = "format")]
    pub(crate) print: Option<Print>,
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
    pub(crate) output: OutputArgs,
}

/// Which images.
#[derive(Debug, Args)]
pub(crate) struct ImagesArgs {
    /// Registry references, or oci:DIR[:TAG|@DIGEST] with --as.
    #[arg(value_name = "REF")]
    pub(crate) references: Vec<String>,
    /// For this platform alone: os/arch[/variant][:os.version].
    #[arg(long, value_name = "PLATFORM", value_parser = parse_platform)]
    pub(crate) platform: Option<Platform>,
    /// Read references from a file, one a line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Vec<PathBuf>,
}

/// How images are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadingArgs {
    /// The repository that an oci: layout stands for: it chooses the policy's entry.
    #[arg(long = "as", value_name = "REPOSITORY")]
    pub(crate) as_repository: Option<String>,
    /// Do not use the download cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// `--key` or `--identity` with `--issuer`: verify without a policy file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Without a policy file")]
pub(crate) struct SingleEntryArgs {
    /// Public key file (PEM) that must have signed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["identity", "issuer", "policy", "policy_from"])]
    pub(crate) key: Option<PathBuf>,
    /// Certificate identity that must have signed; a glob as in the policy.
    #[arg(long, value_name = "IDENTITY", requires = "issuer", conflicts_with_all = ["policy", "policy_from"])]
    pub(crate) identity: Option<String>,
    /// OIDC issuer of that identity, exact.
    #[arg(long, value_name = "URL", requires = "identity")]
    pub(crate) issuer: Option<String>,
    /// Trusted root file; the public-good instance otherwise.
    #[arg(long, value_name = "FILE")]
    pub(crate) trusted_root: Option<PathBuf>,
    /// What must witness a key's signature.
    #[arg(long, value_enum, requires = "key", value_name = "WITNESS")]
    pub(crate) transparency: Option<TransparencyArg>,
}

/// `--transparency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransparencyArg {
    /// An entry in a transparency log (the default).
    Required,
    /// A verified timestamp; only with a root without logs.
    Timestamp,
    /// Nothing; the evidence says what was found.
    Optional,
}

impl TransparencyArg {
    /// What the policy would say.
    pub(crate) const fn value(self) -> Transparency {
        match self {
            Self::Required => Transparency::Required,
            Self::Timestamp => Transparency::Timestamp,
            Self::Optional => Transparency::Optional,
        }
    }
}

/// `proofmark image tree`.
#[derive(Debug, Args)]
pub(crate) struct TreeArgs {
    /// A registry reference, or oci:DIR[:TAG|@DIGEST].
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// When validity is judged.
    #[command(flatten)]
    pub(crate) time: TimeArgs,
    /// Where the image comes from.
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// The policy, whose trusted roots and keys are tried.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

pub(super) fn parse_platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text)
        .ok_or_else(|| "write it os/arch[/variant][:os.version], such as linux/arm64".to_owned())
}
