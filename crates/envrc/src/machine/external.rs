//! Programs: those that run other words or code, and where what they print comes from.

use std::collections::BTreeSet;

use proofmark_shell::Span;

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::tables::{self, Wrapper};
use crate::trace::Action;
use crate::value::{Origin, OriginKind, Text, Value};

impl Machine<'_> {
    pub(super) fn external(&mut self, name: &str, invocation: &Invocation) -> Step<Value> {
        let base = name.rsplit('/').next().unwrap_or(name);
        let (arguments, span) = (invocation.arguments.as_slice(), invocation.span);
        let words: Vec<Option<&str>> = arguments.iter().map(Value::as_known).collect();
        let line =
            words.iter().position(|word| word.is_some_and(|word| tables::line_options(base).contains(&word)));
        if let Some(code) = line.and_then(|at| arguments.get(at + 1)) {
            return self.child(base, &code.clone(), span);
        }
        if let Some(from) = tables::runs_from(base, &words) {
            self.program_words(base, arguments.get(from..).unwrap_or_default(), invocation)?;
            return Ok(self.printed(base, arguments, span));
        }
        if let Some(wrapper) = tables::wrapper(base) {
            return self.wrapped(base, wrapper, invocation);
        }
        // Schedulers read the script of a job.
        if matches!(base, "sbatch" | "qsub" | "bsub" | "at" | "batch") && self.stdin != Value::default() {
            let code = self.stdin.clone();
            return self.child(base, &code, span);
        }
        if base == "find" {
            self.find_runs(invocation)?;
        }
        if let Some(option) = tables::interpreter(base) {
            return self.interpreter(base, option, arguments, span);
        }
        // A script of the folder is code that can be read, but it is no shell of ours: it sees what is exported alone.
        if name.contains('/')
            && let Some(code) =
                self.inside(&invocation.name).and_then(|path| self.state.written.get(&path).cloned())
        {
            return self.child(base, &code, span);
        }
        if let Some(path) = self.path_of(base, arguments, span) {
            return Ok(path);
        }
        if let Some(output) = self.of_the_folder(name, invocation)? {
            return Ok(output);
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

    /// `env`, `sudo`, `xargs`, …: what stands behind their options runs.
    fn wrapped(&mut self, base: &str, wrapper: Wrapper, invocation: &Invocation) -> Step<Value> {
        let mut at = 0;
        let mut environment = invocation.environment.clone();
        let arguments = &invocation.arguments;
        while let Some(text) = arguments.get(at).and_then(Value::as_known) {
            if text == "--" {
                at += 1;
                break;
            }
            if base == "env" && (text == "-S" || text == "--split-string") {
                let code = super::builtins::joined(arguments.get(at + 1..).unwrap_or_default());
                return self.child(base, &code, invocation.span);
            }
            if text.starts_with('-') && text.len() > 1 {
                at += 1 + usize::from(wrapper.with_value.contains(&text));
                continue;
            }
            match text.split_once('=') {
                Some((name, value)) if matches!(base, "env" | "sudo" | "doas") => {
                    environment.push((name.to_owned(), Value::known(value)));
                    at += 1;
                }
                _ => break,
            }
        }
        // `env "A=$x"`
        while base == "env"
            && let Some((name, _)) = arguments
                .get(at)
                .filter(|argument| argument.as_known().is_none())
                .map(|argument| argument.shapes().join("|"))
                .as_deref()
                .and_then(|shape| shape.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        {
            environment.push((name, arguments[at].clone()));
            at += 1;
        }
        let rest = arguments.get(at + wrapper.operands..).unwrap_or_default();
        if rest.is_empty() && base == "env" {
            return Ok(self.whole_environment(invocation.span));
        }
        let mut rest = rest.to_vec();
        if base == "xargs" {
            if rest.is_empty() {
                rest.push(Value::known("echo"));
            }
            let from = arguments.iter().position(|word| matches!(word.as_known(), Some("-a" | "--arg-file")));
            let input =
                from.and_then(|at| arguments.get(at + 1)).map(|path| self.content(path, invocation.span));
            let input = input.unwrap_or_else(|| self.stdin.clone());
            match placeholder(arguments) {
                Some(mark) => {
                    rest = rest.iter().map(|word| word.map(|text| filled(text, &mark, &input))).collect();
                }
                None => rest.push(input),
            }
        }
        self.program_words(base, &rest, &Invocation { environment, ..invocation.clone() })
    }

    /// These words are a program and its arguments.
    pub(super) fn program_words(&mut self, by: &str, words: &[Value], outer: &Invocation) -> Step<Value> {
        let Some((name, arguments)) = words.split_first() else { return Ok(Value::default()) };
        let ways = name.options().iter().map(|name| Invocation {
            span: outer.span,
            name: name.clone(),
            arguments: arguments.to_vec(),
            environment: outer.environment.clone(),
            through: Some(by.to_owned()),
            functions: false,
            builtins: false,
        });
        let ways = ways.collect();
        self.nested(outer.span, |machine| machine.any_of(ways, outer.span))
    }

    fn find_runs(&mut self, invocation: &Invocation) -> Step<()> {
        let arguments = &invocation.arguments;
        for (at, argument) in arguments.iter().enumerate() {
            if matches!(argument.as_known(), Some("-exec" | "-execdir" | "-ok" | "-okdir")) {
                let words = arguments[at + 1..].iter();
                let words: Vec<Value> =
                    words.take_while(|word| !matches!(word.as_known(), Some(";" | "+"))).cloned().collect();
                self.maybe(|machine| machine.program_words("find", &words, invocation))?;
            }
        }
        Ok(())
    }

    /// An interpreter: its code is an argument, a file, or what it reads.
    fn interpreter(&mut self, base: &str, code_option: &str, arguments: &[Value], span: Span) -> Step<Value> {
        let is_code = |argument: &Value| {
            argument.as_known().is_some_and(|text| {
                let single = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
                single.is_some_and(|letters| letters.contains(code_option))
            })
        };
        if let Some(at) = arguments.iter().position(is_code) {
            let Some(code) = arguments.get(at + 1) else { return Ok(Value::default()) };
            let positional = arguments.get(at + 3..).unwrap_or_default().to_vec();
            let outer = std::mem::replace(&mut self.state.positional, positional);
            let open = std::mem::replace(&mut self.state.open, false);
            let output = self.code(base, code, span)?;
            self.state.positional = outer;
            self.state.open = open;
            return Ok(output);
        }
        // `bash -s -- words`: the code is what it reads.
        let reads = tables::is_shell(base)
            && arguments.iter().any(|word| word.as_known() == Some("-s"))
            && self.stdin != Value::default();
        if reads {
            let code = self.stdin.clone();
            return self.code(base, &code, span);
        }
        let module = arguments.iter().any(|argument| argument.as_known() == Some("-m"));
        let file =
            arguments.iter().find(|argument| argument.as_known().is_none_or(|text| !text.starts_with('-')));
        match file {
            Some(_) if module => Ok(self.printed(base, arguments, span)),
            Some(path) => {
                let code = self.content(path, span);
                self.code(base, &code, span)
            }
            None if arguments.iter().any(|argument| argument.as_known().is_some_and(asks)) => {
                Ok(self.printed(base, arguments, span))
            }
            None => {
                let code = self.stdin.clone();
                if code == Value::default() {
                    return Ok(self.printed(base, arguments, span));
                }
                self.code(base, &code, span)
            }
        }
    }

    fn code(&mut self, base: &str, code: &Value, span: Span) -> Step<Value> {
        if tables::is_shell(base) {
            return self.child(base, code, span);
        }
        self.record(self.place(span), Action::Code { by: base.to_owned(), code: code.clone() })?;
        let mut origins = code.origins();
        origins.extend(self.origin(OriginKind::Output(base.to_owned()), span));
        Ok(Value::hole(origins))
    }

    /// Code of a shell of its own: what it sets is its own, and functions of this shell it does not have.
    fn child(&mut self, by: &str, code: &Value, span: Span) -> Step<Value> {
        self.subshell(span, |machine| {
            machine.state.functions.clear();
            machine.evaluate(by, code, span)
        })
    }

    /// Where what a program prints comes from.
    fn printed(&self, base: &str, arguments: &[Value], span: Span) -> Value {
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
        let words: Vec<&str> = arguments.iter().filter_map(Value::as_known).collect();
        // The kind of machine is what a download is chosen by; its name says which it is.
        let kind = match base {
            _ if tables::is_network(base) => OriginKind::Network,
            "uname" if !words.iter().any(|word| word.contains(['a', 'n'])) => {
                OriginKind::Output("uname -s".to_owned())
            }
            _ => OriginKind::Output(base.to_owned()),
        };
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

/// What `xargs -I` replaces.
fn placeholder(arguments: &[Value]) -> Option<String> {
    let words: Vec<&str> = arguments.iter().map(|word| word.as_known().unwrap_or("")).collect();
    let at = words.iter().position(|word| word.starts_with("-I"))?;
    let mark =
        words[at].strip_prefix("-I").filter(|mark| !mark.is_empty()).or_else(|| words.get(at + 1).copied());
    mark.filter(|mark| !mark.is_empty()).map(str::to_owned)
}

/// The text with what is read in the place of the mark.
fn filled(text: &Text, mark: &str, input: &Value) -> Text {
    let Some((before, after)) = text.as_known().and_then(|known| known.split_once(mark)) else {
        return text.clone();
    };
    let mut value = Text::known(before);
    match input.options() {
        [one] => value.append(one),
        _ => value.append(&Text::hole(input.origins())),
    }
    value.append(&Text::known(after));
    value
}

/// An option that only asks.
fn asks(text: &str) -> bool {
    matches!(text, "--version" | "-V" | "-v" | "--help" | "-h")
}
