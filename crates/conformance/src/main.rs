//! Client of the Sigstore conformance suite's protocol (README.md), over the same `verify` and `authorize` as all else.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use proofmark_core::pattern::IdentityGlob;
use proofmark_core::{CertificateConstraint, Digest, IdentityPattern, SanKind, Timestamp, Transparency};
use proofmark_sigstore::{Artifact, Authority, Candidate, PublicKey, Question, RootSource, TrustRoot};

/// Bytes of any file that the suite names.
const MAX_FILE: u64 = 64 << 20;
type Failure = Box<dyn std::error::Error>;

/// The options of `verify-bundle`; everything else of the protocol needs a network.
#[derive(Default)]
struct Options {
    bundle: Option<String>,
    identity: Option<String>,
    issuer: Option<String>,
    key: Option<String>,
    trusted_root: Option<String>,
    artifact: Option<String>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, Failure> {
        if args.next().as_deref() != Some("verify-bundle") {
            return Err("usage: conformance-client verify-bundle --bundle FILE … FILE_OR_DIGEST".into());
        }
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            let slot = match arg.as_str() {
                "--bundle" => &mut options.bundle,
                "--certificate-identity" => &mut options.identity,
                "--certificate-oidc-issuer" => &mut options.issuer,
                "--key" => &mut options.key,
                "--trusted-root" => &mut options.trusted_root,
                other if other.starts_with("--") => return Err(format!("unknown option {other}").into()),
                _ => {
                    set(&mut options.artifact, "the artifact", arg)?;
                    continue;
                }
            };
            let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
            set(slot, &arg, value)?;
        }
        Ok(options)
    }
}

fn set(slot: &mut Option<String>, name: &str, value: String) -> Result<(), Failure> {
    if slot.replace(value).is_some() { Err(format!("{name} is given twice").into()) } else { Ok(()) }
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE { Err(format!("{path} is too large").into()) } else { Ok(bytes) }
}

/// The suite's identities are exact.
fn constraint(identity: &str, issuer: &str) -> Result<CertificateConstraint, Failure> {
    if identity.contains('*') {
        return Err("an identity with a * cannot be asked for".into());
    }
    Ok(CertificateConstraint {
        issuer: issuer.to_owned(),
        identity: IdentityPattern::Glob(IdentityGlob::parse(identity)?),
        san: vec![SanKind::Uri, SanKind::Email, SanKind::Other],
        extensions: std::collections::BTreeMap::new(),
        trusted_root: String::new(),
    })
}

fn run(options: &Options, now: Timestamp) -> Result<(), Failure> {
    let root = match &options.trusted_root {
        Some(path) => {
            let source = RootSource::File { path: path.clone(), fetched: None };
            TrustRoot::parse("custom", &read(path)?, source)?
        }
        None => TrustRoot::builtin("sigstore-public-good")?,
    };
    let named = options.artifact.as_deref().ok_or("the artifact is missing")?;
    let digest = Digest::parse(named).ok().filter(|_| !Path::new(named).exists());
    let bytes = if digest.is_some() { Vec::new() } else { read(named)? };
    let artifact = digest.as_ref().map_or(Artifact::Bytes(&bytes), Artifact::Digest);
    let candidate = Candidate::bundle(&read(options.bundle.as_deref().ok_or("--bundle is missing")?)?)?;
    let question = Question::Blob(artifact);
    match (&options.key, &options.identity, &options.issuer) {
        (Some(key), None, None) => {
            let key = PublicKey::from_pem(std::str::from_utf8(&read(key)?)?)?;
            let (transparency, root) = (Transparency::Required, Some(&root));
            let authority = Authority::Key { key: &key, transparency, root, valid_until: None };
            proofmark_sigstore::verify(&candidate, &question, &authority, now)?;
        }
        (None, Some(identity), Some(issuer)) => {
            let verified = proofmark_sigstore::verify(&candidate, &question, &Authority::Root(&root), now)?;
            proofmark_sigstore::authorize(&verified, &constraint(identity, issuer)?)?;
        }
        _ => return Err("either --key, or --certificate-identity and --certificate-oidc-issuer".into()),
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a binary of its own: it reads the clock and says why"
)]
fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| run(&options, Timestamp::now())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
