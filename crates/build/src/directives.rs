//! What cargo is told. Every value is one line: a line break in a path would be a directive of its own.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

/// Directives, told when all is done.
#[derive(Debug, Default)]
pub(crate) struct Directives(String);

impl Directives {
    /// `cargo::rerun-if-changed`.
    pub(crate) fn file(&mut self, path: &Path) -> Result<(), Error> {
        let value = text(path, "a path")?.to_owned();
        self.line("rerun-if-changed", &value)
    }

    /// `cargo::rerun-if-env-changed`.
    pub(crate) fn variable(&mut self, name: &str) -> Result<(), Error> {
        self.line("rerun-if-env-changed", name)
    }

    /// `cargo::rustc-env`.
    pub(crate) fn set(&mut self, name: &str, path: &Path) -> Result<(), Error> {
        let value = format!("{name}={}", text(path, name)?);
        self.line("rustc-env", &value)
    }

    fn line(&mut self, key: &str, value: &str) -> Result<(), Error> {
        if value.contains(['\n', '\r']) {
            return Err(Error::Value { name: key.to_owned() });
        }
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "cargo::{key}={value}");
        Ok(())
    }

    /// Tells them.
    pub(crate) fn tell(&self, cargo: &mut dyn Write) -> Result<(), Error> {
        let told = cargo.write_all(self.0.as_bytes()).and_then(|()| cargo.flush());
        told.map_err(|error| Error::Io { path: PathBuf::from("standard output"), action: "written", error })
    }
}

fn text<'a>(path: &'a Path, name: &str) -> Result<&'a str, Error> {
    path.to_str().ok_or_else(|| Error::Value { name: name.to_owned() })
}

/// A message as one line.
pub(crate) fn one_line(message: &str) -> String {
    message.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_one_line() {
        let mut told = Directives::default();
        told.file(Path::new("a b=c")).unwrap();
        for bad in ["a\nb", "a\rb"] {
            assert!(matches!(told.file(Path::new(bad)), Err(Error::Value { .. })), "{bad:?}");
            assert!(matches!(told.set("NAME", Path::new(bad)), Err(Error::Value { .. })), "{bad:?}");
        }
        let mut out = Vec::new();
        told.tell(&mut out).unwrap();
        assert_eq!(out, b"cargo::rerun-if-changed=a b=c\n");
        assert_eq!(one_line("a\ncargo::warning=b\u{1b}[2K"), "a cargo::warning=b [2K");
    }
}
