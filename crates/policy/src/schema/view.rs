//! Reading a table that was checked: what was wrong is `None` here, and has been told already.

use std::ops::Range;

use proofmark_core::{Origin, Timestamp};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::value;
use crate::error::Told;
use crate::source::Source;

/// A string and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

/// Any value and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    value: &'a Spanned<DeValue<'a>>,
    source: &'a Source,
}

impl<'a> Item<'a> {
    pub(crate) fn origin(self) -> Origin {
        self.source.origin(&self.value.span())
    }

    pub(crate) fn text(self) -> Option<Text> {
        let text = self.value.get_ref().as_str()?;
        (!text.is_empty()).then(|| Text { value: text.to_owned(), origin: self.origin() })
    }

    /// The string, be it empty.
    pub(crate) fn string(self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    /// Whether it is an integer, be it one that [`Self::whole`] cannot give.
    pub(crate) fn is_integer(self) -> bool {
        self.value.get_ref().as_integer().is_some()
    }

    pub(crate) fn whole(self) -> Option<i64> {
        let number = self.value.get_ref().as_integer()?;
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    pub(crate) fn table(self) -> Option<View<'a>> {
        let table = self.value.get_ref().as_table()?;
        Some(View { table, span: self.value.span(), source: self.source })
    }

    pub(crate) fn list(self) -> Option<Vec<Item<'a>>> {
        let list = self.value.get_ref().as_array()?;
        Some(list.iter().map(|value| Item { value, source: self.source }).collect())
    }

    /// The strings of a list.
    pub(crate) fn texts(self) -> Option<Vec<Text>> {
        self.list().map(|list| list.into_iter().filter_map(Item::text).collect())
    }
}

/// A table and its place.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    table: &'a DeTable<'a>,
    span: Range<usize>,
    source: &'a Source,
}

impl<'a> View<'a> {
    pub(crate) fn root(document: &'a Spanned<DeTable<'a>>, source: &'a Source) -> Self {
        Self { table: document.get_ref(), span: 0..0, source }
    }

    pub(crate) fn origin(&self) -> Origin {
        self.source.origin(&self.span)
    }

    /// Whether the key is there, right or wrong.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(crate) fn item(&self, key: &str) -> Option<Item<'a>> {
        self.table.get(key).map(|value| Item { value, source: self.source })
    }

    /// The place of the key itself.
    pub(crate) fn key(&self, key: &str) -> Origin {
        self.table
            .get_key_value(key)
            .map_or_else(|| self.origin(), |(key, _)| self.source.origin(&key.span()))
    }

    pub(crate) fn text(&self, key: &str) -> Option<Text> {
        self.item(key)?.text()
    }

    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.table.get(key)?.get_ref().as_bool()
    }

    /// The end of the day that the key names, with its place; `None` where the key is absent. A value that is wrong is
    /// never taken for an absent one: it would be a limit that is written and does not hold.
    pub(crate) fn end_of_day(&self, key: &str) -> Result<Option<(Timestamp, Origin)>, Told> {
        let Some(item) = self.item(key) else { return Ok(None) };
        let end = item.value.get_ref().as_datetime().and_then(value::end_of_day).ok_or(Told)?;
        Ok(Some((end, item.origin())))
    }

    pub(crate) fn moment(&self, key: &str) -> Option<Timestamp> {
        value::moment(self.table.get(key)?.get_ref().as_datetime()?)
    }

    pub(crate) fn table(&self, key: &str) -> Option<View<'a>> {
        self.item(key)?.table()
    }

    /// The rows of `[[key]]`.
    pub(crate) fn rows(&self, key: &str) -> Vec<View<'a>> {
        self.item(key).and_then(Item::list).unwrap_or_default().into_iter().filter_map(Item::table).collect()
    }

    /// Keys in the order of the file, with their places and values.
    pub(crate) fn entries(&self) -> Vec<(Text, Item<'a>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let item = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let key: &Spanned<std::borrow::Cow<'a, str>> = key;
            let text = Text { value: key.get_ref().to_string(), origin: self.source.origin(&key.span()) };
            (text, Item { value, source: self.source })
        };
        entries.into_iter().map(item).collect()
    }
}
