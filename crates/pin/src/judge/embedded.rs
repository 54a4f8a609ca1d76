//! What a program carries of the lock that it was built from, beside the lock and the policy of today.

use proofmark_core::{Finding, Observation, Reason, Refusal, Timestamp};
use proofmark_lock::{FILE_NAME, Lock, Pin};

use super::lock::one;
use super::refused;
use crate::demand::{Demand, name_of};
use crate::rules::lock_drift;

/// Judges what a program carries: a verdict for each pin, as the same pin would get in the lock, and none that the lock of today does
/// not hold.
pub fn embedded(carried: &Lock, lock: &Lock, demands: &[Demand<'_>], now: Timestamp) -> Vec<Finding> {
    let judged = carried.pins().flat_map(|pin| match drift(pin, lock) {
        Some(refusal) => vec![refused(&lock_drift::META, pin, refusal)],
        None => one(pin, demands, now),
    });
    judged.collect()
}

fn drift(pin: &Pin, lock: &Lock) -> Option<Refusal> {
    let Some(now) = lock.pin(&pin.tool, &pin.version, &pin.platform) else {
        return Some(Refusal::new(
            Reason::NotListed,
            format!("the program carries {}, which {FILE_NAME} does not pin", name_of(pin)),
            "build it again from the lock of today, or name the lock that it was built from: its policy, of that revision",
        ));
    };
    // The build fills in which executable came out of an archive that only a list had pinned.
    let executable = now.executable.is_none() || now.executable == pin.executable;
    if now.sha256 == pin.sha256 && executable {
        return None;
    }
    let shown = |whose: &str, pin: &Pin| {
        let executable = pin.executable.as_ref().map_or("none", |executable| executable.sha256.hex());
        Observation::new(format!("{whose}: sha256 {}, executable-sha256 {executable}", pin.sha256.hex()))
    };
    let message = format!("the program carries another {} than {FILE_NAME} pins", name_of(pin));
    let help = "find out who changed the lock since it was built; then build it again";
    let refusal = Refusal::new(Reason::DigestMismatch, message, help);
    Some(refusal.observing([shown("the program", pin), shown("the lock", now)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"version = 1

[[pin]]
tool = "agent"
version = "1.4.0"
platform = "linux/amd64"
url = "https://tools.example/agent.tar.gz"
sha256 = "6fba7f376b6c6dec49f41b06408930a43ad064cce103c6a2ce5b3d0413a86434"
archive = "tar.gz"
member = "agent"
executable-sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
executable-size = 27000
mode = "0755"
unsigned = "of a test"
added = 2026-11-27
by = "alice"
"#;

    fn lock(text: &str) -> Lock {
        Lock::parse(text.as_bytes(), "proofmark.lock").unwrap()
    }

    fn reason(carried: &str, lock_text: &str) -> Option<Reason> {
        let (carried, lock) = (lock(carried), lock(lock_text));
        carried.pins().find_map(|pin| drift(pin, &lock)).map(|refusal| refusal.reason)
    }

    #[test]
    fn what_the_lock_of_today_pins_differently() {
        assert_eq!(reason(TEXT, TEXT), None);
        let other = TEXT.replace("\"1111", "\"2222");
        assert_eq!(reason(TEXT, &other), Some(Reason::DigestMismatch));
        assert_eq!(reason(TEXT, &TEXT.replace("\"6fba", "\"7fba")), Some(Reason::DigestMismatch));
        assert_eq!(reason(TEXT, &TEXT.replace("1.4.0", "1.5.0")), Some(Reason::NotListed));
        assert_eq!(reason(TEXT, &TEXT.replace("linux", "darwin")), Some(Reason::NotListed));
        // Pinned by a list alone, unpacked by the build.
        let unpacked = |line: &&str| !line.starts_with("executable-");
        let list = TEXT.lines().filter(unpacked).collect::<Vec<_>>().join("\n");
        assert_eq!((reason(TEXT, &list), reason(&list, TEXT)), (None, Some(Reason::DigestMismatch)));
        assert_eq!(embedded(&lock(TEXT), &lock(TEXT), &[], Timestamp::UNIX_EPOCH).len(), 1);
    }
}
