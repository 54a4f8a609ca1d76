//! Values of a pin, each with what it may be.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::{Algorithm, Digest, Platform};

use super::table::{Row, Told};
use crate::error::Code;
use crate::model::{Executable, Mode};
use crate::unpack::{ArchiveKind, is_member_name};

/// Characters of a tool's name or version.
const MAX_NAME: usize = 64;

/// Whether a tool may be called so: letters a-z, digits, `.`, `_` and `-`, at most 64.
pub fn is_tool_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    text.len() <= MAX_NAME
        && text.bytes().all(inner)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a version may be written so: letters, digits, `.`, `_`, `+`, `~` and `-`, at most 64. It is then safe in an address.
pub fn is_version(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~-".contains(&byte);
    text.len() <= MAX_NAME
        && text.bytes().all(inner)
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
}

/// Whether a pin may be downloaded from there: `https://HOST/PATH` without a user, at most 2048 characters.
pub fn is_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    plain && text.len() <= 2048 && !host.is_empty() && !host.contains('@') && rest.len() > host.len() + 1
}

pub(super) fn platform(row: &mut Row<'_, '_>, text: &str, span: Range<usize>) -> Option<Platform> {
    let read = Platform::parse(text)
        .filter(|read| read.normalised().to_string() == text && read.os_version.is_none());
    if read.is_none() {
        row.error(
            Code::BadValue,
            span,
            format!("`{text}` is no platform"),
            "write it as linux/amd64, darwin/arm64 or linux/arm/v7",
        );
    }
    read
}

pub(super) fn mode(row: &mut Row<'_, '_>, text: &str, span: Range<usize>) -> Option<Mode> {
    let mode = Mode::parse(text);
    if mode.is_none() {
        let message = format!("`{text}` is no mode that an executable may have");
        row.error(
            Code::BadValue,
            span,
            message,
            "write \"0755\", or \"2755\" for what runs with its group's rights",
        );
    }
    mode
}

pub(super) fn digest(
    row: &mut Row<'_, '_>,
    key: &'static str,
    required: bool,
) -> Result<Option<Digest>, Told> {
    let Some((text, span)) = row.text(key, required) else { return row.absent(key, required) };
    let digest = Digest::parse(&format!("{}:{text}", Algorithm::Sha256.as_str()));
    if digest.is_err() {
        row.error(Code::BadValue, span, format!("`{key}` is no SHA-256"), "write 64 digits 0-9 and a-f");
    }
    digest.map(Some).map_err(|_| Told)
}

pub(super) fn choice<T: Copy>(
    row: &mut Row<'_, '_>,
    key: &'static str,
    all: &[(T, &'static str)],
) -> Option<T> {
    let (text, span) = row.text(key, true)?;
    let found = all.iter().find(|(_, name)| *name == text).map(|(value, _)| *value);
    if found.is_none() {
        let names: Vec<&str> = all.iter().map(|(_, name)| *name).collect();
        row.error(
            Code::BadValue,
            span,
            format!("`{text}` has no meaning for `{key}`"),
            format!("write one of {}", names.join(", ")),
        );
    }
    found
}

pub(super) fn member(row: &mut Row<'_, '_>, archive: Option<ArchiveKind>) -> Result<Option<String>, Told> {
    let members = archive.is_none_or(ArchiveKind::has_members);
    let Some((text, span)) = row.text("member", false) else {
        if members && archive.is_some() {
            row.missing("member");
            return Err(Told);
        }
        return row.absent("member", false);
    };
    if !members {
        row.error(Code::BadValue, span, "this kind of archive has no members", "remove `member`");
        return Err(Told);
    }
    if !is_member_name(text) {
        row.error(
            Code::BadValue,
            span,
            "this is no path in an archive",
            "write it as bin/op, without `.`, `..` and a slash in front",
        );
        return Err(Told);
    }
    Ok(Some(text.to_owned()))
}

pub(super) fn executable(row: &mut Row<'_, '_>) -> Result<Option<Executable>, Told> {
    let sha256 = digest(row, "executable-sha256", false);
    let size = row.length("executable-size");
    match (sha256?, size?) {
        (Some(sha256), Some(size)) => Ok(Some(Executable { sha256, size })),
        (None, None) => Ok(None),
        (Some(_), None) => {
            row.missing("executable-size");
            Err(Told)
        }
        (None, Some(_)) => {
            row.missing("executable-sha256");
            Err(Told)
        }
    }
}

pub(super) fn bytes(
    row: &mut Row<'_, '_>,
    key: &'static str,
    required: bool,
) -> Result<Option<Vec<u8>>, Told> {
    let Some((text, span)) = row.text(key, required) else { return row.absent(key, required) };
    let bytes = STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
    if bytes.is_none() {
        row.error(Code::BadValue, span, format!("`{key}` is not base64"), "write it as `base64 -w0` does");
    }
    bytes.map(Some).ok_or(Told)
}
