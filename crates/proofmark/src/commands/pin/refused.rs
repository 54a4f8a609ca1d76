//! Why nothing was pinned or installed, for people.

use std::fmt::Write as _;

use proofmark_core::{Reason, ReasonKind, Refusal};
use proofmark_engine::Exit;
use proofmark_lock::unpack::UnpackError;
use proofmark_pin::recipe::{Recipe, SignerHint};
use proofmark_pin::{AddError, FetchError, InstallError};

use crate::failure::Failure;
use crate::pins;

/// A failure that is a verdict.
fn failed(failure: Failure) -> Failure {
    Failure { exit: Exit::Failed, ..failure }
}

/// A tool that the policy does not list.
pub(super) fn no_row(tool: &str, recipe: &Recipe) -> Failure {
    let message =
        format!("the policy does not let {tool} be pinned: allowlists/binaries.toml has no row for it");
    let help = "review the tool, and add the row that is shown, with a version that you reviewed";
    let mut picture = String::new();
    let platform = recipe.platforms().next().map(ToString::to_string).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(
        picture,
        "  [[binary]]\n  tool = \"{tool}\"\n  versions = [\"VERSION\"]\n  platforms = [\"{platform}\"]\n"
    );
    picture.push_str(&signed_by(recipe));
    let _ = write!(picture, "  why = \"WHY\"\n  by = \"YOU\"\n");
    Failure::usage("pin-not-listed", message, help).with_picture(picture)
}

/// How a policy asks for the signature of a tool.
fn signed_by(recipe: &Recipe) -> String {
    match (&recipe.signer, &recipe.unsigned) {
        (Some(_), _) => format!("  signed-by = [\"{}\"]\n", recipe.vendor),
        (None, Some(why)) => format!("  unsigned = \"{why}\"\n"),
        (None, None) => "  signed-by = [\"SIGNER\"]\n".to_owned(),
    }
}

/// The signer of a recipe as a policy has it.
fn signer(recipe: &Recipe) -> String {
    let mut text = format!("  # proofmark.toml\n  [signers.{}]\n", recipe.vendor);
    let _ = match &recipe.signer {
        Some(SignerHint::OpenPgp { file, fingerprint }) => {
            writeln!(text, "  openpgp = \"{file}\"\n  fingerprint = \"{fingerprint}\"")
        }
        Some(SignerHint::Minisign { file }) => writeln!(text, "  minisign = \"{file}\""),
        Some(SignerHint::Certificate { issuer, identity }) => {
            writeln!(text, "  issuer = \"{issuer}\"\n  identity = \"{identity}\"")
        }
        None => return String::new(),
    };
    let _ = writeln!(text, "  # allowlists/binaries.toml, in the row of {}", recipe.tool);
    text + &signed_by(recipe)
}

/// Why nothing was pinned.
pub(super) fn add(error: AddError, recipe: &Recipe) -> Failure {
    let said = error.to_string();
    match error {
        AddError::NoBuild { known, .. } => {
            Failure::usage("pin-no-build", said, format!("name one for which there is: {}", known.join(", ")))
        }
        AddError::NotListed { version, listed, .. } => {
            let help = format!(
                "pin one of {}; or review {version}, and add it to versions in allowlists/binaries.toml",
                listed.join(", ")
            );
            Failure::usage("pin-not-listed", said, help)
        }
        AddError::Fetch(error) => fetch(&error),
        AddError::NotThere { .. } => not_there(said),
        AddError::NotIndexed { at, .. } => Failure::unverifiable(
            "download-not-there",
            said,
            format!("look at {at} for the version and for how its files are called"),
        ),
        AddError::Checksum { at, listed, found, .. } => {
            let help =
                "try again: a download may be damaged; if it stays so, ask the vendor, and pin nothing";
            let picture = format!("  found   {}\n  listed  {listed} ({at})", found.hex());
            failed(Failure::usage("pin-sources-disagree", said, help).with_picture(picture))
        }
        AddError::Disagree { at, listed, found, .. } => {
            let mut picture = format!("  found   {}\n", found.hex());
            for one in listed {
                let _ = writeln!(picture, "  listed  {} ({at})", one.hex());
            }
            let help = "find out which is right: a release whose file was replaced is how tools are poisoned";
            failed(Failure::usage("pin-sources-disagree", said, help).with_picture(picture))
        }
        AddError::Sources { silent, .. } => {
            let help = "name a list that somebody else keeps, with --list OPERATOR=URL; or import it first: proofmark pin import FILE --operator NAME";
            let picture = silent.iter().map(|why| format!("  {why}")).collect::<Vec<String>>().join("\n");
            failed(Failure::usage("pin-sources-too-few", said, help).with_picture(picture))
        }
        AddError::Differs { pinned, found, .. } => {
            let picture = format!("  pinned  {}\n  found   {}", pinned.hex(), found.hex());
            let help = "find out which is right: a release whose file was replaced is how tools are poisoned; then --replace";
            failed(Failure::usage("pin-differs", said, help).with_picture(picture))
        }
        AddError::Unpack { error, .. } => archive(said, &error),
        AddError::NoEvidence { .. } => {
            let help = "if you have reason to trust it, say so: --accept-unsigned \"REASON\", with unsigned = \"…\" in its row of allowlists/binaries.toml";
            failed(Failure::usage("pin-without-signature", said, help))
        }
        AddError::NotAsked { .. } => {
            let help = "ask for it in the policy, as shown; or take its word for nothing: --accept-unsigned \"REASON\"";
            failed(Failure::usage("pin-without-signature", said, help).with_picture(signer(recipe)))
        }
        AddError::Refused(refusal) => verdict(said, &refusal),
        AddError::Scratch(error) => no_room(&error),
        AddError::Invalid(failure) => pins::broken("what would be written", &failure),
        other => Failure::unverifiable("pin-refused", other.to_string(), ""),
    }
}

/// Why nothing was installed.
pub(super) fn install(error: InstallError, target: &str) -> Failure {
    let said = error.to_string();
    match error {
        InstallError::Fetch(error) => fetch(&error),
        InstallError::NotThere { .. } => not_there(said),
        InstallError::Mismatch { pinned, found, .. } => {
            let picture = format!("  pinned  {}\n  found   {}", pinned.hex(), found.hex());
            let help = "try again: a download may be damaged; if it stays so, the file was replaced where it is published: ask the vendor";
            failed(Failure::usage("pin-differs", said, help).with_picture(picture))
        }
        InstallError::Unpack { error, .. } => archive(said, &error),
        InstallError::Refused { refusal, .. } => verdict(said, &refusal),
        InstallError::Target(error) => not_placed(target, &error),
        other => Failure::unverifiable("pin-refused", other.to_string(), ""),
    }
}

/// The folder cannot be written to.
pub(super) fn not_placed(target: &str, error: &std::io::Error) -> Failure {
    let help = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "make room there, or name another folder with --to"
        }
        _ => "name a folder that you may write to: --to DIR",
    };
    Failure::unverifiable("install-target", format!("{target} cannot be written: {error}"), help)
}

/// Nowhere to unpack to.
pub(super) fn no_room(error: &std::io::Error) -> Failure {
    Failure::unverifiable(
        "pin-no-room",
        format!("the executable cannot be unpacked: {error}"),
        "make room in the cache's folder (XDG_CACHE_HOME), or give --no-cache and room in TMPDIR",
    )
}

pub(super) fn fetch(error: &FetchError) -> Failure {
    let (message, help) = (error.to_string(), error.help.clone());
    match error.reason {
        Reason::Offline => Failure::unverifiable("download-offline", message, help),
        _ => Failure::unverifiable("download-failed", message, help),
    }
}

fn not_there(said: String) -> Failure {
    let help = "check the version; if the vendor has moved its files, mend the recipe: recipes/TOOL.toml beside the policy";
    Failure::unverifiable("download-not-there", said, help)
}

fn archive(said: String, error: &UnpackError) -> Failure {
    let help = match error {
        UnpackError::Missing { elsewhere, .. } if !elsewhere.is_empty() => {
            format!(
                "it may be {}: mend `member` in recipes/TOOL.toml beside the policy",
                elsewhere.join(" or ")
            )
        }
        UnpackError::Limit(_) => "nothing of this size is unpacked: check the address".to_owned(),
        _ => "try again: a download may be damaged; if it stays so, tell the vendor".to_owned(),
    };
    let failure = Failure::usage("pin-archive", said, help);
    exit_by(error.reason(), failure)
}

/// A verdict on what was downloaded.
fn verdict(said: String, refusal: &Refusal) -> Failure {
    let mut picture = format!("  reason    {}\n", refusal.reason.as_str());
    if let Some(expected) = &refusal.expected {
        let _ = writeln!(picture, "  expected  {}", expected.text);
    }
    for one in &refusal.observed {
        let _ = writeln!(picture, "  found     {}", one.text);
    }
    let failure = Failure::usage("pin-refused", said, refusal.help.clone()).with_picture(picture);
    exit_by(refusal.reason, failure)
}

fn exit_by(reason: Reason, failure: Failure) -> Failure {
    let exit = match reason.kind() {
        ReasonKind::Fail => Exit::Failed,
        ReasonKind::Unverifiable => Exit::Unverifiable,
    };
    Failure { exit, ..failure }
}
