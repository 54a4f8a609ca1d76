//! `read` and `mapfile`.

use std::collections::BTreeMap;

use proofmark_shell::Span;

use super::parameter::is_name;
use super::split::Form;
use super::{Machine, Step};
use crate::state::{Content, Key};
use crate::value::{OriginKind, Text, Value};

impl Machine<'_> {
    /// `read`: the first line, split where it is known.
    pub(super) fn read_words(&mut self, arguments: &[Value], span: Span) -> Step<()> {
        let (mut names, mut array, mut raw, mut special, mut at) = (Vec::new(), None, false, false, 0);
        while let Some(argument) = arguments.get(at) {
            at += 1;
            match argument.as_known() {
                Some(text) if names.is_empty() && text.starts_with('-') && text.len() > 1 => {
                    raw |= text.contains('r');
                    if let Some(last) = text.chars().last().filter(|c| "adinNptu".contains(*c)) {
                        if last == 'a' {
                            array = arguments.get(at).and_then(Value::as_known).map(str::to_owned);
                        }
                        special |= matches!(last, 'd' | 'n' | 'N');
                        at += 1;
                    }
                }
                Some(name) => names.push(name.to_owned()),
                None => names.push(argument.shapes().join("|")),
            }
        }
        for name in &names {
            self.names(&Value::known(name.as_str()), span)?;
        }
        let line = self.stdin.as_known().filter(|text| !special && (raw || !text.contains('\\')));
        let line = line.map(|text| text.split('\n').next().unwrap_or("").to_owned());
        let Some(line) = line else { return self.read_unknown(names, array, span) };
        let separators = self.separators();
        let line = line.trim_matches(|c: char| matches!(c, ' ' | '\t') && separators.contains(c));
        let mut form = Form::default();
        form.split(&Text::known(line), &separators);
        form.next();
        let fields = form.fields();
        if let Some(array) = array {
            let elements = (0..).map(Key::Index).zip(fields).collect();
            return self.set(&array, Content::Array { elements, associative: false, open: None }, span);
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        if let [name] = names.as_slice() {
            return self.set_unknown(name, Value::known(line), span);
        }
        // The last name takes the rest with its separators: known where there is no rest.
        let origin = self.origin(OriginKind::Expansion, span);
        for (at, name) in names.iter().enumerate() {
            let rest = at + 1 == names.len() && fields.len() > names.len();
            let value = if rest {
                let mut any = Value::hole(origin.clone());
                for field in &fields[at..] {
                    any.join(field);
                }
                any
            } else {
                fields.get(at).cloned().unwrap_or_default()
            };
            self.set_unknown(name, value, span)?;
        }
        Ok(())
    }

    fn read_unknown(&mut self, mut names: Vec<String>, array: Option<String>, span: Span) -> Step<()> {
        let mut origins = self.stdin.origins();
        origins.extend(self.origin(OriginKind::Input, span));
        let mut value = Value::hole(origins);
        // One of several known lines, or a part of it.
        value.join(&self.stdin.clone());
        if let Some(array) = array {
            let content = Content::Array { elements: BTreeMap::new(), associative: false, open: Some(value) };
            return self.set(&array, content, span);
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        for name in names {
            self.assign_to(&Value::known(name), value.clone(), span)?;
        }
        Ok(())
    }

    pub(super) fn read_lines(&mut self, arguments: &[Value], span: Span) -> Step<()> {
        if let Some(code) = option_value(arguments, 'C', "dnOsuc") {
            self.evaluate("mapfile", &code, span)?;
        }
        let words: Vec<&str> = arguments.iter().filter_map(Value::as_known).collect();
        let name = words.last().filter(|word| is_name(word)).map_or("MAPFILE", |word| *word).to_owned();
        let trimmed = words.iter().any(|word| word.starts_with('-') && word.ends_with('t'));
        let plain = words.iter().all(|word| !word.starts_with('-') || *word == "-t");
        let known = self.stdin.as_known().filter(|_| plain && words.len() == arguments.len());
        let content = if let Some(text) = known {
            let lines = text.split_inclusive('\n').map(|line| {
                Value::known(if trimmed { line.strip_suffix('\n').unwrap_or(line) } else { line })
            });
            let elements = (0..).map(Key::Index).zip(lines).collect();
            Content::Array { elements, associative: false, open: None }
        } else {
            let mut origins = self.stdin.origins();
            origins.extend(self.origin(OriginKind::Input, span));
            let mut value = Value::hole(origins);
            value.join(&self.stdin);
            Content::Array { elements: BTreeMap::new(), associative: false, open: Some(value) }
        };
        self.set(&name, content, span)
    }
}

/// The value of an option of one letter: the next word, or the rest of its own. `others` take a value as well.
pub(super) fn option_value(arguments: &[Value], letter: char, others: &str) -> Option<Value> {
    let mut at = 0;
    while let Some(text) = arguments.get(at).and_then(Value::as_known) {
        at += 1;
        if text == "--" || !text.starts_with('-') || text.len() < 2 {
            return None;
        }
        for (start, found) in text.char_indices().skip(1) {
            let rest = &text[start + found.len_utf8()..];
            if found == letter {
                return if rest.is_empty() { arguments.get(at).cloned() } else { Some(Value::known(rest)) };
            }
            if others.contains(found) {
                at += usize::from(rest.is_empty());
                break;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_their_values() {
        let of = |words: &[&str]| {
            let words: Vec<Value> = words.iter().map(|word| Value::known(*word)).collect();
            option_value(&words, 'C', "du").map(|value| value.shapes().join("|"))
        };
        assert_eq!(of(&["-t", "-C", "x", "a"]).as_deref(), Some("x"));
        assert_eq!(of(&["-tC", "x"]).as_deref(), Some("x"));
        assert_eq!(of(&["-Cx"]).as_deref(), Some("x"));
        assert_eq!(of(&["-d", "-C", "a"]), None);
        assert_eq!(of(&["a", "-C", "x"]), None);
    }
}
