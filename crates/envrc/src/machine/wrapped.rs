//! Programs that run other words: `env`, `sudo`, `xargs`, `find -exec`, `op run`, …

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::known::wrappers::{Takes, Wrapper};
use crate::state::Content;
use crate::value::{Text, Value};

impl Machine<'_> {
    /// What stands behind the options of a wrapper runs.
    pub(super) fn wrapped(&mut self, base: &str, how: &Wrapper, invocation: &Invocation) -> Step<Value> {
        let (arguments, span) = (&invocation.arguments, invocation.span);
        let mut output = self.option_code(base, how, invocation)?;
        let own = own_words(how, arguments).filter(|_| !how.only_code && output.is_none());
        if let Some(at) = own {
            let (at, environment) = self.given_variables(base, at, invocation);
            let mut rest = arguments.get(at + how.operands..).unwrap_or_default().to_vec();
            if rest.is_empty() && base == "env" {
                return Ok(self.whole_environment(span));
            }
            if base == "xargs" {
                self.filled_in(&mut rest, invocation);
            }
            let printed = if how.joins {
                self.child(base, &super::builtins::joined(&rest), span)?
            } else {
                self.program_words(base, &rest, &Invocation { environment, ..invocation.clone() })?
            };
            output = Some(printed);
        }
        match output {
            Some(output) if how.command.is_empty() && !how.only_code => Ok(output),
            // What it says itself, it says beside what it runs.
            _ => Ok(self.printed(base, arguments, span)),
        }
    }

    /// Code that is the value of an option, wherever that stands: `su acme -c '…'`.
    fn option_code(&mut self, base: &str, how: &Wrapper, invocation: &Invocation) -> Step<Option<Value>> {
        let arguments = &invocation.arguments;
        let mut output: Option<Value> = None;
        for (at, word) in arguments.iter().enumerate() {
            let Some(text) = word.as_known() else { continue };
            let rest = arguments.get(at + 1..).unwrap_or_default();
            let code = match how.takes_code(text) {
                Takes::Own(value) => Some(Value::known(value)),
                Takes::Next => rest.first().cloned(),
                // `env -i -S '…'`: the options of `env` alone.
                Takes::Nothing if base == "env" && arguments[..at].iter().all(is_option) => {
                    split_string(text, rest)
                }
                Takes::Nothing => None,
            };
            if let Some(code) = code {
                let printed = self.child(base, &code, invocation.span)?;
                output.get_or_insert_with(Value::default).append(&printed);
            }
        }
        Ok(output)
    }

    /// `env A=1 B=$x program`: variables that the program sees.
    fn given_variables(
        &mut self,
        base: &str,
        from: usize,
        invocation: &Invocation,
    ) -> (usize, Vec<(String, Value)>) {
        let mut environment = invocation.environment.clone();
        let mut at = from;
        while let Some(word) =
            invocation.arguments.get(at).filter(|_| matches!(base, "env" | "sudo" | "doas"))
        {
            let Some((name, value)) = assignment(word) else { break };
            if name == "PATH" {
                self.note_folders(&Content::Scalar(value.clone()));
            }
            environment.push((name, value));
            at += 1;
        }
        (at, environment)
    }

    /// The words that `xargs` reads.
    fn filled_in(&self, rest: &mut Vec<Value>, invocation: &Invocation) {
        if rest.is_empty() {
            rest.push(Value::known("echo"));
        }
        let arguments = &invocation.arguments;
        let from = arguments.iter().position(|word| matches!(word.as_known(), Some("-a" | "--arg-file")));
        let input = from.and_then(|at| arguments.get(at + 1)).map(|path| self.content(path, invocation.span));
        let input = input.unwrap_or_else(|| self.stdin.clone());
        match placeholder(arguments) {
            Some(mark) => {
                *rest = rest.iter().map(|word| word.map(|text| filled(text, &mark, &input))).collect();
            }
            None => rest.push(input),
        }
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

    pub(super) fn find_runs(&mut self, invocation: &Invocation) -> Step<()> {
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
}

/// Where the words begin that are no options of its own; nothing where it is told to do something else than to run a program.
fn own_words(how: &Wrapper, arguments: &[Value]) -> Option<usize> {
    let mut commanded = how.command.is_empty();
    let mut at = 0;
    while let Some(text) = arguments.get(at).and_then(Value::as_known) {
        if text == "--" {
            at += 1;
            break;
        }
        if how.command.contains(&text) {
            commanded = true;
            at += 1;
        } else if text.starts_with('-') && text.len() > 1 {
            at += 1 + usize::from(how.takes_next(text));
        } else if commanded {
            break;
        } else {
            at += 1;
        }
    }
    if how.command.is_empty() {
        return Some(at);
    }
    // `aws-vault exec profile -- program`
    let dashes =
        arguments.get(at..).unwrap_or_default().iter().position(|word| word.as_known() == Some("--"));
    let at = dashes.map_or(at, |more| (at + more + 1).saturating_sub(how.operands));
    commanded.then_some(at)
}

fn is_option(word: &Value) -> bool {
    word.as_known().is_some_and(|text| text.starts_with('-'))
}

/// `NAME=value`, where the name is known.
fn assignment(word: &Value) -> Option<(String, Value)> {
    let shape = word.shapes().join("|");
    let (name, _) = shape.split_once('=')?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let value = word.map(|text| {
        let mut cut = Some(name.len() + 1);
        let mut value = Text::default();
        for piece in text.pieces() {
            match (piece, cut) {
                (crate::Piece::Known(known), Some(at)) => {
                    value.push(crate::Piece::Known(known.get(at..).unwrap_or_default().to_owned()));
                    cut = None;
                }
                (piece, _) => value.push(piece.clone()),
            }
        }
        value
    });
    Some((name.to_owned(), value))
}

/// `env -S 'words'`, also as `-iS…` and `--split-string=…`: the string is split, and the other words follow.
fn split_string(option: &str, rest: &[Value]) -> Option<Value> {
    let own = match option.strip_prefix("--split-string") {
        Some(value) => value.strip_prefix('=').or_else(|| value.is_empty().then_some(""))?,
        None if option.starts_with('-') && !option.starts_with("--") => option.split_once('S')?.1,
        None => return None,
    };
    let own = (!own.is_empty()).then(|| Value::known(own));
    let words: Vec<Value> = own.into_iter().chain(rest.iter().cloned()).collect();
    Some(super::builtins::joined(&words))
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
