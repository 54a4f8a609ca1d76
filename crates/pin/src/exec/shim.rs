//! The file that stands for a tool on `PATH`, and runs it through proofmark.
//!
//! It is a script of sh, which calls `PROGRAM --shim=TOOL FILE ARGUMENTS`. A link to the program, or a script whose interpreter is the program, would
//! do as well while the program is there. Once it is gone, a file that cannot be run is passed over (execvp(3), dash), and the next one on
//! `PATH` runs, which nobody verifies. A script that cannot find what it calls fails, with 127.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::kind::SHIM;

/// What stands before the tool in the call.
const CALL: &str = "--shim=";

const INTERPRETER: &str = "#!/bin/sh";

/// What follows the tool in the call: the shim, and what the tool gets. `exec` is a special builtin of sh, which no function replaces.
const REST: &str = " \"$0\" \"$@\"";

/// Bytes of a shim; a longer file is none.
const MAX_SHIM: usize = 16 << 10;

/// What a shim says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shim {
    /// The tool that it stands for.
    pub tool: String,
    /// The policy, where it names one: a path that `--policy` takes, absolute.
    pub policy: Option<PathBuf>,
    /// The directory of the real tool, where it names one, absolute.
    pub from: Option<PathBuf>,
}

/// Why a shim cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShimError {
    /// The tool's name is no file name.
    #[error("{0} is no name of a tool: letters, digits, `.`, `_`, `+` and `-`, and no `.` or `-` first")]
    Tool(String),
    /// A path that a line cannot hold.
    #[error("{} cannot stand in a shim: {why}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// The file is not as `pin shim` writes it.
    #[error("it is not as proofmark pin shim writes it: {0}")]
    Damaged(&'static str),
}

/// Whether a name can be that of a tool: it becomes a file's name and a word of the call.
fn is_name(tool: &str) -> bool {
    let ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-');
    !tool.is_empty() && tool.len() <= 64 && tool.bytes().all(ok) && !tool.starts_with(['.', '-'])
}

impl Shim {
    /// The tool of a call by a shim.
    pub fn asked(option: &str) -> Option<&str> {
        option.strip_prefix(CALL)
    }

    /// The text of the file; `program` is this program, absolute and where it stays.
    ///
    /// # Errors
    /// A name or path that the file cannot hold.
    pub fn to_text(&self, program: &Path) -> Result<String, ShimError> {
        if !is_name(&self.tool) {
            return Err(ShimError::Tool(self.tool.clone()));
        }
        let line = |path: &Path| {
            let fault = |why| ShimError::Path { path: path.to_owned(), why };
            let text = path.to_str().ok_or_else(|| fault("it is no text"))?;
            if !path.is_absolute() {
                return Err(fault("it is not absolute"));
            }
            if text.chars().any(char::is_control) {
                return Err(fault("it holds a control character"));
            }
            Ok(text.to_owned())
        };
        let program = line(program)?;
        if program.contains('\'') {
            return Err(ShimError::Path { path: program.into(), why: "it holds a quote" });
        }
        let mut text = format!("{INTERPRETER}\n{SHIM}\nexec '{program}' {CALL}{}{REST}\n", self.tool);
        for (name, path) in [("policy", &self.policy), ("from", &self.from)] {
            if let Some(path) = path {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "# {name} {}", line(path)?);
            }
        }
        Ok(text)
    }

    /// Reads the file of a shim for `tool`, strictly.
    ///
    /// # Errors
    /// It is not as [`Shim::to_text`] writes it.
    pub fn parse(bytes: &[u8], tool: &str) -> Result<Self, ShimError> {
        if bytes.len() > MAX_SHIM {
            return Err(ShimError::Damaged("it is too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ShimError::Damaged("it is no text"))?;
        let mut lines = text.lines();
        if !is_name(tool) || lines.next() != Some(INTERPRETER) || lines.next() != Some(SHIM) {
            return Err(ShimError::Damaged("its first two lines do not say that it is a shim"));
        }
        let call = lines.next().and_then(|line| line.strip_prefix("exec '/"));
        if !call.is_some_and(|call| call.ends_with(&format!("' {CALL}{tool}{REST}"))) {
            return Err(ShimError::Damaged("its third line does not call proofmark for this tool"));
        }
        let mut shim = Self { tool: tool.to_owned(), policy: None, from: None };
        for line in lines {
            let (name, path) =
                line.strip_prefix("# ").and_then(|line| line.split_once(' ')).unwrap_or_default();
            let place = match name {
                "policy" => &mut shim.policy,
                "from" => &mut shim.from,
                _ => return Err(ShimError::Damaged("it has a line that is none of a shim's")),
            };
            if place.is_some() || !Path::new(path).is_absolute() {
                return Err(ShimError::Damaged("a path is not absolute, or stands twice"));
            }
            *place = Some(PathBuf::from(path));
        }
        Ok(shim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Kind;

    fn shim(policy: Option<&str>, from: Option<&str>) -> Shim {
        Shim { tool: "op".to_owned(), policy: policy.map(PathBuf::from), from: from.map(PathBuf::from) }
    }

    const PROGRAM: &str = "/usr/local/bin/proofmark";

    #[test]
    fn a_shim_comes_back_as_it_was() {
        for shim in
            [shim(None, None), shim(Some("/etc/a b/proofmark.toml"), None), shim(Some("/p"), Some("/opt/x"))]
        {
            let text = shim.to_text(Path::new(PROGRAM)).unwrap();
            let call = "exec '/usr/local/bin/proofmark' --shim=op \"$0\" \"$@\"\n";
            assert!(text.starts_with(&format!("#!/bin/sh\n# proofmark shim\n{call}")), "{text}");
            assert_eq!(Kind::of(text.as_bytes()), Kind::Shim);
            assert_eq!(Shim::parse(text.as_bytes(), "op"), Ok(shim));
        }
        assert_eq!(Shim::asked("--shim=op"), Some("op"));
        assert_eq!(Shim::asked("--shims"), None);
    }

    #[test]
    fn what_a_file_cannot_hold_is_refused() {
        for tool in ["", "a b", "../op", ".op", "-op", "op\n", "a/b", "ö"] {
            let shim = Shim { tool: tool.to_owned(), ..shim(None, None) };
            assert!(matches!(shim.to_text(Path::new(PROGRAM)), Err(ShimError::Tool(_))), "{tool:?}");
        }
        for program in ["proofmark", "/a'; evil '", "/a\nb"] {
            let error = shim(None, None).to_text(Path::new(program));
            assert!(matches!(error, Err(ShimError::Path { .. })), "{program:?}");
        }
        assert!(shim(Some("/a\nfrom /evil"), None).to_text(Path::new(PROGRAM)).is_err());
        assert!(shim(None, Some("relative")).to_text(Path::new(PROGRAM)).is_err());
    }

    #[test]
    fn a_file_that_is_not_as_it_is_written_is_refused() {
        let good = shim(Some("/p"), Some("/f")).to_text(Path::new(PROGRAM)).unwrap();
        assert!(Shim::parse(good.as_bytes(), "op").is_ok());
        for bad in [
            String::new(),
            good.replace("--shim=op", "--shim=kubectl"),
            good.replace("# proofmark shim\n", ""),
            good.replace("exec '", "'"),
            good.replace("#!/bin/sh", "#!/bin/bash"),
            good.replace("# policy", "policy"),
            good.replace("policy /p", "policy p"),
            good.replace("# policy /p", "# policy /p\n# policy /q"),
            good.replace("from /f", "form /f"),
            good.clone() + "\n",
            good.clone() + &"x".repeat(MAX_SHIM),
        ] {
            assert!(matches!(Shim::parse(bad.as_bytes(), "op"), Err(ShimError::Damaged(_))), "{bad}");
        }
        assert!(Shim::parse(b"\xff", "op").is_err());
    }
}
