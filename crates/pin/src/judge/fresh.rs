//! An executable that was just unpacked, with its archive at hand: judged as it will be wherever it is installed, and by the signatures over
//! the archive too.

use std::io::Read;

use proofmark_core::{Evidence, Platform, Reason, Refusal, Timestamp};
use proofmark_lock::Pin;

use super::Look;
use super::executable::verified;
use crate::demand::{Demand, Wanted};
use crate::rules::{downgrade, unsigned};
use crate::{Proof, Rejection, archive_signed};

/// What it rests on, if it is the pin's and what the policy asks for. `question` is how it is asked for its version.
pub(crate) fn accepted(
    pin: &Pin,
    demand: &Demand<'_>,
    (look, archive): (&dyn Look, &mut dyn Read),
    (host, question): (Option<&Platform>, Option<&[String]>),
    now: Timestamp,
) -> Result<Vec<Evidence>, Box<Refusal>> {
    let unread = |error: &std::io::Error| {
        let message = format!("the executable cannot be read: {error}");
        Box::new(Refusal::new(Reason::Unreachable, message, "try again where it can be written and read"))
    };
    let verified = match verified(pin, Some(demand), look, now).map_err(|error| unread(&error))? {
        Ok(verified) => verified,
        Err(rejection @ (Rejection::Mismatch { .. } | Rejection::Length { .. })) => {
            let help = "pin it anew: the lock gives this archive another executable than is in it";
            return Err(Box::new(Refusal::new(rejection.reason(), rejection.to_string(), help)));
        }
        Err(rejection) => return Err(Box::new(unsigned::rejected(pin, demand, &rejection))),
    };
    let mut evidence = match (&demand.wanted, &verified.proof) {
        (Wanted::Signed { authority, enough, text }, Proof::ArchiveAlone) => {
            let told = archive_signed(pin, authority, archive, now).map_err(|error| unread(&error))?;
            if !enough(&told.signed) {
                return Err(Box::new(unsigned::wanting(pin, demand, text, &told.signed, &told.misses)));
            }
            told.signed.iter().map(|one| unsigned::evidence(pin, one)).collect()
        }
        _ => unsigned::proof(pin, demand, &verified)?,
    };
    let binds = unsigned::binds(pin, demand, &verified);
    evidence.extend(downgrade::asked(look, pin, host, binds, question)?);
    Ok(evidence)
}
