//! `pin-unsigned`: those whom the policy names have signed what is pinned.

use proofmark_core::{
    Evidence, Finding, Observation, Reason, Refusal, RuleMeta, RuleStatus, Severity, Timestamp,
};
use proofmark_lock::unpack::ArchiveKind;
use proofmark_lock::{Over, Pin};

use crate::demand::{Demand, Wanted};
use crate::{Miss, Proof, Rejection, Signed, Verified, judge, told};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "pin-unsigned",
    summary: "Those whom the policy names have signed the executable, its archive, or the list of checksums in which it stands.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.2"],
    reasons: &[
        Reason::Unsigned,
        Reason::Threshold,
        Reason::WrongKey,
        Reason::WrongIdentity,
        Reason::WrongSubject,
        Reason::Tampered,
        Reason::Expired,
        Reason::Revoked,
        Reason::Malformed,
        Reason::UntrustedRoot,
        Reason::NoTransparency,
        Reason::NoTime,
        Reason::Limit,
        Reason::Unsupported,
    ],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// One command that mends it.
const HELP: &str = "pin it anew with its signature; if its vendor signs nothing, say so in allowlists/binaries.toml: unsigned = \"why\"";

/// What the lock keeps of a pin, without the executable: refused if no signature that is not computed yet could mend it.
pub(crate) fn by_lock(pin: &Pin, demand: &Demand<'_>, now: Timestamp) -> Option<Finding> {
    let Wanted::Signed { authority, enough, text } = &demand.wanted else { return None };
    let told = told(pin, authority, now);
    if told.open > 0 || enough(&told.signed) {
        return None;
    }
    Some(judge::refused(&META, pin, wanting(pin, demand, text, &told.signed, &told.misses)))
}

/// Signatures that are too few, or none.
pub(crate) fn wanting(
    pin: &Pin,
    demand: &Demand<'_>,
    text: &str,
    signed: &[Signed],
    misses: &[Miss],
) -> Refusal {
    let (reason, message) = match (signed, misses.first(), &pin.unsigned) {
        ([_, ..], _, _) => (Reason::Threshold, "too few of those who must have signed it have".to_owned()),
        ([], Some(miss), _) => (miss.why.reason(), miss.to_string()),
        ([], None, Some(why)) => {
            (Reason::Unsigned, format!("the lock has no signature for it, and says why: {why}"))
        }
        ([], None, None) => (Reason::Unsigned, "the lock has no signature for it".to_owned()),
    };
    Refusal::new(reason, message, HELP).expecting(demand.expecting(text)).observing(observed(signed, misses))
}

fn observed(signed: &[Signed], misses: &[Miss]) -> Vec<Observation> {
    let right = signed.iter().map(|one| Observation::new(words(one)));
    let wrong = misses
        .iter()
        .map(|miss| Observation { reason: Some(miss.why.reason()), ..Observation::new(miss.to_string()) });
    right.chain(wrong).collect()
}

/// What was read is what is pinned, and verification says no.
pub(crate) fn rejected(pin: &Pin, demand: &Demand<'_>, rejection: &Rejection) -> Refusal {
    match (rejection, &demand.wanted) {
        (Rejection::Unsigned { misses, .. }, Wanted::Signed { text, .. }) => {
            let refusal = wanting(pin, demand, text, &[], misses);
            let message = format!(
                "it is what the lock pins, and the lock itself is not to be believed: {}",
                refusal.message
            );
            Refusal { message, ..refusal }
        }
        (other, _) => Refusal::new(other.reason(), other.to_string(), HELP),
    }
}

/// What a verified executable rests on beside its hash, if that is what the policy asks for.
pub(crate) fn proof(
    pin: &Pin,
    demand: &Demand<'_>,
    verified: &Verified,
) -> Result<Vec<Evidence>, Box<Refusal>> {
    match (&demand.wanted, &verified.proof) {
        (Wanted::Nobody(why), _) => {
            Ok(vec![Evidence::new("lock-alone", format!("no signature is asked for: {why}"))])
        }
        (Wanted::Signed { enough, .. }, Proof::Signed(signed)) if enough(signed) => {
            Ok(signed.iter().map(|one| evidence(pin, one)).collect())
        }
        (Wanted::Signed { text, .. }, Proof::Signed(signed)) => {
            Err(Box::new(wanting(pin, demand, text, signed, &verified.misses)))
        }
        (Wanted::Signed { text, .. }, Proof::ArchiveAlone) => {
            let message = "its signature is over the archive, which is not here: it was computed when the pin was added, and not since";
            let help = "unsigned = \"…\" in allowlists/binaries.toml says that this is accepted";
            let refusal = Refusal::new(Reason::Unsupported, message, help).expecting(demand.expecting(text));
            Err(Box::new(refusal))
        }
        (Wanted::Signed { text, .. }, Proof::Unsigned(_)) => {
            Err(Box::new(wanting(pin, demand, text, &[], &verified.misses)))
        }
    }
}

/// Whether those who must have signed it signed these bytes, and not an archive of which the lock alone says what is in it: such bytes
/// are the vendor's, whoever wrote the lock.
pub(crate) fn binds(pin: &Pin, demand: &Demand<'_>, verified: &Verified) -> bool {
    let (Wanted::Signed { enough, .. }, Proof::Signed(signed)) = (&demand.wanted, &verified.proof) else {
        return false;
    };
    let these = |one: &&Signed| one.over == Over::Executable || pin.archive == ArchiveKind::None;
    enough(&signed.iter().filter(these).cloned().collect::<Vec<Signed>>())
}

/// What a signature says of the executable, and what it leaves to the lock.
pub(crate) fn evidence(pin: &Pin, one: &Signed) -> Evidence {
    let packed = pin.archive != ArchiveKind::None;
    let summary = match one.over {
        Over::Archive | Over::Checksums if packed => {
            format!("{}; which executable is in the archive, the lock alone says", words(one))
        }
        Over::Executable | Over::Archive | Over::Checksums => words(one),
    };
    let evidence =
        Evidence::new("signature", summary).with("signer", one.by.clone()).with("identity", one.with.clone());
    match one.made {
        Some(made) => evidence.with("made", made.to_string()),
        None => evidence,
    }
}

fn words(one: &Signed) -> String {
    let what = match one.over {
        Over::Executable => "the executable",
        Over::Archive => "the archive",
        Over::Checksums => "the list of checksums",
    };
    format!("{} ({}) signed {what}", one.by, one.with)
}
