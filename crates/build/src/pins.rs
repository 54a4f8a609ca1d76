//! Which pin a build script means.

use proofmark_core::Platform;
use proofmark_lock::{Lock, Pin, is_tool_name};

use crate::Error;

/// For which platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// The one that builds.
    Host,
    /// The one that is built for.
    Target,
}

/// One executable that a build script asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    version: Option<String>,
    pub(crate) on: On,
}

impl Wanted {
    /// `NAME` or `NAME@VERSION`.
    pub(crate) fn of(text: &str, on: On) -> Self {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (text, None),
        };
        Self { name: name.to_owned(), version, on }
    }

    /// Its pin for a platform: exactly one.
    pub(crate) fn pin<'a>(&self, lock: &'a Lock, file: &str, platform: &Platform) -> Result<&'a Pin, Error> {
        if !is_tool_name(&self.name) {
            return Err(Error::Name(self.name.clone()));
        }
        let named = || lock.pins().filter(|pin| pin.tool == self.name);
        let wanted = |pin: &&Pin| self.version.as_ref().is_none_or(|version| *version == pin.version);
        let found: Vec<&Pin> = named().filter(|pin| pin.platform == *platform).filter(wanted).collect();
        match found[..] {
            [pin] => Ok(pin),
            [] => Err(Error::NotPinned {
                lock: file.to_owned(),
                wanted: self.text(),
                platform: platform.clone(),
                pinned: listed(named().map(|pin| format!("{} for {}", pin.version, pin.platform))),
            }),
            _ => Err(Error::Ambiguous {
                lock: file.to_owned(),
                tool: self.name.clone(),
                platform: platform.clone(),
                versions: listed(found.iter().map(|pin| pin.version.clone())),
            }),
        }
    }

    fn text(&self) -> String {
        let version = self.version.as_ref().map(|version| format!("@{version}"));
        format!("{}{}", self.name, version.unwrap_or_default())
    }
}

fn listed(what: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = what.collect();
    if all.is_empty() { "no version of it".to_owned() } else { all.join(", ") }
}
