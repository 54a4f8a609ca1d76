//! Simple commands: their words, and what the first of them names.

use std::rc::Rc;

use proofmark_shell::Span;
use proofmark_shell::syntax::{Simple, Word};

use super::assign::Declaration;
use super::{Machine, Step};
use crate::state::{Content, State, Variable};
use crate::tables;
use crate::trace::{Action, Call, Callee};
use crate::value::{OriginKind, Text, Value};

/// A command whose words are expanded.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    pub(super) span: Span,
    pub(super) name: Text,
    pub(super) arguments: Vec<Value>,
    pub(super) environment: Vec<(String, Value)>,
    pub(super) through: Option<String>,
    /// Functions are looked for: not behind `command`, `builtin` and programs.
    pub(super) functions: bool,
    /// Builtins are looked for: not behind programs.
    pub(super) builtins: bool,
}

impl Machine<'_> {
    pub(super) fn simple(&mut self, simple: &Simple, span: Span) -> Step<Value> {
        let Some(first) = simple.words.first() else {
            for assignment in &simple.assignments {
                self.assign(assignment)?;
            }
            return Ok(Value::default());
        };
        let hidden = self.prefixed(simple)?;
        let environment: Vec<(String, Value)> =
            hidden.iter().map(|(name, _)| (name.clone(), self.scalar(name))).collect();
        let output = match self.declaration(first) {
            Some(how) => self.declared_by(simple, how, span)?,
            None => self.forms_of(&simple.words, environment, span)?,
        };
        for (name, variable) in hidden {
            match variable {
                Some(variable) => self.state.variables.insert(name, variable),
                None => self.state.variables.remove(&name),
            };
        }
        Ok(output)
    }

    /// Assignments before a command hold while it runs: what they hide is given back.
    fn prefixed(&mut self, simple: &Simple) -> Step<Vec<(String, Option<Rc<Variable>>)>> {
        let mut hidden = Vec::new();
        for assignment in &simple.assignments {
            let name = assignment.name.text.clone();
            hidden.push((name.clone(), self.state.variables.get(&name).cloned()));
            let exported = std::mem::replace(&mut self.state.export_all, true);
            self.assign(assignment)?;
            self.state.export_all = exported;
        }
        hidden.reverse();
        Ok(hidden)
    }

    fn declaration(&self, word: &Word) -> Option<Declaration> {
        let name = word.literal()?;
        if self.state.functions.contains_key(&name) {
            return None;
        }
        match name.as_str() {
            "export" => Some(Declaration { export: Some(true), ..Declaration::default() }),
            "readonly" => Some(Declaration::default()),
            "declare" | "typeset" | "local" => {
                Some(Declaration { local: !self.frames.is_empty(), ..Declaration::default() })
            }
            _ => None,
        }
    }

    /// `export` and its like as they are written. What they print is the environment.
    fn declared_by(&mut self, simple: &Simple, mut how: Declaration, span: Span) -> Step<Value> {
        let name = simple.words[0].literal().unwrap_or_default();
        let mut arguments = Vec::new();
        let (mut operands, mut options) = (0, true);
        for word in &simple.words[1..] {
            let literal = word.literal().filter(|text| options && text.starts_with(['-', '+']));
            if let Some(text) = literal {
                options = text != "--";
                option(&text, &mut how);
                arguments.push(Value::known(text));
                continue;
            }
            operands += 1;
            if how.functions {
                for field in self.forms(std::slice::from_ref(word))?.into_iter().flatten() {
                    arguments.push(field);
                }
            } else {
                self.declare_word(word, how)?;
                arguments.push(Value::known(word.literal().unwrap_or_default()));
            }
        }
        self.record_call(
            &Invocation {
                span,
                name: Text::known(name),
                arguments,
                environment: Vec::new(),
                through: None,
                functions: true,
                builtins: true,
            },
            Callee::Builtin,
        )?;
        Ok(if operands == 0 { self.whole_environment(span) } else { Value::default() })
    }

    pub(super) fn whole_environment(&self, span: Span) -> Value {
        let origins = self.origin(OriginKind::WholeEnvironment, span);
        Value::hole(origins.into_iter().map(|origin| crate::Origin { secret: true, ..origin }).collect())
    }

    /// Each way in which the words may come out, and each word that the first may be.
    fn forms_of(&mut self, words: &[Word], environment: Vec<(String, Value)>, span: Span) -> Step<Value> {
        let forms = self.forms(words)?;
        let mut ways = Vec::new();
        for fields in forms {
            let mut fields = fields.into_iter();
            let Some(first) = fields.next() else { continue };
            let arguments: Vec<Value> = fields.collect();
            for name in first.options() {
                ways.push(Invocation {
                    span,
                    name: name.clone(),
                    arguments: arguments.clone(),
                    environment: environment.clone(),
                    through: None,
                    functions: true,
                    builtins: true,
                });
            }
        }
        self.any_of(ways, span)
    }

    /// One of these runs.
    pub(super) fn any_of(&mut self, mut ways: Vec<Invocation>, span: Span) -> Step<Value> {
        if ways.len() <= 1 {
            return ways.pop().map_or(Ok(Value::default()), |way| self.invoke(way));
        }
        let before = self.snapshot(span)?;
        let mut after: Option<(State, Value)> = None;
        for way in ways {
            self.state = before.clone();
            self.spend(1 + before.size() / 8, span)?;
            let output = self.maybe(|machine| machine.invoke(way))?;
            match &mut after {
                None => after = Some((std::mem::take(&mut self.state), output)),
                Some((state, known)) => {
                    state.join(&self.state);
                    known.join(&output);
                }
            }
        }
        let (state, output) = after.unwrap_or_default();
        self.state = state;
        Ok(output)
    }

    pub(super) fn record_call(&mut self, invocation: &Invocation, callee: Callee) -> Step<()> {
        let call = Call {
            callee,
            name: invocation.name.clone(),
            arguments: invocation.arguments.clone(),
            stdin: self.stdin.clone(),
            environment: invocation.environment.clone(),
            background: self.background,
            captured: self.captured,
            through: invocation.through.clone(),
        };
        let cost = call.arguments.iter().map(Value::cost).sum::<usize>() + call.stdin.cost();
        self.bytes = self.bytes.saturating_add(cost);
        self.keep(Value::default(), invocation.span)?;
        self.record(self.place(invocation.span), Action::Call(Box::new(call)))
    }

    /// What the word names runs.
    pub(super) fn invoke(&mut self, invocation: Invocation) -> Step<Value> {
        let span = invocation.span;
        self.spend(1, span)?;
        let Some(name) = invocation.name.as_known().map(str::to_owned) else {
            // `"$PWD/bin/tool"`: the folder's own path is not known, the program is.
            if self.inside(&invocation.name).is_some() {
                self.record_call(&invocation, Callee::External)?;
                return self.external(&invocation.name.shape(), &invocation);
            }
            self.record_call(&invocation, Callee::Unknown)?;
            let mut origins = Value::from(invocation.name.clone()).origins();
            origins.extend(self.origin(OriginKind::Output(invocation.name.shape()), span));
            return Ok(Value::hole(origins));
        };
        let declared = self.state.functions.get(&name).filter(|_| invocation.functions).cloned();
        if let Some(functions) = declared {
            self.record_call(&invocation, Callee::Function)?;
            let before = self.snapshot(span)?;
            let mut after: Option<(State, Value)> = None;
            if !functions.certain {
                let output = self.maybe(|machine| machine.named(&name, invocation.clone()))?;
                after = Some((std::mem::replace(&mut self.state, before.clone()), output));
            }
            for body in &functions.bodies {
                self.state = before.clone();
                let output = self.enter(body, invocation.arguments.clone(), span)?;
                match &mut after {
                    None => after = Some((std::mem::take(&mut self.state), output)),
                    Some((state, known)) => {
                        state.join(&self.state);
                        known.join(&output);
                    }
                }
            }
            let (state, output) = after.unwrap_or_default();
            self.state = state;
            return Ok(output);
        }
        self.named(&name, invocation)
    }

    /// No function of the file.
    fn named(&mut self, name: &str, invocation: Invocation) -> Step<Value> {
        if invocation.functions && tables::is_stdlib(name) {
            self.record_call(&invocation, Callee::Stdlib)?;
            return self.stdlib(name, &invocation);
        }
        if invocation.builtins && tables::is_builtin(name) {
            self.record_call(&invocation, Callee::Builtin)?;
            return self.builtin(name, &invocation);
        }
        self.record_call(&invocation, Callee::External)?;
        self.external(name, &invocation)
    }

    /// A variable of which only its origin is known.
    pub(super) fn set_unknown(&mut self, name: &str, value: Value, span: Span) -> Step<()> {
        self.set(name, Content::Scalar(value), span)
    }
}

/// One word of options of `declare` and its like.
pub(super) fn option(text: &str, how: &mut Declaration) {
    let on = text.starts_with('-');
    for letter in text.chars().skip(1) {
        match letter {
            'x' => how.export = Some(on),
            // `export -n`
            'n' if how.export.is_some() => how.export = Some(false),
            'n' => how.reference = on,
            'A' => how.associative = on,
            'i' => how.integer = on,
            'g' => how.local = false,
            'f' | 'F' => how.functions = true,
            _ => {}
        }
    }
}
