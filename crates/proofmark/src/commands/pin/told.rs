//! Why a tool is not run, as every error of the command line is told.

use proofmark_core::ReasonKind;
use proofmark_engine::Exit;
use proofmark_pin::exec::Refusal;

use crate::failure::Failure;

/// The error of a refusal; it ends as the reason of the refusal does.
pub(super) fn told(refusal: &Refusal, tool: &str) -> Failure {
    let (text, help) = (refusal.to_string(), refusal.help(tool));
    let failure = match refusal {
        Refusal::NoTool { .. } | Refusal::NoVersion { .. } | Refusal::NoPlatform { .. } => {
            Failure::unverifiable("tool-not-pinned", text, help)
        }
        Refusal::NotLookedAt { .. } => Failure::unverifiable("pin-incomplete", text, help),
        Refusal::NotFound { .. } => Failure::unverifiable("tool-not-found", text, help),
        Refusal::Owner { .. } | Refusal::Writable { .. } => {
            Failure::unverifiable("tool-writable", text, help)
        }
        Refusal::NotAFile { .. }
        | Refusal::NotExecutable { .. }
        | Refusal::Setuid { .. }
        | Refusal::NotAProgram { .. } => Failure::unverifiable("tool-not-a-program", text, help),
        Refusal::Mismatch { .. } => Failure::unverifiable("tool-mismatch", text, help),
        Refusal::Rejected { .. } | Refusal::Policy { .. } | Refusal::NoQuestion => {
            Failure::unverifiable("tool-not-accepted", text, help)
        }
        Refusal::NotRun { .. } | Refusal::ZeroByte { .. } | Refusal::Unsupported => {
            Failure::unverifiable("tool-not-run", text, help)
        }
        _ => Failure::unverifiable("tool-unreadable", text, help),
    };
    let exit = match refusal.reason().kind() {
        ReasonKind::Fail => Exit::Failed,
        ReasonKind::Unverifiable => Exit::Unverifiable,
    };
    Failure { exit, ..failure }
}
