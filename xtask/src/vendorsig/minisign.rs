//! minisign.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use proofmark_vendorsig::minisign::{Legacy, PublicKey, Signature, Verifier};

use super::{bytes, must, mutate, output, write};
use crate::dice::Dice;

const SIGNED: usize = 40;
const CHANGED: usize = 100;

pub(super) fn compare(world: &Path, dice: &mut Dice) -> Result<()> {
    let (public, secret) = (world.join("minisign.pub"), world.join("minisign.key"));
    must(Command::new("minisign").args(["-G", "-W", "-f", "-p"]).arg(&public).arg("-s").arg(&secret))?;
    let key = fs::read(&public)?;
    let (file, signature) = (world.join("file"), world.join("file.minisig"));
    let mut accepted = 0;
    for _ in 0..SIGNED {
        let content = bytes(dice, 5000);
        write(&file, &content)?;
        let mut sign = Command::new("minisign");
        sign.args(["-S", "-s"]).arg(&secret).arg("-m").arg(&file).arg("-x").arg(&signature);
        if dice.roll(3) == 0 {
            sign.arg("-l");
        }
        must(sign.args(["-t", dice.pick(&["", "a comment", "t:1\tf:x", "ünï"])]))?;
        let good = fs::read(&signature)?;
        ensure!(
            accepts(&key, &good, &content),
            "refused what minisign signed: {}",
            String::from_utf8_lossy(&good)
        );
        for _ in 0..CHANGED {
            let changed = mutate(dice, &good);
            if !accepts(&key, &changed, &content) {
                continue;
            }
            write(&signature, &changed)?;
            let mut verify = Command::new("minisign");
            verify.args(["-V", "-p"]).arg(&public).arg("-m").arg(&file).arg("-x").arg(&signature);
            let theirs = output(&mut verify)?.status.success();
            ensure!(theirs, "accepted what minisign refuses: {:?}", String::from_utf8_lossy(&changed));
            accepted += 1;
        }
    }
    println!(
        "minisign: {SIGNED} signatures accepted, {} changed ones: {accepted} accepted by both, none here alone",
        SIGNED * CHANGED
    );
    Ok(())
}

fn accepts(key: &[u8], signature: &[u8], file: &[u8]) -> bool {
    let verified = || {
        let key = PublicKey::parse(key).context("key")?;
        let signature = Signature::parse(signature)?;
        let mut verifier = Verifier::new(&signature, &key, Legacy::UpTo(1 << 20))?;
        file.chunks(100).for_each(|piece| verifier.update(piece));
        anyhow::Ok(verifier.finish()?)
    };
    verified().is_ok()
}
