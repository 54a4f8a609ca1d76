//! proofmark's side of a row: the policy that asks for what cosign's flags ask for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Answer;
use crate::peers::{hex, run_command, tree};
use crate::stack::registry::Repository;
use crate::stack::{Material, Signer, Stack};

/// The release binary, in the target directory that cargo uses for this tree.
pub(crate) fn find_proofmark() -> Result<PathBuf> {
    let mut command = Command::new("cargo");
    command.current_dir(tree()).args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&run_command(&mut command)?)?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    let binary = Path::new(target).join("release/proofmark");
    if !binary.is_file() {
        bail!("{} is not there: cargo build --release --package proofmark", binary.display());
    }
    Ok(binary)
}

/// Asks proofmark for its verdict, and the reasons when it is no.
pub(super) fn verify(
    binary: &Path,
    stack: &Stack,
    demand: Signer,
    repository: &Repository,
    reference: &str,
) -> Result<Answer> {
    let slug = format!("{}-{}", repository.host, repository.name).replace(['/', ':'], "-");
    let dir = stack.dir().join("policies").join(slug);
    let policy = write(stack, demand, repository, &dir)?;
    ask(binary, stack.dir(), &dir, &policy, reference)
}

/// The verdict of a policy on one image.
pub(super) fn ask(binary: &Path, home: &Path, dir: &Path, policy: &Path, reference: &str) -> Result<Answer> {
    let mut command = Command::new(binary);
    command.env_clear().env("HOME", home).current_dir(dir);
    command.args(["image", "verify", "--format", "json", "--policy"]).arg(policy).arg(reference);
    let output = command.output().context("proofmark")?;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    match output.status.code() {
        Some(0) => Ok(Answer::accept()),
        Some(exit @ (1 | 3)) => Ok(Answer::refuse(exit, reasons(&report))),
        code => bail!("proofmark ended with {code:?}:\n{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// The reasons of everything in a report that did not pass.
fn reasons(report: &Value) -> String {
    let results = report["results"].as_array().cloned().unwrap_or_default();
    let refused = results.iter().filter(|result| result["verdict"] != "pass");
    let mut reasons: Vec<_> = refused.filter_map(|result| result["reason"].as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons.join(", ")
}

/// Writes a policy directory for one repository; gives the path of `proofmark.toml`.
fn write(stack: &Stack, demand: Signer, repository: &Repository, dir: &Path) -> Result<PathBuf> {
    let (allowlists, roots) = (dir.join("allowlists"), dir.join("trust-roots"));
    fs::create_dir_all(&allowlists)?;
    fs::create_dir_all(&roots)?;
    let image = format!("{}/{}", repository.host, repository.name);
    let policy = dir.join("proofmark.toml");
    let text = format!(
        "version = 1\n\n[signers.wanted]\n{}\n[[image]]\nmatch = \"{image}\"\nsigned-by = [\"wanted\"]\n",
        signer_table(demand)
    );
    fs::write(&policy, text)?;
    fs::write(allowlists.join("registries.toml"), format!("[[registry]]\nhost = \"{}\"\n", repository.host))?;
    write_root(&roots, "acme.json", &fs::read(stack.trusted_root())?)?;
    if let Signer::Key(name, _) = demand {
        write_root(&roots, "wanted.pub", &fs::read(stack.cosign().key_pair(name)?)?)?;
    }
    Ok(policy)
}

/// The keys of a signer's table in the policy.
pub(crate) fn signer_table(demand: Signer) -> String {
    match demand {
        Signer::Keyless(identity) => {
            let (issuer, san) = (identity.issuer(), identity.san());
            format!("issuer = \"{issuer}\"\nidentity = \"{san}\"\ntrusted-root = \"acme\"\n")
        }
        Signer::Key(_, Material::Logged) => "key = \"wanted.pub\"\ntrusted-root = \"acme\"\n".to_owned(),
        // What cosign calls --insecure-ignore-tlog.
        Signer::Key(..) => "key = \"wanted.pub\"\ntransparency = \"optional\"\n".to_owned(),
    }
}

/// Writes a trust root and its page.
pub(crate) fn write_root(dir: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    fs::write(dir.join(name), bytes)?;
    let sha256 = hex(&Sha256::digest(bytes));
    let today = run_command(Command::new("date").args(["-u", "+%F"]))?;
    let page = format!(
        "source = \"cargo xtask interop\"\nsha256 = \"{sha256}\"\nfetched = {}\nby = \"interop\"\n",
        today.trim()
    );
    fs::write(dir.join(name).with_extension("toml"), page).map_err(Into::into)
}
