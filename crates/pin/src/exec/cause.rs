//! What a file is that is not the pinned one.

use proofmark_core::Digest;
use proofmark_lock::{Lock, Pin};

use super::Kind;
use super::refusal::Cause;

/// The likeliest cause, by what the lock knows of other files. `pins` are those that it should have been.
pub(super) fn likeliest(lock: &Lock, pins: &[&Pin], size: u64, kind: &Kind, found: Option<&Digest>) -> Cause {
    let is = |digest: &Digest| found == Some(digest);
    let other = lock.pins().find(|pin| pin.executable.as_ref().is_some_and(|file| is(&file.sha256)));
    if let Some(Pin { tool, version, platform, .. }) = other {
        let (tool, version, platform) = (tool.clone(), version.clone(), platform.to_string());
        return Cause::OtherPin { tool, version, platform };
    }
    if let Some(Pin { tool, version, .. }) = lock.pins().find(|pin| is(&pin.sha256)) {
        return Cause::Archive { tool: tool.clone(), version: version.clone() };
    }
    if let Kind::Elf(Some(machine)) = kind {
        let fits = |pin: &&Pin| pin.platform.normalised().architecture == *machine;
        if !pins.iter().any(fits) {
            return Cause::Machine { machine };
        }
    }
    let sizes = || pins.iter().filter_map(|pin| pin.executable.as_ref().map(|file| file.size));
    match sizes().min() {
        Some(expected) if size < expected => Cause::Short { found: size, expected },
        _ if sizes().any(|pinned| pinned == size) => Cause::Changed,
        _ => Cause::Updated,
    }
}
