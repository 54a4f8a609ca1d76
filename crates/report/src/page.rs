//! Where the documentation of a rule or a reason stands.

use proofmark_core::{Finding, Reason, RuleMeta};

/// Something that has a page of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// A rule, by its identifier.
    Rule(&'static str),
    /// A reason.
    Reason(Reason),
}

impl From<&'static RuleMeta> for Page {
    fn from(rule: &'static RuleMeta) -> Self {
        Self::Rule(rule.id)
    }
}

impl From<Reason> for Page {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

/// The page's path from the repository's root: `docs/rules/<id>.md` or `docs/reasons/<name>.md`.
pub fn docs_url(page: impl Into<Page>) -> String {
    match page.into() {
        Page::Rule(id) => format!("docs/rules/{id}.md"),
        Page::Reason(reason) => format!("docs/reasons/{reason}.md"),
    }
}

/// The command that prints the page, wherever the program is installed.
pub fn explain_command(page: impl Into<Page>) -> String {
    match page.into() {
        Page::Rule(id) => format!("proofmark explain {id}"),
        Page::Reason(reason) => format!("proofmark explain {reason}"),
    }
}

/// The page that helps most with a row: its reason's, else its rule's.
pub fn page_of(row: &Finding) -> Page {
    row.reason.map_or(Page::Rule(row.rule.id), Page::Reason)
}

/// The page on the web, for readers that have no checkout: SARIF's `helpUri` must be absolute.
pub(crate) fn web_url(page: impl Into<Page>) -> String {
    format!("{}/blob/main/{}", env!("CARGO_PKG_REPOSITORY"), docs_url(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_fixed_places() {
        assert_eq!(docs_url(Page::Rule("image-signature")), "docs/rules/image-signature.md");
        assert_eq!(docs_url(Reason::WrongKey), "docs/reasons/wrong-key.md");
        assert!(web_url(Reason::WrongKey).starts_with("https://"));
    }
}
