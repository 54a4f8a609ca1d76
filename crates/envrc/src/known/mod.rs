//! What rules know of programs and variables, as tables.

mod believed;
pub(crate) mod git;
pub(crate) mod hosts;
pub(crate) mod interpreters;
pub(crate) mod network;
pub(crate) mod programs;
pub(crate) mod secrets;
mod services;
pub(crate) mod stdlib;
pub(crate) mod variables;
pub(crate) mod wrappers;

/// Code that is run by this is read by a shell.
pub(crate) fn runs_shell(by: &str) -> bool {
    interpreters::is_shell(by)
        || wrappers::wrapper(by).is_some()
        || matches!(
            by,
            "eval"
                | "source"
                | "."
                | "trap"
                | "layout"
                | "alias"
                | "compgen"
                | "mapfile"
                | "source_env"
                | "source_env_if_exists"
        )
}
