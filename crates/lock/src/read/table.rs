//! A table of the lock: what is wrong in it is told once, at its place, and is `None` from then on.

use std::ops::Range;

use jiff::civil::Date;
use proofmark_core::{Origin, Source};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Code, LockError, LockFailure};

/// Characters of one text but signatures and lists of checksums.
const MAX_TEXT: usize = 4096;
/// Characters of those.
const MAX_LONG: usize = 1 << 20;

/// What is there is wrong, and the error was told: never the same as what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told;

/// Collects errors; whoever finds one goes on to find the next.
#[derive(Default)]
pub(super) struct Errors {
    list: Vec<LockError>,
    omitted: usize,
}

impl Errors {
    pub(super) fn push(
        &mut self,
        code: Code,
        source: &Source,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if self.list.len() >= LockFailure::MAX {
            self.omitted += 1;
            return;
        }
        let (message, help) = (message.into(), help.into());
        self.list.push(LockError { code, message, origin: source.origin(&span), help });
    }

    pub(super) fn finish<T>(mut self, value: T) -> Result<T, LockFailure> {
        if self.list.is_empty() {
            return Ok(value);
        }
        self.list
            .sort_by(|a, b| (a.origin.start, a.code, &a.message).cmp(&(b.origin.start, b.code, &b.message)));
        Err(LockFailure { errors: self.list, omitted: self.omitted })
    }
}

/// One table.
pub(super) struct Row<'t, 'e> {
    table: &'t DeTable<'t>,
    span: Range<usize>,
    source: &'t Source,
    place: &'static str,
    errors: &'e mut Errors,
}

impl<'t, 'e> Row<'t, 'e> {
    pub(super) const fn new(
        table: &'t DeTable<'t>,
        span: Range<usize>,
        source: &'t Source,
        place: &'static str,
        errors: &'e mut Errors,
    ) -> Self {
        Self { table, span, source, place, errors }
    }

    /// A table in this one.
    pub(super) const fn inner(
        &mut self,
        table: &'t DeTable<'t>,
        span: Range<usize>,
        place: &'static str,
    ) -> Row<'t, '_> {
        Row::new(table, span, self.source, place, self.errors)
    }

    pub(super) fn error(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.errors.push(code, self.source, span, message, help);
    }

    /// Tells every key that has no meaning.
    pub(super) fn known(&mut self, keys: &[&str]) {
        for (key, _) in self.table {
            if !keys.contains(&key.get_ref().as_ref()) {
                let message = format!("`{}` has no meaning in {}", key.get_ref(), self.place);
                self.error(
                    Code::UnknownKey,
                    key.span(),
                    message,
                    "remove it, or use the proofmark that wrote it",
                );
            }
        }
    }

    pub(super) fn missing(&mut self, key: &str) {
        let message = format!("`{key}` is missing in {}", self.place);
        self.error(
            Code::MissingKey,
            self.span.clone(),
            message,
            format!("add `{key}`, or remove the whole of it"),
        );
    }

    /// What comes of a key that gave nothing: nothing at all where it is wrong, or missing.
    pub(super) fn absent<T>(&self, key: &str, required: bool) -> Result<Option<T>, Told> {
        if required || self.table.contains_key(key) { Err(Told) } else { Ok(None) }
    }

    fn value(&mut self, key: &'static str, required: bool) -> Option<&'t Spanned<DeValue<'t>>> {
        let value = self.table.get(key);
        if value.is_none() && required {
            self.missing(key);
        }
        value
    }

    fn wrong(&mut self, key: &str, span: Range<usize>, what: &str) {
        self.error(Code::BadValue, span, format!("`{key}` is not {what}"), format!("write {what}"));
    }

    pub(super) fn text(&mut self, key: &'static str, required: bool) -> Option<(&'t str, Range<usize>)> {
        let value = self.value(key, required)?;
        let most = if matches!(key, "signature" | "checksums") { MAX_LONG } else { MAX_TEXT };
        match value.get_ref().as_str() {
            Some(text) if text.len() > most => {
                let message = format!("`{key}` is longer than {most} bytes");
                self.error(Code::Limit, value.span(), message, "make it shorter");
                None
            }
            Some("") => {
                self.wrong(key, value.span(), "a text that is not empty");
                None
            }
            Some(text) => Some((text, value.span())),
            None => {
                self.wrong(key, value.span(), "a text");
                None
            }
        }
    }

    /// A text that must be there and be right.
    pub(super) fn checked(
        &mut self,
        key: &'static str,
        right: impl Fn(&str) -> bool,
        what: &str,
    ) -> Option<String> {
        let (text, span) = self.text(key, true)?;
        if right(text) {
            return Some(text.to_owned());
        }
        self.wrong(key, span, what);
        None
    }

    pub(super) fn number(&mut self, key: &'static str, required: bool) -> Option<(u64, Range<usize>)> {
        let value = self.value(key, required)?;
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        if number.is_none() {
            self.wrong(key, value.span(), "a number that is not negative");
        }
        number.map(|number| (number, value.span()))
    }

    /// A length in bytes.
    pub(super) fn length(&mut self, key: &'static str) -> Result<Option<u64>, Told> {
        match self.number(key, false) {
            Some((number, span)) if i64::try_from(number).is_err() => {
                self.wrong(key, span, "a length");
                Err(Told)
            }
            Some((number, _)) => Ok(Some(number)),
            None => self.absent(key, false),
        }
    }

    pub(super) fn date(&mut self, key: &'static str) -> Option<Date> {
        let value = self.value(key, true)?;
        let date = value.get_ref().as_datetime().filter(|at| at.time.is_none() && at.offset.is_none());
        let date = date.and_then(|at| at.to_string().parse().ok());
        if date.is_none() {
            self.wrong(key, value.span(), "a day without quotes, such as 2027-01-31");
        }
        date
    }

    /// The tables of `[[key]]`.
    pub(super) fn rows(&mut self, key: &'static str, most: usize) -> Vec<(&'t DeTable<'t>, Range<usize>)> {
        let Some(value) = self.value(key, false) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(key, value.span(), "a list of tables");
            return Vec::new();
        };
        if list.len() > most {
            let message = format!("there are more than {most} tables `{key}`");
            self.error(Code::Limit, value.span(), message, "remove old ones");
            return Vec::new();
        }
        let mut rows = Vec::new();
        for item in list {
            match item.get_ref().as_table() {
                Some(table) => rows.push((table, item.span())),
                None => self.wrong(key, item.span(), "a table"),
            }
        }
        rows
    }

    /// The span of a key's value, or of the table.
    pub(super) fn span(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// The place of a key's value, or of the table.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.source.origin(&self.span(key))
    }
}
