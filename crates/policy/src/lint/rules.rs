//! What is known of each lint before it runs. Its page stands beside, in a folder of its name.

use proofmark_core::{RuleMeta, RuleStatus, Severity};

pub(crate) const SPANS_OWNERS: &str = "policy-identity-spans-owners";
pub(crate) const CI_OPEN: &str = "policy-ci-signer-open";
pub(crate) const DOT: &str = "policy-regex-dot";
/// A trusted root was fetched long ago.
pub const ROOT_OLD: &str = "policy-root-old";
pub(crate) const ROOT_EXPIRED: &str = "policy-root-expired";
pub(crate) const UNBOUND: &str = "policy-entry-unbound";
pub(crate) const CANNOT_FAIL: &str = "policy-cannot-fail";
pub(crate) const GROUP_WRITABLE: &str = "policy-group-writable";
pub(crate) const ROOT_SHADOWS: &str = "policy-root-replaces-built-in";
pub(crate) const ROOT_OLDER: &str = "policy-root-older-than-built-in";
pub(crate) const META_MISSING: &str = "policy-root-undescribed";
pub(crate) const EXCEPTION_EXPIRED: &str = "policy-exception-expired";
pub(crate) const NO_REGISTRY: &str = "policy-no-registry";
pub(crate) const UNREAD: &str = "policy-list-unread";
pub(crate) const CHANGED: &str = "policy-changed";

/// A lint that needs no network and gives no verdict, and so no reason.
macro_rules! lint {
    ($id:expr, $folder:literal, $severity:ident, $threats:expr, $summary:literal) => {{
        static META: RuleMeta = RuleMeta {
            id: $id,
            summary: $summary,
            doc: include_str!(concat!($folder, "/doc.md")),
            severity: Severity::$severity,
            threats: $threats,
            reasons: &[],
            online: false,
            since: "0.1.0",
            status: RuleStatus::Stable,
        };
        &META
    }};
}

/// The rules about the policy itself, in the order of the documentation; what loading finds is included.
pub const RULES: &[&RuleMeta] = &[
    lint!(
        SPANS_OWNERS,
        "policy-identity-spans-owners",
        High,
        &["T3.1", "T1.2"],
        "Every identity pattern names one owner."
    ),
    lint!(
        CI_OPEN,
        "policy-ci-signer-open",
        High,
        &["T3.1", "T1.2"],
        "Every CI signer says whose repository ran the workflow."
    ),
    lint!(DOT, "policy-regex-dot", Medium, &["T3.1"], "No `identity-regex` has a lone unescaped dot."),
    lint!(
        ROOT_OLD,
        "policy-root-old",
        Medium,
        &["T3.1"],
        "No trusted root is known to be older than 180 days."
    ),
    lint!(
        ROOT_EXPIRED,
        "policy-root-expired",
        High,
        &["T3.1"],
        "Every trusted root has a valid member of each kind that it holds."
    ),
    lint!(
        UNBOUND,
        "policy-entry-unbound",
        Low,
        &["T3.1"],
        "An entry over several repositories binds each signature to one."
    ),
    lint!(
        CANNOT_FAIL,
        "policy-cannot-fail",
        High,
        &["T2.2", "T3.1"],
        "At least one entry refuses what a stranger signed."
    ),
    lint!(GROUP_WRITABLE, "policy-group-writable", Low, &["T2.2"], "No group may write to the policy."),
    lint!(
        ROOT_SHADOWS,
        "policy-root-replaces-built-in",
        Info,
        &["T2.2"],
        "No file takes the place of a built-in trusted root."
    ),
    lint!(
        ROOT_OLDER,
        "policy-root-older-than-built-in",
        Medium,
        &["T2.2", "T3.1"],
        "No file that replaces a built-in trusted root is older than it."
    ),
    lint!(
        META_MISSING,
        "policy-root-undescribed",
        Low,
        &["T2.2"],
        "Every root and key file says where it came from and when."
    ),
    lint!(EXCEPTION_EXPIRED, "policy-exception-expired", Low, &["T2.2"], "No exception has ended."),
    lint!(NO_REGISTRY, "policy-no-registry", Low, &["T3.1"], "The policy lists a registry."),
    lint!(
        UNREAD,
        "policy-list-unread",
        Medium,
        &["T2.2", "T3.1"],
        "Every list among the allowlists is in effect."
    ),
    lint!(
        CHANGED,
        "policy-changed",
        High,
        &["T2.2"],
        "A request leaves the policy that judges it as it is, or only tightens it."
    ),
];
