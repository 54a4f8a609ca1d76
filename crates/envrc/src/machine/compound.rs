//! Conditions, loops, functions.

use std::rc::Rc;

use proofmark_shell::Span;
use proofmark_shell::syntax::{Arm, Command, CommandKind, List, TestPart, Word};

use super::{Frame, Machine, Step};
use crate::state::{Content, Function, Functions, State};
use crate::trace::Action;
use crate::value::{OriginKind, Value};

/// Words of a loop that are tried one by one.
const MAX_ROUNDS: usize = 64;
/// Calls of one function inside one another.
const MAX_RECURSION: usize = 2;

impl Machine<'_> {
    pub(super) fn kind(&mut self, command: &Command) -> Step<Value> {
        let span = command.span;
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(simple, span),
            CommandKind::Group(list) => self.list(list),
            CommandKind::Subshell(list) => self.subshell(span, |machine| machine.list(list)),
            CommandKind::If { arms, otherwise } => self.conditions(arms, otherwise.as_ref(), span),
            CommandKind::While { condition, body, .. } => {
                let mut output = self.list(condition)?;
                let printed = self.rounds(span, |machine| {
                    let mut printed = machine.list(body)?;
                    printed.append(&machine.list(condition)?);
                    Ok(printed)
                })?;
                output.append(&printed);
                Ok(output)
            }
            CommandKind::For { name, words, body, .. } => {
                let values = match words {
                    Some(words) => self.loop_words(words)?,
                    None if self.state.open => vec![self.any_positional(span)],
                    None => self.state.positional.clone(),
                };
                self.each(&name.text, &values, body, span)
            }
            CommandKind::ArithmeticFor { header, body } => {
                self.arithmetic(header)?;
                self.rounds(span, |machine| machine.list(body))
            }
            CommandKind::Case { subject, arms } => self.case(subject, arms, span),
            CommandKind::Test(parts) => {
                self.tested(parts)?;
                Ok(Value::default())
            }
            CommandKind::Arithmetic(text) => {
                self.arithmetic(text)?;
                Ok(Value::default())
            }
            CommandKind::Function { name, body } => {
                self.record(self.place(span), Action::Define { name: name.text.clone(), span: name.span })?;
                self.define(&name.text, body)
            }
            CommandKind::Coprocess { body, .. } => {
                let outer = std::mem::replace(&mut self.background, true);
                self.subshell(span, |machine| machine.command(body))?;
                self.background = outer;
                Ok(Value::default())
            }
        }
    }

    /// `[[ … ]]`: what is compared as a number is computed, and `-v` computes a subscript.
    fn tested(&mut self, parts: &[TestPart]) -> Step<()> {
        let mut values: Vec<(Value, Span)> = Vec::new();
        for part in parts {
            match part {
                TestPart::Word(word) => values.push((self.string(&word.parts)?, word.span)),
                TestPart::Operator(span) => {
                    values.push((Value::hole(std::collections::BTreeSet::new()), *span));
                }
            }
        }
        for (at, (value, _)) in values.iter().enumerate() {
            let operands = match value.as_known() {
                Some("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") => [at.checked_sub(1), Some(at + 1)],
                Some("-v") => [None, Some(at + 1)],
                _ => continue,
            };
            for (operand, span) in operands.into_iter().flatten().filter_map(|at| values.get(at)) {
                self.computes(operand, *span)?;
            }
        }
        Ok(())
    }

    fn define(&mut self, name: &str, body: &Command) -> Step<Value> {
        // The body is copied: as many steps as it is long, about.
        self.spend(1 + (body.span.end - body.span.start) / 16, body.span)?;
        let function =
            Rc::new(Function { name: name.to_owned(), body: body.clone(), unit: Rc::clone(&self.unit) });
        let known = self.declared.iter().any(|other| {
            other.name == function.name
                && other.body.span == function.body.span
                && Rc::ptr_eq(&other.unit, &function.unit)
        });
        if !known {
            self.declared.push(Rc::clone(&function));
        }
        self.state.functions.insert(name.to_owned(), Functions { bodies: vec![function], certain: true });
        Ok(Value::default())
    }

    fn conditions(&mut self, arms: &[(List, List)], otherwise: Option<&List>, span: Span) -> Step<Value> {
        let mut printed = Value::default();
        let mut ways: Vec<(State, Value)> = Vec::new();
        for (at, (condition, body)) in arms.iter().enumerate() {
            let output =
                if at == 0 { self.list(condition)? } else { self.maybe(|machine| machine.list(condition))? };
            printed.append(&output);
            let not = self.snapshot(span)?;
            let mut output = printed.clone();
            output.append(&self.maybe(|machine| machine.list(body))?);
            ways.push((std::mem::replace(&mut self.state, not), output));
        }
        if let Some(list) = otherwise {
            let output = self.maybe(|machine| machine.list(list))?;
            printed.append(&output);
        }
        for (state, output) in ways {
            self.spend(state.size() / 8, span)?;
            self.state.join(&state);
            printed.join(&output);
        }
        Ok(printed)
    }

    /// A body that runs an unknown number of times: what two rounds leave, and what a variable has that grows.
    fn rounds(&mut self, span: Span, mut body: impl FnMut(&mut Self) -> Step<Value>) -> Step<Value> {
        let first = self.perhaps(span, &mut body)?;
        let second = self.perhaps(span, &mut body)?;
        let mut output = first;
        output.join(&second);
        if output != Value::default() {
            let mut origins = output.origins();
            origins.extend(self.origin(OriginKind::Many, span));
            output.join(&Value::hole(origins));
        }
        Ok(output)
    }

    fn each(&mut self, name: &str, values: &[Value], body: &List, span: Span) -> Step<Value> {
        let known = values.iter().all(|value| value.as_known().is_some()) && values.len() <= MAX_ROUNDS;
        if !known {
            let mut any = values.first().cloned().unwrap_or_default();
            for value in values {
                any.join(value);
            }
            let any = self.keep(any, span)?;
            return self.rounds(span, |machine| {
                machine.set(name, Content::Scalar(any.clone()), span)?;
                machine.list(body)
            });
        }
        let outer = std::mem::replace(&mut self.left, false);
        let mut output = Value::default();
        for value in values {
            self.set(name, Content::Scalar(value.clone()), span)?;
            // After a `break` that may have run, so may the rest.
            let printed = if self.left {
                self.perhaps(span, |machine| machine.list(body))?
            } else {
                let before = self.snapshot(span)?;
                let printed = self.list(body)?;
                if self.left {
                    self.state.join(&before);
                }
                printed
            };
            output.append(&printed);
            output = self.keep(output, span)?;
        }
        self.left = outer;
        Ok(output)
    }

    fn loop_words(&mut self, words: &[Word]) -> Step<Vec<Value>> {
        let forms = self.forms(words)?;
        if let [fields] = forms.as_slice() {
            return Ok(fields.clone());
        }
        // Each of the forms is possible: no round is certain.
        let mut any = Value::default();
        for value in forms.iter().flatten() {
            any.join(value);
        }
        Ok(vec![any])
    }

    fn case(&mut self, subject: &Word, arms: &[Arm], span: Span) -> Step<Value> {
        self.string(&subject.parts)?;
        let before = self.snapshot(span)?;
        let mut output = Value::default();
        let mut after = before.clone();
        for arm in arms {
            for pattern in &arm.patterns {
                self.string(&pattern.parts)?;
            }
            // Falling through is one more way into the arm.
            let printed = self.perhaps(span, |machine| machine.list(&arm.body))?;
            output.join(&printed);
            after.join(&self.state);
        }
        self.state = after;
        Ok(output)
    }

    /// Calls a function with these arguments.
    pub(super) fn enter(
        &mut self,
        function: &Rc<Function>,
        arguments: Vec<Value>,
        span: Span,
    ) -> Step<Value> {
        if self.frames.iter().filter(|frame| frame.name == function.name).count() >= MAX_RECURSION {
            return Ok(Value::hole(self.origin(OriginKind::Many, span)));
        }
        self.called.insert(function.name.clone());
        self.nested(span, |machine| {
            let unit = std::mem::replace(&mut machine.unit, Rc::clone(&function.unit));
            let positional = std::mem::replace(&mut machine.state.positional, arguments);
            let open = std::mem::replace(&mut machine.state.open, false);
            let left = std::mem::replace(&mut machine.left, false);
            machine.frames.push(Frame { name: function.name.clone(), hidden: Vec::new() });
            let output = machine.command(&function.body)?;
            if let Some(frame) = machine.frames.pop() {
                for (name, variable) in frame.hidden.into_iter().rev() {
                    match variable {
                        Some(variable) => machine.state.variables.insert(name, variable),
                        None => machine.state.variables.remove(&name),
                    };
                }
            }
            machine.left = left;
            machine.state.positional = positional;
            machine.state.open = open;
            machine.unit = unit;
            Ok(output)
        })
    }
}
