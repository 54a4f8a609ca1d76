//! The only reader of the environment and the clock.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the one door to the environment and the clock"
)]

use std::ffi::OsString;
use std::path::PathBuf;

use proofmark_core::{Clock, Timestamp};
use proofmark_envrc::store::Variables;

use crate::direnv::bytes_of;

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Whole seconds: what a report shows is then exactly the time that was judged at.
        let now = Timestamp::now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }
}

/// A variable that is set and not empty.
fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn text(name: &str) -> Option<String> {
    std::env::var_os(name)
        .and_then(|value: OsString| value.into_string().ok())
        .filter(|value| !value.is_empty())
}

/// Other than everywhere else a relative path counts here, as direnv takes it.
fn direnv() -> Variables {
    let bytes = |name: &str| std::env::var_os(name).map(|value| bytes_of(&value));
    Variables {
        home: bytes("HOME"),
        direnv_config: bytes("DIRENV_CONFIG"),
        config_home: bytes("XDG_CONFIG_HOME"),
        data_home: bytes("XDG_DATA_HOME"),
        cache_home: bytes("XDG_CACHE_HOME"),
        direnv_bash: bytes("DIRENV_BASH"),
    }
}

/// Every variable, for a process that gets them.
pub(crate) fn variables() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// What the environment says. Every variable that proofmark reads is a field here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// `USER`, else `LOGNAME`: who approves a base image, unless it is said.
    pub(crate) user: Option<String>,
    /// `HOME`.
    pub(crate) home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, else `$HOME/.config`: Podman's credentials.
    pub(crate) config_home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`, else `$HOME/.cache`.
    pub(crate) cache_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`, else `$HOME/.local/state`.
    pub(crate) state_home: Option<PathBuf>,
    /// `XDG_DATA_HOME`, else `$HOME/.local/share`: shims.
    pub(crate) data_home: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`: Podman's credentials.
    pub(crate) runtime_dir: Option<PathBuf>,
    /// `DOCKER_CONFIG`: the directory with Docker's config.json.
    pub(crate) docker_config: Option<PathBuf>,
    /// `REGISTRY_AUTH_FILE`: Podman's credentials.
    pub(crate) registry_auth_file: Option<PathBuf>,
    /// `http_proxy` or `HTTP_PROXY`.
    pub(crate) http_proxy: Option<String>,
    /// `https_proxy` or `HTTPS_PROXY`.
    pub(crate) https_proxy: Option<String>,
    /// `no_proxy` or `NO_PROXY`.
    pub(crate) no_proxy: Option<String>,
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub(crate) no_color: bool,
    /// `CLICOLOR_FORCE` is set, and not `0`.
    pub(crate) force_color: bool,
    /// `TERM` is `dumb`.
    pub(crate) dumb_terminal: bool,
    /// `CI` is set, and not `false`.
    pub(crate) ci: bool,
    /// Credential files that stand for all of a user's: those of a node.
    pub(crate) credential_files: Option<Vec<PathBuf>>,
    /// What direnv looks at, as it does: `HOME`, `DIRENV_CONFIG`, `DIRENV_BASH`, `XDG_CONFIG_HOME`, `XDG_DATA_HOME`,
    /// `XDG_CACHE_HOME`.
    pub(crate) direnv: Variables,
    /// `PWD`: the working directory by the name under which it was entered, which is direnv's.
    pub(crate) pwd: Option<PathBuf>,
    /// `PATH`: where credential helpers are looked for.
    pub(crate) path: Option<OsString>,
}

impl Environment {
    /// Reads the process's environment once.
    pub(crate) fn read() -> Self {
        let home = path("HOME");
        let below_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
        Self {
            user: text("USER").or_else(|| text("LOGNAME")),
            config_home: path("XDG_CONFIG_HOME")
                .filter(|p| p.is_absolute())
                .or_else(|| below_home(".config")),
            cache_home: path("XDG_CACHE_HOME").filter(|p| p.is_absolute()).or_else(|| below_home(".cache")),
            state_home: path("XDG_STATE_HOME")
                .filter(|p| p.is_absolute())
                .or_else(|| below_home(".local/state")),
            data_home: path("XDG_DATA_HOME")
                .filter(|p| p.is_absolute())
                .or_else(|| below_home(".local/share")),
            runtime_dir: path("XDG_RUNTIME_DIR"),
            docker_config: path("DOCKER_CONFIG"),
            registry_auth_file: path("REGISTRY_AUTH_FILE"),
            http_proxy: text("http_proxy").or_else(|| text("HTTP_PROXY")),
            https_proxy: text("https_proxy").or_else(|| text("HTTPS_PROXY")),
            no_proxy: text("no_proxy").or_else(|| text("NO_PROXY")),
            no_color: text("NO_COLOR").is_some(),
            force_color: text("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb_terminal: text("TERM").is_some_and(|value| value == "dumb"),
            ci: text("CI").is_some_and(|value| value != "false"),
            credential_files: None,
            direnv: direnv(),
            pwd: path("PWD"),
            path: std::env::var_os("PATH"),
            home,
        }
    }
}
