//! cosign, run against the private Sigstore.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{CI_ISSUER, EMAIL_ISSUER, Stack};
use crate::peers::{hex, run_command};

/// A workflow run: what GitHub puts into its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workflow {
    /// `owner/name`.
    pub repository: &'static str,
    /// The identifiers of owner and repository.
    pub ids: (&'static str, &'static str),
    /// `refs/…`.
    pub git_ref: &'static str,
}

impl Workflow {
    /// `owner/name/PATH@REF`, as in the claim `job_workflow_ref`.
    fn path(&self) -> String {
        format!("{}/.github/workflows/release.yml@{}", self.repository, self.git_ref)
    }

    fn claims(&self) -> Value {
        let commit = &hex(&Sha256::digest(self.path()))[..40];
        let (owner, _) = self.repository.split_once('/').unwrap_or((self.repository, ""));
        json!({
            "sub": format!("repo:{}:ref:{}", self.repository, self.git_ref),
            "job_workflow_ref": self.path(), "job_workflow_sha": commit,
            "workflow_ref": self.path(), "workflow_sha": commit, "workflow": "release",
            "event_name": "push", "repository": self.repository, "repository_owner": owner,
            "repository_owner_id": self.ids.0, "repository_id": self.ids.1,
            "repository_visibility": "public", "ref": self.git_ref, "sha": commit,
            "run_id": "1", "run_attempt": "1", "runner_environment": "github-hosted",
        })
    }
}

/// Who signs without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A workflow, with a token of [`CI_ISSUER`].
    Workflow(Workflow),
    /// A person, with a token of [`EMAIL_ISSUER`].
    Email(&'static str),
}

impl Identity {
    /// The subject alternative name that Fulcio certifies.
    pub fn san(&self) -> String {
        match self {
            Self::Workflow(workflow) => format!("https://github.com/{}", workflow.path()),
            Self::Email(address) => (*address).to_owned(),
        }
    }

    /// The issuer of its tokens.
    pub fn issuer(&self) -> &'static str {
        match self {
            Self::Workflow(_) => CI_ISSUER,
            Self::Email(_) => EMAIL_ISSUER,
        }
    }

    fn claims(&self) -> Value {
        match self {
            Self::Workflow(workflow) => workflow.claims(),
            Self::Email(address) => json!({"sub": address, "email": address, "email_verified": true}),
        }
    }
}

/// What a signature with a key comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Material {
    /// A bundle with a log entry and a timestamp.
    Logged,
    /// A bundle with nothing but the signature.
    Bare,
    /// A `.sig` tag in cosign's old format, without a log entry, that names this repository.
    Legacy(&'static str),
}

/// Who signs, and what the signature comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// Keyless: a bundle with certificate, log entry and timestamp.
    Keyless(Identity),
    /// The key of that name, see [`Cosign::key_pair`].
    Key(&'static str, Material),
}

/// Runs cosign with an environment that has nothing of the caller's.
pub struct Cosign<'a> {
    stack: &'a Stack,
}

impl<'a> Cosign<'a> {
    pub(super) fn new(stack: &'a Stack) -> Self {
        Self { stack }
    }

    /// cosign without arguments; its home is in the scratch directory.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.stack.peers().path("cosign"));
        command.env_clear().env("HOME", self.stack.dir()).env("COSIGN_PASSWORD", "").stdin(Stdio::null());
        command
    }

    /// Makes `NAME.key` and `NAME.pub` (P-256) unless they are there; gives the public half.
    pub fn key_pair(&self, name: &str) -> Result<PathBuf> {
        let public = self.stack.dir().join(format!("{name}.pub"));
        if !public.is_file() {
            let mut command = self.command();
            command.current_dir(self.stack.dir()).args(["generate-key-pair", "--output-key-prefix", name]);
            run_command(&mut command)?;
        }
        Ok(public)
    }

    /// Signs `HOST/REPOSITORY@DIGEST`; a legacy signature names the repository `named` in its
    /// payload, or else the one that its material says.
    pub fn sign(&self, reference: &str, signer: Signer, named: Option<&str>) -> Result<()> {
        let mut command = self.command();
        command.args(["sign", "--yes", "--allow-http-registry"]);
        self.add_signer(&mut command, signer)?;
        if let Signer::Key(_, Material::Legacy(repository)) = signer {
            command.arg(format!("--sign-container-identity={}", named.unwrap_or(repository)));
        }
        command.arg(reference);
        run_command(&mut command).context("cosign sign").map(drop)
    }

    /// Attaches a signed statement with the predicate in `predicate`.
    pub fn attest(&self, reference: &str, signer: Signer, kind: &str, predicate: &Path) -> Result<()> {
        let mut command = self.command();
        command
            .args(["attest", "--yes", "--allow-http-registry", "--type", kind, "--predicate"])
            .arg(predicate);
        self.add_signer(&mut command, signer)?;
        command.arg(reference);
        run_command(&mut command).context("cosign attest").map(drop)
    }

    /// Signs the in-toto statement in a file, whose subjects it says itself, and writes the bundle to another.
    pub fn attest_statement(&self, signer: Signer, statement: &Path, bundle: &Path) -> Result<()> {
        let mut command = self.command();
        command.args(["attest-blob", "--yes", "--statement"]).arg(statement).arg("--bundle").arg(bundle);
        self.add_signer(&mut command, signer)?;
        run_command(&mut command).context("cosign attest-blob").map(drop)
    }

    /// Runs `cosign verify`; `demand` says whose signature is expected.
    pub fn verify(&self, reference: &str, demand: Signer) -> Result<Output> {
        self.verifying(reference, demand)?.output().context("cosign verify")
    }

    /// The command of [`Self::verify`]; more references may follow.
    pub fn verifying(&self, reference: &str, demand: Signer) -> Result<Command> {
        let mut command = self.command();
        command.args(["verify", "--allow-http-registry"]);
        let root = self.stack.trusted_root();
        match demand {
            Signer::Keyless(identity) => {
                command.arg("--trusted-root").arg(root);
                command.args(["--certificate-oidc-issuer", identity.issuer()]);
                command.args(["--certificate-identity", &identity.san()]);
            }
            Signer::Key(name, material) => {
                command.arg("--key").arg(self.key_pair(name)?);
                match material {
                    Material::Logged => command.arg("--trusted-root").arg(root),
                    Material::Bare | Material::Legacy(_) => command.arg("--insecure-ignore-tlog"),
                };
            }
        }
        command.arg(reference);
        Ok(command)
    }

    fn add_signer(&self, command: &mut Command, signer: Signer) -> Result<()> {
        let dir = self.stack.dir();
        match signer {
            Signer::Keyless(identity) => {
                command.arg("--signing-config").arg(dir.join("signing_config.json"));
                command.arg("--trusted-root").arg(self.stack.trusted_root());
                command.args(["--identity-token", &self.token(&identity)?]);
            }
            Signer::Key(name, material) => {
                self.key_pair(name)?;
                command.arg("--key").arg(dir.join(format!("{name}.key")));
                // Without it cosign asks the public TUF repository, also where it needs no root.
                command.arg("--trusted-root").arg(self.stack.trusted_root());
                match material {
                    Material::Logged => command.arg("--signing-config").arg(dir.join("signing_config.json")),
                    Material::Bare => command.arg("--signing-config").arg(dir.join("no_services.json")),
                    Material::Legacy(_) => command.args([
                        "--new-bundle-format=false",
                        "--use-signing-config=false",
                        "--tlog-upload=false",
                    ]),
                };
            }
        }
        Ok(())
    }

    /// Mints a token for an identity.
    pub fn token(&self, identity: &Identity) -> Result<String> {
        let mut command = Command::new(self.stack.peers().path("oidc"));
        command.args(["mint", "--issuer", identity.issuer(), "--dir"]).arg(self.stack.dir());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start oidc")?;
        let mut input = child.stdin.take().context("no stdin")?;
        input.write_all(identity.claims().to_string().as_bytes())?;
        drop(input);
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "oidc mint failed");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}
