//! The builtins that change what the shell has, print, or run code.

use std::collections::BTreeMap;
use std::rc::Rc;

use proofmark_shell::Span;

use super::assign::Declaration;
use super::invoke::{Invocation, option};
use super::parameter::is_name;
use super::reading::option_value;
use super::{Machine, Step};
use crate::state::{Content, Key, Variable};
use crate::value::{OriginKind, Text, Value};

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
            "alias" => self.alias(arguments),
            "hash" => self.hash(arguments),
            "compgen" => self.compgen(arguments, invocation)?,
            "test" | "[" => self.test_names(arguments, span)?,
            "wait" => {
                if let Some(name) = option_value(arguments, 'p', "") {
                    self.names(&name, span)?;
                }
            }
            "shopt" => self.shopt(arguments),
            "unalias" => self.state.aliases.clear(),
            "dirs" | "type" | "jobs" | "history" | "fc" => {
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
            "cd" | "pushd" | "popd" => self.change_folder(name, arguments, span),
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
    pub(super) fn assign_to(&mut self, name: &Value, value: Value, span: Span) -> Step<()> {
        self.names(name, span)?;
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
        let searched = self.searched(path, span);
        if rest.is_empty() {
            return self.load("source", &searched, span);
        }
        let outer = std::mem::replace(&mut self.state.positional, rest.to_vec());
        let open = std::mem::replace(&mut self.state.open, false);
        let output = self.load("source", &searched, span)?;
        self.state.positional = outer;
        self.state.open = open;
        Ok(output)
    }

    /// A name without a slash is looked for in `PATH`, and then in the working directory.
    fn searched(&self, path: &Value, span: Span) -> Value {
        let Some(name) = path.as_known().filter(|name| !name.is_empty() && !name.contains('/')) else {
            return path.clone();
        };
        let mut all = path.clone();
        for folder in self.path_folders.iter().rev() {
            let found = super::folder::joined(folder, name);
            if matches!(self.files.read(&found), crate::FileAnswer::Bytes(_)) {
                all.join(&self.in_the_folder(&found, span));
            }
        }
        all
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
        let mut at = 0;
        while let Some(text) = arguments.get(at).and_then(Value::as_known) {
            let on = text.starts_with('-');
            if text == "--" {
                at += 1;
                break;
            }
            if text.len() < 2 || !text.starts_with(['-', '+']) {
                break;
            }
            at += 1;
            if text.contains('a') {
                self.state.export_all = on;
            }
            // `set -eo pipefail`: each `o` takes a word.
            for _ in text.chars().filter(|letter| *letter == 'o') {
                if arguments.get(at).and_then(Value::as_known) == Some("allexport") {
                    self.state.export_all = on;
                }
                at += 1;
            }
        }
        // `set -e` leaves the parameters as they are, `set --` takes them all away.
        let ended = at > 0 && arguments.get(at - 1).and_then(Value::as_known) == Some("--");
        if at < arguments.len() || ended {
            self.state.positional = arguments.get(at..).unwrap_or_default().to_vec();
            self.state.open = false;
        }
        Value::default()
    }

    /// `shopt -so allexport`
    fn shopt(&mut self, arguments: &[Value]) {
        let words: Vec<&str> = arguments.iter().filter_map(Value::as_known).collect();
        let has = |letter: char| words.iter().any(|word| word.starts_with('-') && word.contains(letter));
        if has('s') && words.contains(&"allexport") {
            self.state.export_all = true;
        }
    }

    /// Words that stand for others. What `alias` prints is nobody's code.
    fn alias(&mut self, arguments: &[Value]) {
        for argument in arguments {
            for text in argument.options() {
                let parts = text.split('=');
                let Some(name) = parts.first().and_then(Text::as_known).filter(|_| parts.len() > 1) else {
                    continue;
                };
                let mut value = Text::default();
                for (at, part) in parts[1..].iter().enumerate() {
                    if at > 0 {
                        value.append(&Text::known("="));
                    }
                    value.append(part);
                }
                self.state.aliases.insert(name.to_owned(), value.into());
            }
        }
    }

    /// `hash -p FILE NAME`
    fn hash(&mut self, arguments: &[Value]) {
        let Some(path) = option_value(arguments, 'p', "") else { return };
        if let Some(name) = arguments.last().and_then(Value::as_known) {
            self.state.hashed.insert(name.to_owned(), path);
        }
    }

    /// `compgen -W` expands its words, `-C` and `-F` run a command or a function.
    fn compgen(&mut self, arguments: &[Value], invocation: &Invocation) -> Step<()> {
        const OTHERS: &str = "AGPSXoCFW";
        let span = invocation.span;
        if let Some(words) = option_value(arguments, 'W', OTHERS) {
            let mut code = Value::known(": ");
            code.append(&words);
            self.evaluate("compgen", &code, span)?;
        }
        if let Some(code) = option_value(arguments, 'C', OTHERS) {
            self.evaluate("compgen", &code, span)?;
        }
        if let Some(function) = option_value(arguments, 'F', OTHERS) {
            let way = Invocation { arguments: vec![function], ..invocation.clone() };
            self.in_this_shell("compgen", 0, &way)?;
        }
        Ok(())
    }

    /// `test -v NAME`, `test -R NAME`: a subscript in the name is computed.
    fn test_names(&mut self, arguments: &[Value], span: Span) -> Step<()> {
        for (option, name) in arguments.iter().zip(arguments.iter().skip(1)) {
            if matches!(option.as_known(), Some("-v" | "-R")) {
                self.names(name, span)?;
            }
        }
        Ok(())
    }

    fn unset(&mut self, arguments: &[Value], span: Span) -> Step<()> {
        let mut functions = false;
        for name in arguments {
            self.names(name, span)?;
        }
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
