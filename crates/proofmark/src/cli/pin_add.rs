//! `proofmark pin add`, `pin update` and `pin install`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use jiff::SignedDuration;
use proofmark_core::Platform;
use proofmark_lock::{is_tool_name, is_url, is_version};
use proofmark_pin::recipe::List;

use super::PolicySource;
use super::image::parse_platform;

/// A tool, and perhaps which version of it: `op` or `op@2.39.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolVersion {
    pub(crate) tool: String,
    pub(crate) version: Option<String>,
}

impl FromStr for ToolVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (tool, version) = match text.split_once('@') {
            Some((tool, version)) => (tool, Some(version)),
            None => (text, None),
        };
        if !is_tool_name(tool) || version.is_some_and(|version| !is_version(version)) {
            return Err("write it as op or op@2.39.0".to_owned());
        }
        Ok(Self { tool: tool.to_owned(), version: version.map(str::to_owned) })
    }
}

/// `OPERATOR=URL`.
fn parse_list(text: &str) -> Result<List, String> {
    let (operator, at) = text.split_once('=').unwrap_or(("", ""));
    if operator.is_empty() || !is_url(at) {
        return Err("write it as OPERATOR=https://HOST/PATH".to_owned());
    }
    Ok(List { operator: operator.to_owned(), at: at.to_owned() })
}

/// A reason is a sentence, and not an empty one.
fn parse_reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > 500 {
        return Err("say why, in at most 500 characters".to_owned());
    }
    Ok(text.to_owned())
}

/// `7d`, `12h`, or `0`.
fn parse_cooldown(text: &str) -> Result<SignedDuration, String> {
    if text == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let span = proofmark_policy::parse_span(text).and_then(|span| SignedDuration::try_from(span).ok());
    span.ok_or_else(|| "write a number and s, m, h, d or w, such as 7d; or 0 for none".to_owned())
}

/// How downloads become pins.
#[derive(Debug, Args)]
pub(crate) struct PinningArgs {
    /// For these platforms; by default those that the policy asks for.
    #[arg(long, value_name = "PLATFORM", value_parser = parse_platform)]
    pub(crate) platform: Vec<Platform>,
    /// A list of checksums that somebody else keeps: it must give the same SHA-256.
    #[arg(long, value_name = "OPERATOR=URL", value_parser = parse_list)]
    pub(crate) list: Vec<List>,
    /// Pin what nobody signed, for this reason, which is recorded.
    #[arg(long, value_name = "REASON", value_parser = parse_reason)]
    pub(crate) accept_unsigned: Option<String>,
    /// Write nothing, and show what would be pinned.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who pins; by default the user.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Keep nothing of what is downloaded, and use nothing that was kept.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// The policy; proofmark.lock and recipes/ lie beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

/// `proofmark pin add`.
#[derive(Debug, Args)]
pub(crate) struct PinAddArgs {
    /// Tools of the policy; without a version the newest that it lists.
    #[arg(value_name = "TOOL[@VERSION]", required = true)]
    pub(crate) tools: Vec<ToolVersion>,
    /// Replace pins of another SHA-256.
    #[arg(long)]
    pub(crate) replace: bool,
    /// How.
    #[command(flatten)]
    pub(crate) how: PinningArgs,
}

/// `proofmark pin update`.
#[derive(Debug, Args)]
pub(crate) struct PinUpdateArgs {
    /// Only these tools; by default every tool that is pinned.
    #[arg(value_name = "TOOL")]
    pub(crate) tools: Vec<String>,
    /// Take no version that was published later than this before now.
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = parse_cooldown)]
    pub(crate) cooldown: SignedDuration,
    /// How.
    #[command(flatten)]
    pub(crate) how: PinningArgs,
}

/// `proofmark pin install`.
#[derive(Debug, Args)]
pub(crate) struct PinInstallArgs {
    /// Only these; by default every tool of the policy that must be pinned for this platform, in its newest pinned version.
    #[arg(value_name = "TOOL[@VERSION]")]
    pub(crate) tools: Vec<ToolVersion>,
    /// The folder; by default ~/.local/bin.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    /// Keep nothing of what is downloaded, and use nothing that was kept.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// The policy; proofmark.lock lies beside it.
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written() {
        let read = |text: &str| text.parse::<ToolVersion>().ok().map(|one| (one.tool, one.version));
        assert_eq!(read("op"), Some(("op".to_owned(), None)));
        assert_eq!(read("op@2.39.0"), Some(("op".to_owned(), Some("2.39.0".to_owned()))));
        for bad in ["", "@1", "op@", "op@../1", "Op", "a/b", "op@1@2"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(parse_cooldown("7d"), Ok(SignedDuration::from_hours(168)));
        assert_eq!(parse_cooldown("0"), Ok(SignedDuration::ZERO));
        for bad in ["", "7", "-1d", "d", "1y"] {
            assert!(parse_cooldown(bad).is_err(), "{bad}");
        }
        assert!(parse_list("acme=https://a.test/x").is_ok());
        for bad in ["https://a.test/x", "=https://a.test/x", "acme=http://a.test/x", "acme="] {
            assert!(parse_list(bad).is_err(), "{bad}");
        }
        assert!(parse_reason("  ").is_err());
    }
}
