//! Checks a document against its table of keys: unknown keys, types, missing keys, all at once.

use std::ops::Range;

use proofmark_core::Extension;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Kind, MAX_ITEMS, MAX_NAMES, Table, View, suggestion, value};
use crate::error::{Code, Errors};
use crate::source::Source;

/// What the parser says of a key that stands twice.
const DUPLICATE: &str = "duplicate key";

/// Characters of one value.
const MAX_TEXT: usize = 4096;

/// Bytes of a file of which every syntax error is told; of a larger one, the first: each may be two bytes long.
const MAX_RECOVERED: usize = 256 * 1024;

/// Parses a file and hands over what is well-formed; everything else is an error. Of a file that holds more than it may,
/// nothing is handed over.
pub(crate) fn parse<T: Default>(
    source: &Source,
    table: &Table,
    errors: &mut Errors,
    read: impl FnOnce(View<'_>, &mut Errors) -> T,
) -> T {
    let Some((document, guess)) = syntax(source, errors) else { return T::default() };
    // After a syntax error the structure is a guess: what follows from it would only hide the error itself.
    let mut unheard = Errors::default();
    let errors = if guess { &mut unheard } else { errors };
    let mut checker = Checker { source, errors, too_many: false };
    checker.table(document.get_ref(), table, "the file", 0..0);
    if checker.too_many {
        return T::default();
    }
    read(View::root(&document, source), errors)
}

/// The document, and whether its structure is a guess.
fn syntax<'a>(source: &'a Source, errors: &mut Errors) -> Option<(Spanned<DeTable<'a>>, bool)> {
    let (document, broken) = match DeTable::parse(source.text()) {
        Ok(document) => return Some((document, false)),
        Err(first) if source.text().len() > MAX_RECOVERED => (None, vec![first]),
        Err(_) => {
            let (document, broken) = DeTable::parse_recoverable(source.text());
            (Some(document), broken)
        }
    };
    for error in &broken {
        let origin = || source.origin(&error.span().unwrap_or(0..0));
        if error.message() == DUPLICATE {
            errors.push_with(Code::DuplicateKey, || {
                (origin(), "this key stands twice".to_owned(), "keep one of the two".to_owned())
            });
        } else {
            errors.push_with(Code::Syntax, || {
                let help = "see https://toml.io/en/v1.0.0";
                (origin(), format!("not TOML: {}", error.message()), help.to_owned())
            });
        }
    }
    let guess = broken.iter().any(|error| error.message() != DUPLICATE);
    document.map(|document| (document, guess))
}

struct Checker<'a> {
    source: &'a Source,
    errors: &'a mut Errors,
    /// A list or table has more items than it may.
    too_many: bool,
}

impl Checker<'_> {
    fn error<M: Into<String>, H: Into<String>>(
        &mut self,
        code: Code,
        span: &Range<usize>,
        text: impl FnOnce() -> (M, H),
    ) {
        self.errors.push_with(code, || {
            let (message, help) = text();
            (self.source.origin(span), message.into(), help.into())
        });
    }

    fn table(&mut self, table: &DeTable<'_>, spec: &Table, place: &str, span: Range<usize>) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match spec.keys.iter().find(|known| known.name == name) {
                Some(known) => self.value(value, &known.kind, &join(place, name)),
                None => self.error(Code::UnknownKey, &key.span(), || {
                    let names: Vec<&str> = spec.keys.iter().map(|key| key.name).collect();
                    (format!("unknown key `{name}` in {place}"), suggestion(name, &names, "remove it"))
                }),
            }
        }
        for key in spec.keys.iter().filter(|key| key.required && !table.contains_key(key.name)) {
            self.error(Code::MissingKey, &span, || {
                (format!("`{}` is missing in {place}", key.name), format!("add `{}`: {}", key.name, key.doc))
            });
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, kind: &Kind, place: &str) {
        match (kind, value.get_ref()) {
            (Kind::Text, DeValue::String(text)) => self.text(text, value, place),
            (Kind::Choice(words), DeValue::String(text)) if !words.contains(&text.as_ref()) => {
                self.error(Code::BadValue, &value.span(), || {
                    (format!("`{text}` has no meaning for {place}"), suggestion(text, words, ""))
                });
            }
            (Kind::List(inner), DeValue::Array(list)) => {
                if self.fits(list.len(), MAX_ITEMS, "items", value, place) {
                    for item in list {
                        self.value(item, inner, place);
                    }
                }
            }
            (Kind::Rows(spec, most), DeValue::Array(rows)) => {
                if self.fits(rows.len(), *most, "tables", value, place) {
                    self.rows(rows, spec, place);
                }
            }
            (Kind::Table(spec), DeValue::Table(table)) => {
                self.table(table, spec, &brackets(place), value.span());
            }
            (Kind::Named(inner), DeValue::Table(table)) => {
                if self.fits(table.len(), MAX_NAMES, "names", value, place) {
                    for (key, value) in table {
                        self.name(key.get_ref(), &key.span());
                        self.value(value, inner, &join(place, key.get_ref()));
                    }
                }
            }
            (Kind::Extensions, DeValue::Table(table)) => self.extensions(table, place),
            (Kind::Either(kinds), inner) => match kinds.iter().find(|kind| accepts(kind, inner)) {
                Some(kind) => self.value(value, kind, place),
                None => self.wrong_type(value, kind, place),
            },
            (kind, inner) if accepts(kind, inner) => {}
            (Kind::Date | Kind::Moment, DeValue::Datetime(time)) if value::is_local_date(time) => {
                self.error(Code::BadValue, &value.span(), || {
                    let message = format!("{place} is beyond the last day whose end can be told");
                    (message, "write a day up to 9999-12-29; to set no limit, remove the key")
                });
            }
            _ => self.wrong_type(value, kind, place),
        }
    }

    /// Whether so many may be there. What costs more than its own length to read is bounded before it is looked at.
    fn fits(
        &mut self,
        count: usize,
        most: usize,
        what: &str,
        value: &Spanned<DeValue<'_>>,
        place: &str,
    ) -> bool {
        if count > most {
            self.too_many = true;
            self.error(Code::Limit, &value.span(), || {
                (format!("{place} has {count} {what}, and may have {most}"), "split or shorten it")
            });
        }
        count <= most
    }

    fn text(&mut self, text: &str, value: &Spanned<DeValue<'_>>, place: &str) {
        if text.is_empty() {
            self.error(Code::BadValue, &value.span(), || {
                (format!("{place} is empty"), "write a value, or remove the key")
            });
        } else if text.chars().count() > MAX_TEXT {
            self.error(Code::Limit, &value.span(), || {
                (format!("{place} is longer than {MAX_TEXT} characters"), "shorten it")
            });
        }
    }

    fn rows(&mut self, rows: &[Spanned<DeValue<'_>>], spec: &Table, place: &str) {
        for row in rows {
            match row.get_ref() {
                DeValue::Table(table) => self.table(table, spec, &format!("[[{place}]]"), row.span()),
                _ => self.error(Code::WrongType, &row.span(), || {
                    (format!("{place} is a list of tables"), format!("write [[{place}]]"))
                }),
            }
        }
    }

    fn extensions(&mut self, table: &DeTable<'_>, place: &str) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if Extension::from_name(name).is_none() {
                self.error(Code::UnknownExtension, &key.span(), || {
                    let names: Vec<&str> =
                        Extension::ALL.iter().map(|extension| extension.as_str()).collect();
                    (format!("`{name}` is no certificate extension"), suggestion(name, &names, ""))
                });
            }
            self.value(value, &Kind::Text, &join(place, name));
        }
    }

    /// Names are printed in reports and joined with others by commas.
    fn name(&mut self, name: &str, span: &Range<usize>) {
        let ok = name.len() <= 64
            && name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !ok {
            self.error(Code::BadValue, span, || {
                let help = "at most 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit";
                (format!("`{name}` cannot be a name"), help)
            });
        }
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, kind: &Kind, place: &str) {
        self.error(Code::WrongType, &value.span(), || {
            let found = value.get_ref().type_str();
            let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
            (format!("{place} is {article} {found}, not {}", wanted(kind)), example(kind))
        });
    }
}

fn accepts(kind: &Kind, value: &DeValue<'_>) -> bool {
    match (kind, value) {
        (Kind::Text | Kind::Choice(_), DeValue::String(_))
        | (Kind::Flag, DeValue::Boolean(_))
        | (Kind::List(_) | Kind::Rows(..), DeValue::Array(_))
        | (Kind::Table(_) | Kind::Named(_) | Kind::Extensions, DeValue::Table(_))
        | (Kind::Scalar, DeValue::String(_) | DeValue::Boolean(_) | DeValue::Integer(_)) => true,
        (Kind::Whole | Kind::Bytes, DeValue::Integer(number)) => {
            i64::from_str_radix(number.as_str(), number.radix()).is_ok()
        }
        (Kind::Date, DeValue::Datetime(time)) => value::end_of_day(time).is_some(),
        (Kind::Moment, DeValue::Datetime(time)) => value::moment(time).is_some(),
        (Kind::Bytes, DeValue::String(text)) => value::bytes(text).is_some(),
        (Kind::Span, DeValue::String(text)) => value::span(text).is_some(),
        (Kind::Either(kinds), value) => kinds.iter().any(|kind| accepts(kind, value)),
        _ => false,
    }
}

fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "a string",
        Kind::Choice(_) => "one of its words",
        Kind::Flag => "true or false",
        Kind::Whole => "an integer",
        Kind::Date => "a date",
        Kind::Moment => "a date, or a date and time with offset",
        Kind::Bytes => "a number of bytes",
        Kind::Span => "a duration",
        Kind::Scalar => "a string, number or boolean",
        Kind::List(_) => "a list",
        Kind::Rows(..) => "a list of tables",
        Kind::Table(_) | Kind::Named(_) | Kind::Extensions => "a table",
        Kind::Either(_) => "a list or a table",
    }
}

fn example(kind: &Kind) -> String {
    match kind {
        Kind::Text => "write it in quotes".to_owned(),
        Kind::Choice(words) => format!("one of: {}", words.join(", ")),
        Kind::Flag => "write true or false, without quotes".to_owned(),
        Kind::Whole => "write a number without quotes".to_owned(),
        Kind::Date | Kind::Moment => "write a date without quotes, such as 2027-06-30".to_owned(),
        Kind::Bytes => "write an integer, or a string such as \"64MiB\"".to_owned(),
        Kind::Span => "write a string such as \"20s\", \"12h\" or \"7d\"".to_owned(),
        Kind::Scalar => "write a string, an integer or a boolean".to_owned(),
        Kind::List(_) => "write a list, such as [\"a\"]".to_owned(),
        Kind::Rows(..) => "write [[…]]".to_owned(),
        Kind::Table(_) | Kind::Named(_) | Kind::Extensions => "write a table".to_owned(),
        Kind::Either(_) => {
            "write [\"a\"], { any = [\"a\", \"b\"] }, or { at-least = 2, of = [\"a\", \"b\", \"c\"] }"
                .to_owned()
        }
    }
}

fn join(place: &str, name: &str) -> String {
    let place = place.trim_matches(|c| c == '[' || c == ']');
    if place == "the file" { name.to_owned() } else { format!("{place}.{name}") }
}

fn brackets(place: &str) -> String {
    format!("[{place}]")
}
