//! `pin-mismatch`: an executable is the one that is pinned.

use proofmark_core::{
    Digest, Observation, Origin, Platform, Reason, Refusal, RuleMeta, RuleStatus, Severity,
};
use proofmark_lock::Pin;
use proofmark_lock::unpack::ArchiveKind;

use crate::demand::name_of;
use crate::judge::Look;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "pin-mismatch",
    summary: "An executable has the SHA-256 that the lock pins.",
    doc: include_str!("doc.md"),
    severity: Severity::Critical,
    threats: &["T3.2"],
    reasons: &[Reason::DigestMismatch, Reason::Unreachable, Reason::Unsupported],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// Pins of which the values are shown.
const MAX_SHOWN: usize = 8;

/// The answer for an executable that is named like `pins`, and is none of them.
pub(crate) fn refusal(
    look: &dyn Look,
    digest: &Digest,
    pins: &[&Pin],
    host: Option<&Platform>,
) -> (&'static RuleMeta, Refusal, Option<Origin>) {
    let mut here: Vec<&Pin> = pins.iter().filter(|pin| host == Some(&pin.platform)).copied().collect();
    if here.is_empty() {
        here = pins.to_vec();
    }
    let at = here.first().and_then(|pin| pin.origin.clone());
    let found = format!("SHA-256 {}, {} bytes", digest.hex(), look.size());
    let refusal = if let Some(pin) = pins.iter().find(|pin| pin.sha256 == *digest) {
        Refusal::new(
            Reason::DigestMismatch,
            format!("it is the archive of {}, not the executable in it", name_of(pin)),
            "verify the executable that was installed from it",
        )
    } else if here.iter().all(|pin| sha256(pin).is_none()) {
        Refusal::new(
            Reason::Unsupported,
            format!(
                "{} is pinned by its archive alone: what the executable in it is, nobody looked at yet",
                look.tool()
            ),
            "pin it anew from its archive, so that the lock holds executable-sha256",
        )
    } else {
        Refusal::new(
            Reason::DigestMismatch,
            format!("it is not the {} that is pinned: {}", look.tool(), likeliest(look, &here)),
            "install the pinned version again; if this one was meant, pin it in a request that is reviewed",
        )
    };
    let expected = here.iter().take(MAX_SHOWN).map(|pin| {
        let size = size(pin).map(|size| format!(", {size} bytes")).unwrap_or_default();
        let known = sha256(pin).map(|digest| format!("SHA-256 {}{size}", digest.hex()));
        let known = known.unwrap_or_else(|| "its executable is not known".to_owned());
        Observation::new(format!("pinned: {}: {known}", name_of(pin)))
    });
    let observed = std::iter::once(Observation::new(format!("found: {found}"))).chain(expected);
    (&META, refusal.observing(observed.collect::<Vec<_>>()), at)
}

/// The executable's SHA-256; that of a download that is the executable itself is the download's.
fn sha256(pin: &Pin) -> Option<&Digest> {
    let raw = (pin.archive == ArchiveKind::None).then_some(&pin.sha256);
    pin.executable.as_ref().map(|one| &one.sha256).or(raw)
}

/// The executable's length, as [`sha256`].
fn size(pin: &Pin) -> Option<u64> {
    let raw = pin.size.filter(|_| pin.archive == ArchiveKind::None);
    pin.executable.as_ref().map(|one| one.size).or(raw)
}

/// What such a difference comes from most often.
fn likeliest(look: &dyn Look, pins: &[&Pin]) -> &'static str {
    if pins.iter().any(|pin| size(pin) == Some(look.size())) {
        return "it has the pinned length and other bytes, as after a change in place";
    }
    match look.tool() {
        "op" => "another version, as `op update` or a package manager installs it, or somebody replaced it",
        _ => "another version, as a package manager installs it, or somebody replaced it",
    }
}
