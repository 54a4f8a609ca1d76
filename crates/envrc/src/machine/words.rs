//! Words to fields: braces, tildes, expansions, splitting.

use std::collections::BTreeSet;

use proofmark_shell::Span;
use proofmark_shell::syntax::{Parameter, Part, PartKind, Word};

use super::operate::Choice;
use super::parameter::subscript_text;
use super::split::{Form, braces};
use super::{Machine, Step};
use crate::limits::Cap;
use crate::tables;
use crate::value::{Origin, OriginKind, Piece, Text, Value};

/// Ways in which the words of one command may come out.
const MAX_FORMS: usize = 16;

impl Machine<'_> {
    /// The fields of these words: one list for each way in which they may be split.
    pub(super) fn forms(&mut self, words: &[Word]) -> Step<Vec<Vec<Value>>> {
        let mut forms = vec![Form::default()];
        for word in words {
            for parts in braces(&word.parts) {
                for (at, part) in parts.iter().enumerate() {
                    self.part(part, at == 0, &mut forms)?;
                }
                for form in &mut forms {
                    let origin =
                        Origin { kind: OriginKind::Many, place: self.place(word.span), secret: false };
                    form.end(&origin);
                }
            }
        }
        Ok(forms.into_iter().map(Form::fields).collect())
    }

    /// One part of a word outside of quotes.
    fn part(&mut self, part: &Part, first: bool, forms: &mut Vec<Form>) -> Step<()> {
        self.spend(1, part.span)?;
        match &part.kind {
            PartKind::Literal(text) => {
                let mut text = text.as_str();
                if first && (text == "~" || text.starts_with("~/")) {
                    let home = self.home(part.span);
                    for form in forms.iter_mut() {
                        form.quoted(&home);
                    }
                    text = &text[1..];
                }
                let glob = text.contains(['*', '?']) || (text.contains('[') && text.contains(']'));
                let value = Value::known(text);
                for form in forms {
                    form.quoted(&value);
                    form.glob(glob && text != "[" && text != "]");
                }
                Ok(())
            }
            PartKind::Double { parts, .. } => self.double(parts, part.span, forms),
            PartKind::Parameter(parameter) => {
                if let Some(values) = self.each_element(parameter, part.span)? {
                    for (at, value) in values.iter().enumerate() {
                        if at > 0 {
                            for form in forms.iter_mut() {
                                form.next();
                            }
                        }
                        self.unquoted(value, part.span, forms)?;
                    }
                    return Ok(());
                }
                if let Some(choice) =
                    self.nested(part.span, |machine| machine.choice(parameter, part.span))?
                {
                    return self.chosen(parameter, &choice, part.span, forms);
                }
                let value = self.value_of(part)?;
                self.unquoted(&value, part.span, forms)
            }
            PartKind::Substitution { .. } => {
                let value = self.value_of(part)?;
                self.unquoted(&value, part.span, forms)
            }
            _ => {
                let value = self.value_of(part)?;
                for form in forms.iter_mut() {
                    form.quoted(&value);
                }
                Ok(())
            }
        }
    }

    /// `${x:-…}` outside of quotes: what is quoted in the operand is not split.
    fn chosen(
        &mut self,
        parameter: &Parameter,
        choice: &Choice,
        span: Span,
        forms: &mut Vec<Form>,
    ) -> Step<()> {
        let mut all = Vec::new();
        if let Some(value) = &choice.value {
            let mut ways = forms.clone();
            self.unquoted(value, span, &mut ways)?;
            all.extend(ways);
        }
        if choice.operand {
            let mut ways = forms.clone();
            for part in parameter.operation.iter().flat_map(|operation| &operation.operand.parts) {
                match &part.kind {
                    PartKind::Literal(text) if !text.starts_with('~') => {
                        self.unquoted(&Value::known(text), part.span, &mut ways)?;
                    }
                    _ => self.nested(part.span, |machine| machine.part(part, true, &mut ways))?,
                }
            }
            all.extend(ways);
        }
        if all.len() > MAX_FORMS {
            return Err(self.stop(Cap::Forms, self.place(span)));
        }
        *forms = all;
        Ok(())
    }

    /// What stands in double quotes is one field, but for `"$@"` and its like.
    fn double(&mut self, parts: &[Part], span: Span, forms: &mut [Form]) -> Step<()> {
        let mut only_elements = !parts.is_empty();
        for part in parts {
            let elements = match &part.kind {
                // `"$*"` is one field.
                PartKind::Parameter(parameter) if !is_joined(parameter) => {
                    self.each_element(parameter, span)?
                }
                _ => None,
            };
            let Some(values) = elements else {
                only_elements = false;
                let value = self.value_of(part)?;
                for form in forms.iter_mut() {
                    form.quoted(&value);
                }
                continue;
            };
            for (at, value) in values.iter().enumerate() {
                for form in forms.iter_mut() {
                    if at > 0 {
                        form.next();
                    }
                    form.quoted(value);
                }
            }
        }
        if !only_elements {
            // `""` is a field.
            for form in forms.iter_mut() {
                form.quoted(&Value::default());
            }
        }
        Ok(())
    }

    /// Splits what is expanded outside of quotes.
    fn unquoted(&mut self, value: &Value, span: Span, forms: &mut Vec<Form>) -> Step<()> {
        let ifs = self.separators();
        let splits = |text: &Text| {
            text.pieces().iter().any(|piece| match piece {
                Piece::Known(known) => known.contains(|c| ifs.contains(c)),
                Piece::Hole(_) => false,
            })
        };
        if !value.options().iter().any(splits) {
            for form in forms {
                if value.as_known() != Some("") {
                    form.quoted(value);
                    form.glob(value.options().iter().any(|text| text.as_known().is_some_and(is_pattern)));
                }
            }
            return Ok(());
        }
        let mut all = Vec::with_capacity(forms.len() * value.options().len());
        for form in forms.iter() {
            for text in value.options() {
                let mut form = form.clone();
                form.split(text, &ifs);
                all.push(form);
            }
        }
        if all.len() > MAX_FORMS {
            return Err(self.stop(Cap::Forms, self.place(span)));
        }
        *forms = all;
        Ok(())
    }

    /// What separates fields: the default where `IFS` is not known.
    pub(super) fn separators(&self) -> String {
        match self.state.variables.get("IFS") {
            Some(_) => self.scalar("IFS").as_known().map_or_else(|| " \t\n".to_owned(), str::to_owned),
            None => " \t\n".to_owned(),
        }
    }

    pub(super) fn home(&self, span: Span) -> Value {
        match self.state.variables.get("HOME") {
            Some(_) => self.scalar("HOME"),
            None => Value::hole(self.environment("HOME", span)),
        }
    }

    /// A variable that this file has not set.
    pub(super) fn environment(&self, name: &str, span: Span) -> BTreeSet<Origin> {
        let kind = match name {
            "PWD" => OriginKind::Folder,
            _ => OriginKind::Environment(name.to_owned()),
        };
        BTreeSet::from([Origin { kind, place: self.place(span), secret: tables::names_secret(name) }])
    }

    /// Parts as one string: no splitting, no globs.
    pub(super) fn string(&mut self, parts: &[Part]) -> Step<Value> {
        let mut value = Value::default();
        for (at, part) in parts.iter().enumerate() {
            self.spend(1, part.span)?;
            match &part.kind {
                PartKind::Literal(text) if at == 0 && (text == "~" || text.starts_with("~/")) => {
                    value.append(&self.home(part.span));
                    value.append(&Value::known(&text[1..]));
                }
                _ => value.append(&self.value_of(part)?),
            }
            value = self.keep(value, part.span)?;
        }
        Ok(value)
    }

    /// A part as one string.
    pub(super) fn value_of(&mut self, part: &Part) -> Step<Value> {
        let span = part.span;
        let value = match &part.kind {
            PartKind::Literal(text) | PartKind::Single(text) | PartKind::AnsiC(text) => Value::known(text),
            PartKind::Escaped(c) => Value::known(*c),
            PartKind::Double { parts, .. } => {
                let mut value = Value::default();
                for part in parts {
                    value.append(&self.value_of(part)?);
                }
                value
            }
            PartKind::Parameter(parameter) => {
                self.nested(span, |machine| machine.parameter(parameter, span))?
            }
            PartKind::Substitution { body, .. } => {
                self.spend(1, span)?;
                let outer = std::mem::replace(&mut self.captured, true);
                let printed =
                    self.nested(span, |machine| machine.subshell(span, |machine| machine.list(body)))?;
                self.captured = outer;
                printed.map(without_last_newlines)
            }
            PartKind::Process { output, body } => self.process(*output, body, span)?,
            PartKind::Arithmetic(text) => self.arithmetic(text)?,
            // Only `declare` and assignments have these, and read them themselves.
            PartKind::Array(_) => Value::hole(self.origin(OriginKind::Expansion, span)),
        };
        self.keep(value, span)
    }

    /// A name for what the commands print, or read.
    fn process(&mut self, output: bool, body: &proofmark_shell::syntax::List, span: Span) -> Step<Value> {
        let outer = std::mem::replace(&mut self.captured, !output);
        let printed = self.nested(span, |machine| machine.subshell(span, |machine| machine.list(body)))?;
        self.captured = outer;
        let mut origins = printed.origins();
        origins.extend(self.origin(OriginKind::Process, span));
        let printed = if output { Value::hole(self.origin(OriginKind::Input, span)) } else { printed };
        self.processes.insert(self.place(span), printed);
        Ok(Value::hole(origins))
    }
}

/// `$*`, `${x[*]}`
fn is_joined(parameter: &Parameter) -> bool {
    let subscript = parameter.subscript.as_ref().and_then(subscript_text);
    parameter.name.text == "*" || subscript.is_some_and(|text| text == "*")
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn without_last_newlines(text: &Text) -> Text {
    let mut cut = Text::default();
    for (at, piece) in text.pieces().iter().enumerate() {
        match piece {
            Piece::Known(known) if at + 1 == text.pieces().len() => {
                cut.push(Piece::Known(known.trim_end_matches('\n').to_owned()));
            }
            piece => cut.push(piece.clone()),
        }
    }
    cut
}
