//! `direnv.toml`, as direnv reads it.
//!
//! Its library matches keys without regard to case, ignores those that it does not know, and takes what belongs in `[global]`
//! at the top level too (direnv: `LoadConfig`, BurntSushi/toml). A value of another type, or text that is no TOML, makes every
//! command of direnv fail: that is an error here.

use std::ops::Range;

use proofmark_core::{Origin, Position};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::path::{join, shown};

/// Bytes of `direnv.toml`, and entries of one of its lists.
pub(super) const MAX_SETTINGS: u64 = 64 * 1024;
const MAX_ENTRIES: usize = 1_000;
/// Characters of a line that is kept.
const MAX_LINE: usize = 240;

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub origin: Origin,
}

/// An entry of `[whitelist]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whitelisted {
    /// As it is written.
    pub written: String,
    /// What direnv compares with: `~/` stands for the home directory, and what follows is then cleaned, so that a slash at
    /// the end is lost.
    pub effective: Vec<u8>,
    /// Where it stands.
    pub origin: Origin,
}

/// What `direnv.toml` says, as far as trust depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The file: `direnv.toml`, else `config.toml`.
    pub file: Vec<u8>,
    /// `whitelist.prefix`: a file is loaded unasked whose path starts with one of these strings.
    pub prefixes: Vec<Whitelisted>,
    /// `whitelist.exact`: files that are loaded unasked, `/.envrc` added to folders.
    pub exact: Vec<Whitelisted>,
    /// `bash_path`, where it is not empty. Two spellings may both stand there; direnv takes either.
    pub bash_path: Vec<Setting<String>>,
    /// `load_dotenv`, where it is true.
    pub load_dotenv: Option<Setting<bool>>,
    /// `strict_env`, where it is true.
    pub strict_env: Option<Setting<bool>>,
    /// `disable_stdin`, where it is true.
    pub disable_stdin: Option<Setting<bool>>,
}

impl Settings {
    /// Whether direnv loads this file whatever it holds, and the entry that says so (direnv: `RC.Allowed`).
    pub fn whitelists(&self, path: &[u8]) -> Option<&Whitelisted> {
        let exact = self.exact.iter().find(|entry| entry.effective == path);
        exact.or_else(|| self.prefixes.iter().find(|entry| path.starts_with(&entry.effective)))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// What direnv refuses, or more than is read, in words.
    pub(super) fn read(file: &[u8], bytes: &[u8], home: Option<&[u8]>) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8".to_owned())?;
        let document = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
        let mut reader = Reader {
            text,
            file: shown(file),
            home,
            settings: Self { file: file.to_vec(), ..Self::default() },
        };
        for (key, value) in document.get_ref() {
            reader.global(key.get_ref(), value)?;
            let Some(table) = is_key(key.get_ref(), &["global", "whitelist"]) else { continue };
            let inner = value.get_ref().as_table().ok_or_else(|| format!("`{table}` is no table"))?;
            for (key, value) in inner {
                if table == "global" {
                    reader.global(key.get_ref(), value)?;
                } else {
                    reader.whitelist(key.get_ref(), value)?;
                }
            }
        }
        let mut settings = reader.settings;
        settings.prefixes.sort_by(|a, b| a.origin.cmp(&b.origin));
        settings.exact.sort_by(|a, b| a.origin.cmp(&b.origin));
        settings.bash_path.sort_by(|a, b| a.origin.cmp(&b.origin));
        Ok(settings)
    }
}

/// The known key that this one is: Go's `strings.EqualFold`, for which the long s and the sign of Kelvin are letters too.
fn is_key(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let folded: String = key
        .chars()
        .map(|c| match c {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    known.iter().find(|name| **name == folded).copied()
}

struct Reader<'a> {
    text: &'a str,
    file: String,
    home: Option<&'a [u8]>,
    settings: Settings,
}

impl Reader<'_> {
    /// A key of `[global]`, which may stand at the top level too.
    fn global(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<(), String> {
        let known = ["bash_path", "load_dotenv", "strict_env", "disable_stdin"];
        let Some(key) = is_key(key, &known) else { return Ok(()) };
        let origin = self.origin(&value.span());
        if key == "bash_path" {
            let value = value.get_ref().as_str().ok_or_else(|| format!("`{key}` is no string"))?.to_owned();
            if !value.is_empty() {
                self.settings.bash_path.push(Setting { value, origin });
            }
            return Ok(());
        }
        let value = value.get_ref().as_bool().ok_or_else(|| format!("`{key}` is neither true nor false"))?;
        let field = match key {
            "load_dotenv" => &mut self.settings.load_dotenv,
            "strict_env" => &mut self.settings.strict_env,
            _ => &mut self.settings.disable_stdin,
        };
        if value {
            *field = Some(Setting { value, origin });
        }
        Ok(())
    }

    fn whitelist(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<(), String> {
        let Some(key) = is_key(key, &["prefix", "exact"]) else { return Ok(()) };
        let entries = value.get_ref().as_array().ok_or_else(|| format!("`{key}` is no list"))?;
        if entries.len() > MAX_ENTRIES {
            return Err(format!("`{key}` has more than {MAX_ENTRIES} entries"));
        }
        for entry in entries {
            let written =
                entry.get_ref().as_str().ok_or_else(|| format!("`{key}` holds what is no string"))?;
            let named = |file: &str| written.ends_with(file);
            let effective = match key {
                "exact" if !named("/.envrc") && !named("/.env") => {
                    self.expand(&join(written.as_bytes(), b".envrc"))
                }
                _ => self.expand(written.as_bytes()),
            };
            let origin = self.origin(&entry.span());
            let entry = Whitelisted { written: written.to_owned(), effective, origin };
            let list = if key == "exact" { &mut self.settings.exact } else { &mut self.settings.prefixes };
            list.push(entry);
        }
        Ok(())
    }

    fn expand(&self, path: &[u8]) -> Vec<u8> {
        match (path.strip_prefix(b"~/"), self.home) {
            (Some(rest), Some(home)) => join(home, rest),
            _ => path.to_vec(),
        }
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        let position = |offset: usize| {
            let before = self.text.get(..offset).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
            Position { line: number(before.matches('\n').count()), column: number(line.chars().count()) }
        };
        let start = self.text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let line = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        Origin {
            file: self.file.clone(),
            start: position(span.start),
            end: position(span.end),
            line_text: line.chars().take(MAX_LINE).collect(),
        }
    }
}
