//! Rules about what an `.envrc` does: one folder a rule, `mod.rs` (the check), `doc.md` (its page), `cases/` (files with
//! expected findings; `README.md` describes them).

#[path = "envrc-computed-code/mod.rs"]
pub mod computed_code;
#[path = "envrc-direnv-internals/mod.rs"]
pub mod direnv_internals;
#[path = "envrc-exfiltration/mod.rs"]
pub mod exfiltration;
#[path = "envrc-hidden-code/mod.rs"]
pub mod hidden_code;
#[path = "envrc-hidden-text/mod.rs"]
pub mod hidden_text;
#[path = "envrc-hides-traces/mod.rs"]
pub mod hides_traces;
#[path = "envrc-hijack-variable/mod.rs"]
pub mod hijack_variable;
#[path = "envrc-identity/mod.rs"]
pub mod identity;
#[path = "envrc-loaded-file/mod.rs"]
pub mod loaded_file;
#[path = "envrc-network/mod.rs"]
pub mod network;
#[path = "envrc-option-command/mod.rs"]
pub mod option_command;
#[path = "envrc-persistence/mod.rs"]
pub mod persistence;
#[path = "envrc-privilege/mod.rs"]
pub mod privilege;
#[path = "envrc-redirected-service/mod.rs"]
pub mod redirected_service;
#[path = "envrc-remote-code/mod.rs"]
pub mod remote_code;
#[path = "envrc-repository-code/mod.rs"]
pub mod repository_code;
#[path = "envrc-secret/mod.rs"]
pub mod secret;
#[path = "envrc-shadowed-tool/mod.rs"]
pub mod shadowed_tool;
#[path = "envrc-trust-store/mod.rs"]
pub mod trust_store;
#[path = "envrc-unreadable/mod.rs"]
pub mod unreadable;

mod set;

use proofmark_core::{RuleMeta, RuleStatus, Severity};

use crate::audit::{Audit, Hits};

/// A check of one rule.
type Check = fn(&Audit<'_>, &mut Hits<'_>);

/// The rules of this crate, in the order of the documentation.
pub const RULES: &[&RuleMeta] = &[
    &unreadable::META,
    &hidden_text::META,
    &remote_code::META,
    &exfiltration::META,
    &network::META,
    &hidden_code::META,
    &computed_code::META,
    &option_command::META,
    &hijack_variable::META,
    &redirected_service::META,
    &trust_store::META,
    &identity::META,
    &shadowed_tool::META,
    &direnv_internals::META,
    &loaded_file::META,
    &repository_code::META,
    &persistence::META,
    &hides_traces::META,
    &privilege::META,
    &secret::META,
];

/// What is checked, beside whether the file can be read at all.
pub(crate) const CHECKS: &[(&RuleMeta, Check)] = &[
    (&hidden_text::META, hidden_text::check),
    (&remote_code::META, remote_code::check),
    (&exfiltration::META, exfiltration::check),
    (&network::META, network::check),
    (&hidden_code::META, hidden_code::check),
    (&computed_code::META, computed_code::check),
    (&option_command::META, option_command::check),
    (&hijack_variable::META, hijack_variable::check),
    (&redirected_service::META, redirected_service::check),
    (&trust_store::META, trust_store::check),
    (&identity::META, identity::check),
    (&shadowed_tool::META, shadowed_tool::check),
    (&direnv_internals::META, direnv_internals::check),
    (&loaded_file::META, loaded_file::check),
    (&repository_code::META, repository_code::check),
    (&persistence::META, persistence::check),
    (&hides_traces::META, hides_traces::check),
    (&privilege::META, privilege::check),
    (&secret::META, secret::check),
];

/// A rule about what a file does: judged from files alone.
const fn meta(
    id: &'static str,
    summary: &'static str,
    doc: &'static str,
    severity: Severity,
    threats: &'static [&'static str],
) -> RuleMeta {
    RuleMeta {
        id,
        summary,
        doc,
        severity,
        threats,
        reasons: &[],
        online: false,
        since: "0.1.0",
        status: RuleStatus::Preview,
    }
}
