//! The builtins that change what the shell has, print, or run code.

use std::collections::BTreeMap;
use std::rc::Rc;

use proofmark_shell::Span;

use super::assign::Declaration;
use super::invoke::{Invocation, option};
use super::parameter::is_name;
use super::split::Form;
use super::{Machine, Step};
use crate::files::resolve;
use crate::state::{Content, Key, Variable};
use crate::value::{OriginKind, Text, Value};

/// Lines of a known text that a loop reads.
const MAX_LINES: usize = 256;

impl Machine<'_> {
    pub(super) fn builtin(&mut self, name: &str, invocation: &Invocation) -> Step<Value> {
        let (arguments, span) = (invocation.arguments.as_slice(), invocation.span);
        match name {
            "echo" => return Ok(Self::echo(arguments)),
            "printf" => return self.printf_or_set(arguments, span),
            "eval" => return self.evaluate("eval", &joined(arguments), span),
            "source" | "." => return self.source(arguments, span),
            "command" | "builtin" | "exec" => return self.forwarded(name, invocation),
            "pwd" if self.state.variables.contains_key("PWD") => return Ok(self.scalar("PWD")),
            "pwd" => return Ok(Value::hole(self.origin(OriginKind::Folder, span))),
            "dirs" | "type" | "jobs" | "history" | "fc" | "alias" => {
                return Ok(Value::hole(self.origin(OriginKind::Output(name.to_owned()), span)));
            }
            "export" | "readonly" | "declare" | "typeset" | "local" => {
                return self.declare_fields(name, arguments, span);
            }
            "set" => return Ok(self.set_options(arguments, span)),
            "unset" => self.unset(arguments, span)?,
            "shift" => self.shift(arguments),
            "read" => self.read_words(arguments, span)?,
            "mapfile" | "readarray" => self.read_lines(arguments, span)?,
            "cd" | "pushd" | "popd" => self.change_folder(arguments, span),
            "let" => {
                for argument in arguments {
                    self.computed(argument, span)?;
                }
            }
            "trap" => self.trap(arguments, span)?,
            "getopts" => {
                if let Some(name) = arguments.get(1).and_then(Value::as_known).map(str::to_owned) {
                    let value = Value::hole(self.origin(OriginKind::Input, span));
                    self.set_unknown(&name, value, span)?;
                }
            }
            "break" | "continue" | "return" | "exit" | "logout" => self.left = true,
            _ => {}
        }
        Ok(Value::default())
    }

    fn printf_or_set(&mut self, arguments: &[Value], span: Span) -> Step<Value> {
        let word = |at: usize| arguments.get(at).and_then(Value::as_known);
        let (name, rest) = match word(0) {
            Some("-v") => (arguments.get(1), arguments.get(2..).unwrap_or_default()),
            Some("--") => (None, &arguments[1..]),
            Some(text) if text.starts_with("-v") && text.len() > 2 => {
                let name = Value::known(&text[2..]);
                let value = self.printf(&arguments[1..], span);
                self.assign_to(&name, value, span)?;
                return Ok(Value::default());
            }
            _ => (None, arguments),
        };
        let rest =
            if word(2) == Some("--") && name.is_some() { rest.get(1..).unwrap_or_default() } else { rest };
        let value = self.printf(rest, span);
        let value = self.keep(value, span)?;
        match name {
            Some(name) => {
                self.assign_to(&name.clone(), value, span)?;
                Ok(Value::default())
            }
            None => Ok(value),
        }
    }

    /// A variable or an element whose name is a value.
    fn assign_to(&mut self, name: &Value, value: Value, span: Span) -> Step<()> {
        for text in name.options() {
            match text.as_known() {
                Some(name) if is_name(name) => self.set_unknown(name, value.clone(), span)?,
                _ => {
                    let name = text.shape();
                    let action = crate::Action::Assign { name, value: value.clone(), exported: false };
                    self.record(self.place(span), action)?;
                    // `name[index]`: what the array holds is not known any more.
                    if let Some((array, _)) = text.shape().split_once('[')
                        && is_name(array)
                    {
                        let content = Content::Array {
                            elements: BTreeMap::new(),
                            associative: false,
                            open: Some(value.clone()),
                        };
                        self.set(array, content, span)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn source(&mut self, arguments: &[Value], span: Span) -> Step<Value> {
        let arguments = match arguments.first().and_then(Value::as_known) {
            Some("--") => &arguments[1..],
            _ => arguments,
        };
        let Some((path, rest)) = arguments.split_first() else { return Ok(Value::default()) };
        if rest.is_empty() {
            return self.load("source", path, span);
        }
        let outer = std::mem::replace(&mut self.state.positional, rest.to_vec());
        let open = std::mem::replace(&mut self.state.open, false);
        let output = self.load("source", path, span)?;
        self.state.positional = outer;
        self.state.open = open;
        Ok(output)
    }

    /// `command`, `builtin`, `exec`: what stands behind their options runs.
    fn forwarded(&mut self, by: &str, invocation: &Invocation) -> Step<Value> {
        let (span, mut rest) = (invocation.span, invocation.arguments.as_slice());
        while let [first, others @ ..] = rest {
            let Some(options) = first.as_known().and_then(|text| text.strip_prefix('-')) else { break };
            if by == "command" && options.contains(['v', 'V']) {
                return Ok(Value::hole(self.origin(OriginKind::Output("command -v".to_owned()), span)));
            }
            let with_value = by == "exec" && options.ends_with('a');
            rest = if with_value { others.get(1..).unwrap_or_default() } else { others };
        }
        let Some((name, arguments)) = rest.split_first() else { return Ok(Value::default()) };
        let way = |name: &Text| Invocation {
            span,
            name: name.clone(),
            arguments: arguments.to_vec(),
            environment: invocation.environment.clone(),
            through: Some(by.to_owned()),
            functions: false,
            builtins: by != "exec",
        };
        let ways = name.options().iter().map(way).collect();
        self.nested(span, |machine| machine.any_of(ways, span))
    }

    fn declare_fields(&mut self, name: &str, arguments: &[Value], span: Span) -> Step<Value> {
        let mut how = Declaration {
            export: (name == "export").then_some(true),
            local: matches!(name, "declare" | "typeset" | "local") && !self.frames.is_empty(),
            ..Declaration::default()
        };
        let mut operands = 0;
        for argument in arguments {
            match argument.as_known() {
                Some(text) if text.starts_with(['-', '+']) => option(text, &mut how),
                _ => {
                    operands += 1;
                    if !how.functions {
                        self.declare_field(argument, how, span)?;
                    }
                }
            }
        }
        Ok(if operands == 0 { self.whole_environment(span) } else { Value::default() })
    }

    fn set_options(&mut self, arguments: &[Value], span: Span) -> Value {
        if arguments.is_empty() {
            return self.whole_environment(span);
        }
        for (at, argument) in arguments.iter().enumerate() {
            match argument.as_known() {
                Some("--") => {
                    self.state.positional = arguments[at + 1..].to_vec();
                    self.state.open = false;
                    break;
                }
                Some("-a" | "allexport") => self.state.export_all = true,
                Some("+a") => self.state.export_all = false,
                Some(text) if text.starts_with('-') && text.contains('a') && !text.contains('o') => {
                    self.state.export_all = true;
                }
                Some(text) if text.starts_with(['-', '+']) => {}
                _ if at > 0 && arguments[at - 1].as_known().is_some_and(|text| text.ends_with('o')) => {}
                _ => {
                    self.state.positional = arguments[at..].to_vec();
                    self.state.open = false;
                    break;
                }
            }
        }
        Value::default()
    }

    fn unset(&mut self, arguments: &[Value], span: Span) -> Step<()> {
        let mut functions = false;
        for name in arguments.iter().flat_map(Value::options) {
            match name.as_known() {
                Some("-f") => functions = true,
                Some("-v" | "-n" | "--") | None => {}
                Some(name) if functions => {
                    self.state.functions.remove(name);
                }
                Some(name) if is_name(name) => {
                    let mut variable = Variable::new(Content::Nothing);
                    variable.unset = true;
                    self.spend(1, span)?;
                    self.state.variables.insert(name.to_owned(), Rc::new(variable));
                }
                Some(name) => self.unset_element(name, span)?,
            }
        }
        Ok(())
    }

    /// `unset 'name[key]'`
    fn unset_element(&mut self, text: &str, span: Span) -> Step<()> {
        let Some((name, key)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) else {
            return Ok(());
        };
        let Some(variable) = self.state.variables.get(name) else { return Ok(()) };
        let (mut elements, associative, mut open) = variable.content.as_array();
        let variable = Variable::clone(variable);
        self.spend(1 + elements.len() / 8, span)?;
        let key =
            if associative { Some(Key::Name(key.to_owned())) } else { key.parse().ok().map(Key::Index) };
        // An index from the end, or one that is computed: which element goes is not known.
        let known = key.filter(|key| !matches!(key, Key::Index(at) if *at < 0) && open.is_none());
        if let Some(key) = known {
            elements.remove(&key);
        } else {
            let hole = Value::hole(self.origin(OriginKind::Many, span));
            open.get_or_insert_with(|| hole.clone()).join(&hole);
        }
        let content = Content::Array { elements, associative, open };
        self.state.variables.insert(name.to_owned(), Rc::new(Variable { content, ..variable }));
        Ok(())
    }

    fn shift(&mut self, arguments: &[Value]) {
        let count = match arguments.first() {
            None => Some(1),
            Some(count) => count.as_known().and_then(|n| n.parse::<usize>().ok()),
        };
        match count {
            Some(count) if count <= self.state.positional.len() => {
                self.state.positional.drain(..count);
            }
            Some(_) => {}
            None => self.state.positional.clear(),
        }
    }

    /// `read`: the first line, split where it is known.
    fn read_words(&mut self, arguments: &[Value], span: Span) -> Step<()> {
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
        let line = self.stdin.as_known().filter(|text| !special && (raw || !text.contains('\\')));
        let line = line.map(|text| text.split('\n').next().unwrap_or("").to_owned());
        let Some(line) = line else { return self.read_unknown(names, array, span) };
        if let Some(lines) = self.stdin.as_known().map(str::trim_end).filter(|text| text.contains('\n')) {
            let lines = lines.to_owned();
            if array.is_none() && !names.is_empty() {
                return self.read_each(&names, &lines, span);
            }
        }
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

    /// A loop reads one line after the other: each name may be what stands in its place of any of them. What may be a command
    /// comes first where there are more than are kept.
    fn read_each(&mut self, names: &[String], text: &str, span: Span) -> Step<()> {
        let separators = self.separators();
        let mut columns: Vec<Vec<String>> = vec![Vec::new(); names.len()];
        for line in text.lines().take(MAX_LINES) {
            self.spend(1, span)?;
            let mut rest = line.trim_matches(|c: char| matches!(c, ' ' | '\t') && separators.contains(c));
            for (at, column) in columns.iter_mut().enumerate() {
                let last = at + 1 == names.len();
                let cut = rest.find(|c| separators.contains(c)).filter(|_| !last);
                let (field, after) = cut.map_or((rest, ""), |cut| (&rest[..cut], &rest[cut..]));
                let after = after.strip_prefix(|c| separators.contains(c)).unwrap_or(after);
                rest = after.trim_start_matches(|c: char| matches!(c, ' ' | '\t') && separators.contains(c));
                if !column.iter().any(|known| known == field) {
                    column.push(field.to_owned());
                }
            }
        }
        for (name, mut column) in names.iter().zip(columns) {
            column.sort_by_key(|field| !field.contains(['|', ';', '&', '$', '`', '/']));
            let mut value = Value::default();
            for (at, field) in column.iter().take(crate::value::MAX_OPTIONS).enumerate() {
                let field = Value::known(field.as_str());
                if at == 0 { value = field } else { value.join(&field) }
            }
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

    fn read_lines(&mut self, arguments: &[Value], span: Span) -> Step<()> {
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

    fn change_folder(&mut self, arguments: &[Value], span: Span) {
        let path =
            arguments.iter().find(|argument| argument.as_known().is_none_or(|text| !text.starts_with('-')));
        let known = path.and_then(Value::as_known);
        let folder = match (known, &self.state.folder) {
            (Some(path), Some(folder)) => resolve(folder, path),
            // `cd "$(dirname "${BASH_SOURCE[0]}")"`
            _ => path.and_then(|path| match path.options() {
                [text] if text.shape() == "${PWD}" => Some(String::new()),
                [text] => self.inside(text),
                _ => None,
            }),
        };
        let unknown = folder.is_none();
        self.enter_folder(folder, span);
        if unknown {
            let variable = Variable::new(Content::Scalar(path.cloned().unwrap_or_default()));
            self.state.variables.insert("PWD".to_owned(), Rc::new(variable));
        }
    }

    /// The working directory, and `PWD` with it.
    pub(super) fn enter_folder(&mut self, folder: Option<String>, span: Span) {
        let mut value = Value::hole(self.origin(OriginKind::Folder, span));
        if let Some(folder) = folder.as_deref().filter(|folder| !folder.is_empty()) {
            value.append(&Value::known(format!("/{folder}")));
        }
        let variable = Variable::new(Content::Scalar(value));
        self.state.variables.insert("PWD".to_owned(), Rc::new(variable));
        self.state.folder = folder;
    }

    /// The code of a trap runs later, perhaps.
    fn trap(&mut self, arguments: &[Value], span: Span) -> Step<()> {
        let Some((code, signals)) = arguments.split_first() else { return Ok(()) };
        if signals.is_empty() || matches!(code.as_known(), Some("-" | "-p" | "-l" | "")) {
            return Ok(());
        }
        let code = if code.as_known() == Some("--") { &signals[0] } else { code };
        self.perhaps(span, |machine| machine.evaluate("trap", code, span))?;
        Ok(())
    }
}

/// As `eval` joins its words.
pub(super) fn joined(arguments: &[Value]) -> Value {
    let mut value = Value::default();
    for (at, argument) in arguments.iter().enumerate() {
        if at > 0 {
            value.append(&Value::known(" "));
        }
        value.append(argument);
    }
    value
}
