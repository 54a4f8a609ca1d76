//! Where direnv keeps its files, as it finds them itself.

use thiserror::Error;

use super::path::join;

/// The variables that decide. One that is empty counts as unset, as in direnv.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// `HOME`
    pub home: Option<Vec<u8>>,
    /// `DIRENV_CONFIG`
    pub direnv_config: Option<Vec<u8>>,
    /// `XDG_CONFIG_HOME`
    pub config_home: Option<Vec<u8>>,
    /// `XDG_DATA_HOME`
    pub data_home: Option<Vec<u8>>,
    /// `XDG_CACHE_HOME`
    pub cache_home: Option<Vec<u8>>,
    /// `DIRENV_BASH`
    pub direnv_bash: Option<Vec<u8>>,
}

/// direnv's folders. They may not exist; they are relative where a variable is, and then every folder has others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// `direnv.toml`, `direnvrc`, `lib/`: `$DIRENV_CONFIG`, else `$XDG_CONFIG_HOME/direnv`, else `~/.config/direnv`.
    pub config: Vec<u8>,
    /// `allow/`, `deny/`: `$XDG_DATA_HOME/direnv`, else `~/.local/share/direnv`.
    pub data: Vec<u8>,
    /// `cas/`: `$XDG_CACHE_HOME/direnv`, else `~/.cache/direnv`.
    pub cache: Vec<u8>,
    /// `$HOME`.
    pub home: Option<Vec<u8>>,
}

/// A folder that direnv could not find either: it then ends with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RootsError {
    /// No `DIRENV_CONFIG`, `XDG_CONFIG_HOME` or `HOME`.
    #[error("none of DIRENV_CONFIG, XDG_CONFIG_HOME and HOME says where the settings of direnv are")]
    Config,
    /// No `XDG_DATA_HOME` or `HOME`.
    #[error("neither XDG_DATA_HOME nor HOME says where the approvals of direnv are")]
    Data,
    /// No `XDG_CACHE_HOME` or `HOME`.
    #[error("neither XDG_CACHE_HOME nor HOME says where the downloads of direnv are")]
    Cache,
}

impl Roots {
    /// The folders for these variables (direnv: `xdg/xdg.go`, `LoadConfig`). Relative values are taken as they are, other than
    /// the specification of XDG says: direnv does so.
    pub fn of(variables: &Variables) -> Result<Self, RootsError> {
        let set = |value: &Option<Vec<u8>>| value.clone().filter(|value| !value.is_empty());
        let home = set(&variables.home);
        let below = |base: &Option<Vec<u8>>, rest: &[u8]| {
            let in_home = || home.as_ref().map(|home| join(home, rest));
            set(base).or_else(in_home).map(|base| join(&base, b"direnv"))
        };
        let config = set(&variables.direnv_config).or_else(|| below(&variables.config_home, b".config"));
        Ok(Self {
            config: config.ok_or(RootsError::Config)?,
            data: below(&variables.data_home, b".local/share").ok_or(RootsError::Data)?,
            cache: below(&variables.cache_home, b".cache").ok_or(RootsError::Cache)?,
            home,
        })
    }
}
