//! Interpreters: their code is an argument, a file, or what they read.

use proofmark_shell::Span;

use super::{Machine, Step};
use crate::files::FileAnswer;
use crate::known::interpreters::{Interpreter, is_shell};
use crate::trace::Action;
use crate::value::{OriginKind, Value};

/// What the options of an interpreter say.
#[derive(Debug, Default)]
struct Asked {
    /// Code that stands among the words.
    code: Vec<Value>,
    /// Files that run before.
    files: Vec<Value>,
    /// The first operand is code.
    operand_is_code: bool,
    /// The code is read.
    input: bool,
    /// It runs a module: what follows are the words of that.
    module: bool,
    /// It is asked for its version or for help.
    question: bool,
    /// Where the operands begin.
    operands: usize,
}

impl Machine<'_> {
    pub(super) fn interpreter(
        &mut self,
        base: &str,
        how: &Interpreter,
        arguments: &[Value],
        span: Span,
    ) -> Step<Value> {
        let asked = if how.shell { of_a_shell(how, arguments) } else { of_another(how, arguments) };
        for file in &asked.files {
            let code = self.content(file, span);
            self.code(base, &code, span)?;
        }
        let operands = arguments.get(asked.operands..).unwrap_or_default();
        let mut output: Option<Value> = None;
        for code in &asked.code {
            let printed = self.with_parameters(operands, |machine| machine.code(base, code, span))?;
            output.get_or_insert_with(Value::default).append(&printed);
        }
        if let Some(output) = output {
            return Ok(output);
        }
        match operands.split_first() {
            _ if asked.module => Ok(self.printed(base, arguments, span)),
            None if asked.question => Ok(self.printed(base, arguments, span)),
            Some((code, rest)) if asked.operand_is_code => {
                let parameters = rest.get(1..).unwrap_or_default();
                self.with_parameters(parameters, |machine| machine.code(base, code, span))
            }
            None if asked.operand_is_code => Ok(Value::default()),
            Some((path, rest)) if !asked.input => {
                let code = self.script(path, span);
                let mut output = self.with_parameters(rest, |machine| machine.code(base, &code, span))?;
                // A word that is not known may have been an option.
                if path.as_known().is_none() {
                    let later = if how.shell { of_a_shell(how, rest) } else { of_another(how, rest) };
                    let operand = later.operand_is_code.then(|| rest.get(later.operands).cloned()).flatten();
                    for code in later.code.iter().chain(&operand) {
                        output.join(&self.perhaps(span, |machine| machine.code(base, code, span))?);
                    }
                }
                Ok(output)
            }
            _ => {
                let code = self.stdin.clone();
                if code == Value::default() {
                    return Ok(self.printed(base, arguments, span));
                }
                self.with_parameters(operands, |machine| machine.code(base, &code, span))
            }
        }
    }

    fn with_parameters<T>(&mut self, words: &[Value], run: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let outer = std::mem::replace(&mut self.state.positional, words.to_vec());
        let open = std::mem::replace(&mut self.state.open, false);
        let result = run(self)?;
        self.state.positional = outer;
        self.state.open = open;
        Ok(result)
    }

    /// The text of a script: a name that is not in the working directory is looked for in `PATH`.
    fn script(&self, path: &Value, span: Span) -> Value {
        let bare = path.as_known().filter(|name| !name.contains('/'));
        let absent = |name: &str| {
            self.candidates(&crate::Text::known(name))
                .iter()
                .all(|path| self.files.read(path) == FileAnswer::Absent)
        };
        let found = bare.filter(|name| absent(name)).and_then(|name| {
            let mut paths = self.path_folders.iter().rev().map(|folder| super::folder::joined(folder, name));
            paths.find(|path| matches!(self.files.read(path), FileAnswer::Bytes(_)))
        });
        match found {
            Some(path) => self.content(&self.in_the_folder(&path, span), span),
            None => self.content(path, span),
        }
    }

    pub(super) fn code(&mut self, base: &str, code: &Value, span: Span) -> Step<Value> {
        if is_shell(base) {
            return self.child(base, code, span);
        }
        self.record(self.place(span), Action::Code { by: base.to_owned(), code: code.clone() })?;
        let mut origins = code.origins();
        origins.extend(self.origin(OriginKind::Output(base.to_owned()), span));
        Ok(Value::hole(origins))
    }

    /// Code of a shell of its own: what it sets is its own, and functions of this shell it does not have.
    pub(super) fn child(&mut self, by: &str, code: &Value, span: Span) -> Step<Value> {
        self.subshell(span, |machine| {
            machine.state.functions.clear();
            machine.evaluate(by, code, span)
        })
    }
}

/// `-c` says what the first operand is, and options may stand on both sides of it.
fn of_a_shell(how: &Interpreter, arguments: &[Value]) -> Asked {
    let mut asked = Asked::default();
    let mut at = 0;
    while let Some(text) = arguments.get(at).and_then(Value::as_known) {
        if matches!(text, "--" | "-") {
            at += 1;
            break;
        }
        let on = text.starts_with('-');
        if text.starts_with("--") {
            asked.question |= asks(text);
            if how.files.contains(&text) {
                asked.files.extend(arguments.get(at + 1).cloned());
            }
            at += 1 + usize::from(how.values_long.contains(&text));
        } else if text.len() > 1 && (on || text.starts_with('+')) {
            let letters = &text[1..];
            asked.operand_is_code |= on && letters.contains(how.code);
            asked.input |= on && letters.contains('s');
            at += 1 + letters.chars().filter(|letter| how.values.contains(*letter)).count();
        } else {
            break;
        }
    }
    asked.operands = at;
    asked
}

fn of_another(how: &Interpreter, arguments: &[Value]) -> Asked {
    let mut asked = Asked::default();
    let mut at = 0;
    while let Some(text) = arguments.get(at).and_then(Value::as_known) {
        at += 1;
        match text {
            "--" => break,
            "-" => {
                asked.input = true;
                break;
            }
            _ if asks(text) => asked.question = true,
            _ if text.starts_with("--") => {
                let (name, value) =
                    text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
                let takes = how.code_long.contains(&name)
                    || how.values_long.contains(&name)
                    || how.files.contains(&name);
                let next = arguments.get(at).filter(|_| takes && value.is_none()).cloned();
                at += usize::from(next.is_some());
                keep(how, name, value.map(Value::known).or(next), &mut asked);
            }
            _ if text.len() > 1 && text.starts_with('-') => {
                at += of_letters(how, text, arguments.get(at), &mut asked);
                if asked.module {
                    break;
                }
            }
            _ => {
                at -= 1;
                break;
            }
        }
    }
    asked.operands = at;
    asked
}

/// One word of letters; how many of the next words belong to it.
fn of_letters(how: &Interpreter, text: &str, next: Option<&Value>, asked: &mut Asked) -> usize {
    for (at, letter) in text.char_indices().skip(1) {
        let name = format!("-{letter}");
        let rest = &text[at + letter.len_utf8()..];
        if how.attached.contains(letter) {
            return 0;
        }
        // `node -pe`
        let more = !rest.is_empty() && rest.chars().all(|letter| how.code.contains(letter));
        if how.code.contains(letter) && !more
            || how.values.contains(letter)
            || how.files.contains(&name.as_str())
        {
            let own = (!rest.is_empty()).then(|| Value::known(rest));
            let taken = usize::from(own.is_none() && next.is_some());
            // `python -m`: what follows are the words of the module.
            asked.module |= letter == 'm' && how.runs_modules();
            keep(how, &name, own.or_else(|| next.cloned()), asked);
            return taken;
        }
    }
    0
}

/// The value of an option.
fn keep(how: &Interpreter, name: &str, value: Option<Value>, asked: &mut Asked) {
    let Some(value) = value else { return };
    let letter = name.strip_prefix('-').filter(|rest| rest.len() == 1);
    let code = letter.is_some_and(|letter| how.code.contains(letter)) || how.code_long.contains(&name);
    // `perl -M'x;…'` puts what stands there into a line of code.
    let module = matches!(name, "-M" | "-m")
        && value.shapes().iter().any(|shape| shape.contains([';', '(', '{', '`', ' ']));
    if code || module {
        asked.code.push(value);
    } else if how.files.contains(&name) {
        asked.files.push(value);
    }
}

/// An option that only asks.
fn asks(text: &str) -> bool {
    matches!(text, "--version" | "-V" | "-v" | "--help" | "-h")
}
