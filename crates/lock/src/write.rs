//! Writing a lock: equal pins are equal bytes, and one change is the lines of one pin.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Lock, Pin};

const HEAD: &str = "# Written by `proofmark pin`. Review changes of hashes as you review code; never merge two sides of one pin by hand.\nversion = 1\n";

impl Lock {
    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut out = HEAD.to_owned();
        for pin in self.pins() {
            out.push_str("\n[[pin]]\n");
            pin.write(&mut out);
        }
        out
    }
}

impl Pin {
    fn write(&self, out: &mut String) {
        text(out, "tool", &self.tool);
        text(out, "version", &self.version);
        text(out, "platform", &self.platform.to_string());
        text(out, "url", &self.url);
        if let Some(size) = self.size {
            let _ = writeln!(out, "size = {size}");
        }
        text(out, "sha256", self.sha256.hex());
        text(out, "archive", self.archive.as_str());
        if let Some(member) = &self.member {
            text(out, "member", member);
        }
        if let Some(executable) = &self.executable {
            text(out, "executable-sha256", executable.sha256.hex());
            let _ = writeln!(out, "executable-size = {}", executable.size);
        }
        text(out, "mode", &self.mode.to_string());
        if let Some(reason) = &self.unsigned {
            text(out, "unsigned", reason);
        }
        if let Some(checksums) = &self.checksums {
            text(out, "checksums", &STANDARD.encode(&checksums.0));
        }
        let _ = writeln!(out, "added = {}", self.added);
        text(out, "by", &self.by);
        for source in &self.sources {
            out.push_str("[[pin.source]]\n");
            text(out, "operator", &source.operator);
            text(out, "at", &source.at);
        }
        for evidence in &self.evidence {
            out.push_str("[[pin.evidence]]\n");
            text(out, "kind", evidence.kind.as_str());
            text(out, "over", evidence.over.as_str());
            text(out, "signature", &STANDARD.encode(&evidence.signature));
        }
    }
}

/// A key with a TOML basic string.
fn text(out: &mut String, key: &str, value: &str) {
    let _ = write!(out, "{key} = \"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str("\"\n");
}
