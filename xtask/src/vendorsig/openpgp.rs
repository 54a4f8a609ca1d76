//! gpg.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use proofmark_core::Timestamp;
use proofmark_vendorsig::openpgp::{Key, Rejection, Signature, Verified, Verifier};

use super::{bytes, must, mutate, output, write};
use crate::dice::Dice;

/// Keys as vendors have them: parameters for `gpg --generate-key`.
const KEYS: [&str; 6] = [
    "Key-Type: RSA\nKey-Length: 4096\nKey-Usage: sign,cert\nExpire-Date: 5y\n",
    "Key-Type: RSA\nKey-Length: 2048\nKey-Usage: cert\nSubkey-Type: RSA\nSubkey-Length: 3072\nSubkey-Usage: sign\nExpire-Date: 0\n",
    "Key-Type: EDDSA\nKey-Curve: ed25519\nKey-Usage: sign,cert\nSubkey-Type: ECDH\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\nExpire-Date: 0\n",
    "Key-Type: EDDSA\nKey-Curve: ed25519\nKey-Usage: cert\nSubkey-Type: EDDSA\nSubkey-Curve: ed25519\nSubkey-Usage: sign\nExpire-Date: 2y\n",
    "Key-Type: ECDSA\nKey-Curve: nistp256\nKey-Usage: sign,cert\nExpire-Date: 0\n",
    "Key-Type: ECDSA\nKey-Curve: nistp521\nKey-Usage: sign,cert\nExpire-Date: 0\n",
];
/// Signatures of each key, and changes of each signature and of each key.
const SIGNED: usize = 8;
const CHANGED: usize = 400;

/// gpg's home, and files beside it.
struct World<'a> {
    path: &'a Path,
}

impl World<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn gpg(&self) -> Command {
        let mut command = Command::new("gpg");
        command.env("GNUPGHOME", self.file("gpg")).env("LC_ALL", "C");
        command.args(["--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]);
        command
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        // The agent would outlive its home.
        let _ = Command::new("gpgconf").env("GNUPGHOME", self.file("gpg")).args(["--kill", "all"]).output();
    }
}

pub(super) fn compare(path: &Path, dice: &mut Dice) -> Result<()> {
    let world = World { path };
    private(&world.file("gpg"))?;
    let (mut signed, mut changed, mut both, mut unread) = (0, 0, 0, 0);
    for (number, parameters) in KEYS.iter().enumerate() {
        let name = format!("vendor{number}");
        let script = format!("%no-protection\n{parameters}Name-Real: {name}\n%commit\n");
        write(&world.file("parameters"), script.as_bytes())?;
        must(
            world
                .gpg()
                .args(["--cert-digest-algo", "SHA512", "--generate-key"])
                .arg(world.file("parameters")),
        )?;
        let key = output(world.gpg().args(["--export", &name]))?.stdout;
        for _ in 0..SIGNED {
            let content = bytes(dice, 5000);
            let signature = sign(&world, dice, &name, &content)?;
            let verified = verify(&key, &signature, &content)
                .with_context(|| format!("refused what gpg signed with {parameters}"))?;
            ensure!(gpgv(&world, &key, &signature, &content)? == Theirs::Good(verified.signer.to_string()));
            signed += 1;
            for round in 0..CHANGED {
                let (mut key, mut signature) = (key.clone(), signature.clone());
                let half = if round % 2 == 0 { &mut signature } else { &mut key };
                *half = mutate(dice, half);
                changed += 1;
                let Ok(verified) = verify(&key, &signature, &content) else { continue };
                match gpgv(&world, &key, &signature, &content)? {
                    Theirs::Good(signer) if signer == verified.signer.to_string() => both += 1,
                    // A subkey for encryption is nothing that is read here, and a key ID beside a fingerprint says nothing.
                    Theirs::NoKey if round % 2 == 1 => unread += 1,
                    other => bail!(
                        "accepted what gpgv does not ({other:?}); see {} and {}",
                        keep("key", &key)?.display(),
                        keep("signature", &signature)?.display()
                    ),
                }
            }
        }
    }
    println!(
        "gpg: {signed} signatures accepted, {changed} changed ones and keys: {both} accepted by both, {unread} of keys \
         in which gpg cannot read something else, none here alone"
    );
    Ok(())
}

#[cfg(unix)]
fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path).map_err(Into::into)
}

#[cfg(not(unix))]
fn private(path: &Path) -> Result<()> {
    fs::create_dir(path).map_err(Into::into)
}

/// With options that change what is in the signature, and none that makes it another kind of signature.
fn sign(world: &World<'_>, dice: &mut Dice, name: &str, content: &[u8]) -> Result<Vec<u8>> {
    write(&world.file("file"), content)?;
    let mut command = world.gpg();
    command.args(["--digest-algo", "SHA512", "--local-user", name]);
    for options in [
        &["--armor"][..],
        &["--armor", "--comment", "who signed this: us"],
        &["--sig-notation", "build@vendor.example=1"],
        &["--default-sig-expire", "1y"],
        &["--sig-policy-url", "https://vendor.example/policy"],
        &["--set-filename", "tool"],
    ] {
        if dice.roll(3) == 0 {
            command.args(options);
        }
    }
    must(command.arg("--output").arg(world.file("sig")).arg("--detach-sign").arg(world.file("file")))?;
    fs::read(world.file("sig")).map_err(Into::into)
}

fn verify(key: &[u8], signature: &[u8], content: &[u8]) -> Result<Verified> {
    let (key, signature) = (Key::parse(key)?, Signature::parse(signature)?);
    let mut verifier = Verifier::new(&signature, &key)?;
    content.chunks(100).for_each(|piece| verifier.update(piece));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let verified: Result<Verified, Rejection> = verifier.finish(Timestamp::from_second(i64::try_from(now)?)?);
    Ok(verified?)
}

/// What gpgv says.
#[derive(Debug, PartialEq, Eq)]
enum Theirs {
    /// A good signature by this key or subkey, which has neither ended nor been revoked.
    Good(String),
    /// Anything else.
    Bad,
    /// It cannot read the key.
    NoKey,
}

fn gpgv(world: &World<'_>, key: &[u8], signature: &[u8], content: &[u8]) -> Result<Theirs> {
    for (name, bytes) in [("ring.gpg", key), ("sig", signature), ("file", content)] {
        write(&world.file(name), bytes)?;
    }
    let mut command = Command::new("gpgv");
    command.env("GNUPGHOME", world.file("gpg")).args(["--status-fd", "1", "--keyring"]);
    command.arg(world.file("ring.gpg")).arg(world.file("sig")).arg(world.file("file"));
    let out = output(&mut command)?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let line = |word: &str| text.lines().find_map(|line| line.strip_prefix(&format!("[GNUPG:] {word} ")));
    let signer = line("VALIDSIG").and_then(|rest| rest.split(' ').next());
    Ok(match signer {
        Some(signer) if out.status.success() && line("GOODSIG").is_some() => Theirs::Good(signer.to_owned()),
        // The last but one word: 9 is for no key, 6 for one that is bound by nothing that gpg can read.
        None if line("ERRSIG").is_some_and(|rest| matches!(rest.split(' ').nth(5), Some("6" | "9"))) => {
            Theirs::NoKey
        }
        _ => Theirs::Bad,
    })
}

/// What differs, where it outlives the run.
fn keep(name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("proofmark-vendorsig-{name}"));
    write(&path, bytes)?;
    Ok(path)
}
