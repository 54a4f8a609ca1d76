//! Which pins a tool is held to.

use proofmark_core::Platform;
use proofmark_lock::{Lock, Pin};

use super::Refusal;

/// The pins of a tool for a platform: every version that is pinned, or the one that is asked for. Those whose executable nobody looked at
/// are left out.
///
/// # Errors
/// There is none, and what there is instead; never empty.
pub fn select<'a>(
    lock: &'a Lock,
    tool: &str,
    version: Option<&str>,
    platform: &Platform,
) -> Result<Vec<&'a Pin>, Refusal> {
    let platform = platform.normalised();
    let of_tool: Vec<&Pin> = lock.pins().filter(|pin| pin.tool == tool).collect();
    if of_tool.is_empty() {
        return Err(Refusal::NoTool { tool: tool.to_owned(), near: near(lock, tool) });
    }
    let right = |pin: &&&Pin| version.is_none_or(|version| pin.version == version);
    let of_version: Vec<&Pin> = of_tool.iter().filter(right).copied().collect();
    if let Some(version) = version.filter(|_| of_version.is_empty()) {
        let have = listed(of_tool.iter().map(|pin| pin.version.clone()));
        return Err(Refusal::NoVersion { tool: tool.to_owned(), version: version.to_owned(), have });
    }
    let (here, elsewhere): (Vec<&Pin>, Vec<&Pin>) =
        of_version.into_iter().partition(|pin| pin.platform.normalised() == platform);
    if here.is_empty() {
        let have = listed(elsewhere.iter().map(|pin| pin.platform.to_string()));
        return Err(Refusal::NoPlatform { tool: tool.to_owned(), platform: platform.to_string(), have });
    }
    let versions = listed(here.iter().map(|pin| pin.version.clone()));
    let known: Vec<&Pin> = here.into_iter().filter(|pin| pin.executable.is_some()).collect();
    if known.is_empty() {
        return Err(Refusal::NotLookedAt { tool: tool.to_owned(), versions });
    }
    Ok(known)
}

/// In the order of the lock, each once.
fn listed(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut listed: Vec<String> = Vec::new();
    for text in texts {
        if !listed.contains(&text) {
            listed.push(text);
        }
    }
    listed
}

/// A name of the lock that differs in its case, or by one character more or less at its end.
fn near(lock: &Lock, tool: &str) -> Option<String> {
    let alike = |pin: &&Pin| {
        pin.tool.eq_ignore_ascii_case(tool) || strsim::osa_distance(&pin.tool, tool) == 1 && tool.len() > 2
    };
    lock.pins().find(alike).map(|pin| pin.tool.clone())
}
