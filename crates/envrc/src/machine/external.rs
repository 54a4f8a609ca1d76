//! Programs: those that run other words or code, and where what they print comes from.

use std::collections::BTreeSet;

use proofmark_shell::Span;

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::known::interpreters::interpreter;
use crate::known::wrappers::wrapper;
use crate::tables;
use crate::trace::Action;
use crate::value::{Origin, OriginKind, Value};

impl Machine<'_> {
    pub(super) fn external(&mut self, name: &str, invocation: &Invocation) -> Step<Value> {
        let base = name.rsplit('/').next().unwrap_or(name);
        let (arguments, span) = (invocation.arguments.as_slice(), invocation.span);
        // A script of the folder is code that can be read, but it is no shell of ours: it sees what is exported alone.
        if name.contains('/') {
            let mut written = self.candidates(&invocation.name).into_iter();
            let written = written.find_map(|path| self.state.written.get(&path).cloned());
            if let Some(code) = written {
                return self.child(base, &code, span);
            }
        }
        // What lies in the tree, or is found there before the system's programs, runs, whatever its name means elsewhere.
        let own = self.of_the_folder(name, invocation)?;
        if let Some(output) = own.as_ref().filter(|_| name.contains('/')) {
            return Ok(output.clone());
        }
        if let Some(wrapper) = wrapper(base) {
            return self.wrapped(base, wrapper, invocation);
        }
        if base == "find" {
            self.find_runs(invocation)?;
        }
        if let Some(how) = interpreter(base) {
            return self.interpreter(base, how, arguments, span);
        }
        if let Some(output) = own {
            return Ok(output);
        }
        let path =
            if base == "git" { self.toplevel(arguments, span) } else { self.path_of(base, arguments, span) };
        if let Some(path) = path {
            return Ok(path);
        }
        if matches!(base, "cp" | "mv" | "ln")
            && let Some((target, sources)) = arguments.split_last()
            && let Some(source) =
                sources.iter().rfind(|word| word.as_known().is_none_or(|word| !word.starts_with('-')))
        {
            let content = self.content(source, span);
            self.written(target, &content, false);
        }
        let output = self.printed(base, arguments, span);
        if tables::is_network(base) {
            self.saved(base, arguments, &output);
        }
        if base == "tee" {
            let input = self.stdin.clone();
            for path in arguments.iter().filter(|path| path.as_known() != Some("-a")) {
                let action = Action::Open { writes: true, path: path.clone(), data: input.clone() };
                self.record(self.place(span), action)?;
                self.written(path, &input, false);
            }
            return Ok(input);
        }
        Ok(output)
    }

    /// Where what a program prints comes from.
    pub(super) fn printed(&self, base: &str, arguments: &[Value], span: Span) -> Value {
        if matches!(base, "printenv") && arguments.is_empty() {
            return self.whole_environment(span);
        }
        let operands =
            arguments.iter().filter(|argument| argument.as_known().is_none_or(|text| !text.starts_with('-')));
        if matches!(base, "cat" | "head" | "tail" | "tac") {
            let mut value = Value::default();
            let mut files = 0;
            for path in operands {
                files += 1;
                value.append(&self.content(path, span));
            }
            let whole = base == "cat" && arguments.len() == files;
            value = if files == 0 { self.stdin.clone() } else { value };
            return if whole || value.as_known().is_none() {
                value
            } else {
                Value::hole(self.origin(OriginKind::Output(base.to_owned()), span))
            };
        }
        let place = self.place(span);
        let kind =
            if tables::is_network(base) { OriginKind::Network } else { OriginKind::Output(base.to_owned()) };
        let words: Vec<&str> = arguments.iter().filter_map(Value::as_known).collect();
        let secret = tables::prints_secret(base, &words);
        let mut origins = BTreeSet::from([Origin { kind, place, secret }]);
        origins.extend(self.stdin.origins());
        if tables::reads_files(base) {
            for path in operands {
                origins.extend(self.content(path, span).origins());
            }
        }
        // What it is given it may print.
        for argument in arguments {
            origins.extend(argument.origins());
        }
        Value::hole(origins)
    }

    /// `curl -o FILE`, `wget -O FILE`, or the last name of the URL: the file holds what the network gave.
    fn saved(&mut self, base: &str, arguments: &[Value], output: &Value) {
        let words: Vec<Option<&str>> = arguments.iter().map(Value::as_known).collect();
        let short = |text: &str| text.starts_with('-') && !text.starts_with("--");
        let mut named = false;
        for (at, word) in words.iter().enumerate() {
            let to_file = match (base, word) {
                ("wget", Some("-O" | "--output-document")) => true,
                ("curl", Some(text)) => *text == "--output" || (short(text) && text.ends_with('o')),
                _ => false,
            };
            if let Some(path) = arguments.get(at + 1).filter(|_| to_file) {
                named = true;
                self.written(path, output, false);
            }
        }
        let remote = |text: &str| text == "--remote-name" || short(text) && text.contains('O');
        if named || !(base == "wget" || base == "curl" && words.iter().flatten().any(|text| remote(text))) {
            return;
        }
        for url in arguments.iter().flat_map(Value::shapes).filter(|shape| shape.contains("://")) {
            let name = url.split(['?', '#']).next().unwrap_or(&url).rsplit('/').next().unwrap_or_default();
            if !name.is_empty() && !name.contains("${") {
                self.written(&Value::known(name), output, false);
            }
        }
    }
}
