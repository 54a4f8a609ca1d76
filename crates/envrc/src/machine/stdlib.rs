//! The functions of direnv's standard library that load, run or print something, or compute what they are given. The others
//! are calls alone.

use proofmark_shell::Span;

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::known::stdlib::asks;
use crate::state::Content;
use crate::value::{OriginKind, Piece, Text, Value};

impl Machine<'_> {
    pub(super) fn stdlib(&mut self, name: &str, invocation: &Invocation) -> Step<Value> {
        let (arguments, span) = (invocation.arguments.as_slice(), invocation.span);
        self.asks_for(asks(name), invocation)?;
        match name {
            "source_env" | "source_env_if_exists" => {
                if let Some(path) = arguments.first() {
                    return self.load(name, path, span);
                }
            }
            "source_up" | "source_up_if_exists" => return self.source_up(name, arguments.first(), span),
            // Its second word says what to run where there is no file.
            "_source_up" => {
                self.source_up(name, arguments.first(), span)?;
                let words = arguments.get(1).and_then(Value::as_known).unwrap_or_default();
                let arguments = words.split_ascii_whitespace().map(Value::known).collect();
                return self.in_this_shell(name, 0, &Invocation { arguments, ..invocation.clone() });
            }
            "dotenv" | "dotenv_if_exists" => {
                let path = arguments.first().cloned().unwrap_or_else(|| Value::known(".env"));
                self.dotenv(name, &path, span)?;
            }
            // A file of variables which nobody can read.
            "direnv_apply_dump" => {
                if let Some(path) = arguments.first() {
                    self.dotenv(name, path, span)?;
                }
            }
            "source_url" => return self.source_url(arguments, span),
            "fetchurl" => {
                // With a hash it prints the path of a file with this content.
                let kind = if arguments.len() > 1 {
                    OriginKind::Output(name.to_owned())
                } else {
                    OriginKind::Network
                };
                return Ok(Value::hole(self.origin(kind, span)));
            }
            // They end in `"${@}"`: what they are given runs in this shell, functions and builtins too.
            "strict_env" | "unstrict_env" | "direnv_load" | "__main__" => {
                return self.in_this_shell(name, 0, invocation);
            }
            "__env_strictness" => return self.in_this_shell(name, 1, invocation),
            "use" => return self.dispatched(name, invocation),
            "layout" => return self.layout(invocation),
            _ if name.starts_with("layout_") || name.starts_with("use_") || name == "rvm" => {
                return self.of_a_language(name, invocation);
            }
            _ => return self.of_paths(name, arguments, span),
        }
        Ok(Value::default())
    }

    /// Functions that put paths together, and those that put them into variables.
    fn of_paths(&mut self, name: &str, arguments: &[Value], span: Span) -> Step<Value> {
        match name {
            "PATH_add" => self.path_add("PATH", arguments, span)?,
            "MANPATH_add" => self.path_add("MANPATH", arguments, span)?,
            "path_add" => {
                let Some((variable, paths)) = arguments.split_first() else { return Ok(Value::default()) };
                // `${!1}`
                self.names(variable, span)?;
                if let Some(variable) = variable.as_known().map(str::to_owned) {
                    self.path_add(&variable, paths, span)?;
                }
            }
            "PATH_rm" | "path_rm" => {
                let variable = match (name, arguments.first()) {
                    ("path_rm", Some(variable)) => variable.clone(),
                    _ => Value::known("PATH"),
                };
                self.names(&variable, span)?;
                if let Some(variable) = variable.as_known().map(str::to_owned) {
                    let mut value = self.scalar_or_environment(&variable, span);
                    value.join(&Value::hole(self.origin(OriginKind::Expansion, span)));
                    self.set(&variable, Content::Scalar(value), span)?;
                }
            }
            "env_vars_required" => {
                for variable in arguments {
                    self.names(variable, span)?;
                }
            }
            "load_prefix" => self.load_prefix(&arguments.first().cloned().unwrap_or_default(), span)?,
            "expand_path" => return Ok(self.expanded_from(arguments.first(), arguments.get(1), span)),
            "find_up" => return Ok(self.found_above(arguments, span)),
            "direnv_layout_dir" => return Ok(self.layout_dir(span)),
            "user_rel_path" | "semver_search" | "join_args" => {
                let mut origins = self.origin(OriginKind::Output(name.to_owned()), span);
                for argument in arguments {
                    origins.extend(argument.origins());
                }
                return Ok(Value::hole(origins));
            }
            _ => {}
        }
        Ok(Value::default())
    }

    /// What lies above is outside of the folder.
    fn source_up(&mut self, by: &str, file: Option<&Value>, span: Span) -> Step<Value> {
        let mut path = Value::hole(self.origin(OriginKind::Folder, span));
        path.append(&Value::known("/../"));
        path.append(&file.cloned().unwrap_or_else(|| Value::known(".envrc")));
        // It has an approval of its own, and is judged by itself.
        self.record_load(by, &path, crate::Loaded::Outside, span)?;
        let code = self.content(&path, span);
        self.evaluate(by, &code, span)
    }

    /// With a hash the content is what somebody looked at; without one it is whatever the server answers.
    fn source_url(&mut self, arguments: &[Value], span: Span) -> Step<Value> {
        let hash = arguments.get(1).and_then(Value::as_known).is_some_and(|hash| {
            ["sha256-", "sha384-", "sha512-"].iter().any(|algorithm| hash.starts_with(algorithm))
        });
        if hash {
            return Ok(Value::default());
        }
        let code = Value::hole(self.origin(OriginKind::Network, span));
        self.evaluate("source_url", &code, span)
    }

    /// Runs its arguments, from one of them on, as a command of this shell.
    pub(super) fn in_this_shell(&mut self, by: &str, from: usize, invocation: &Invocation) -> Step<Value> {
        let words = invocation.arguments.get(from..).unwrap_or_default();
        let Some((what, arguments)) = words.split_first() else { return Ok(Value::default()) };
        let way = |name: &Text| Invocation {
            name: name.clone(),
            arguments: arguments.to_vec(),
            through: Some(by.to_owned()),
            functions: true,
            builtins: true,
            ..invocation.clone()
        };
        let ways = what.options().iter().map(way).collect();
        self.nested(invocation.span, |machine| machine.any_of(ways, invocation.span))
    }

    /// `use X` runs the function `use_X`, or a program of this name.
    fn dispatched(&mut self, name: &str, invocation: &Invocation) -> Step<Value> {
        let Some((what, arguments)) = invocation.arguments.split_first() else { return Ok(Value::default()) };
        let way = |text: &Text| {
            let mut full = Text::known(format!("{name}_"));
            full.append(text);
            Invocation {
                name: full,
                arguments: arguments.to_vec(),
                through: Some(name.to_owned()),
                builtins: false,
                ..invocation.clone()
            }
        };
        let ways = what.options().iter().map(way).collect();
        self.nested(invocation.span, |machine| machine.any_of(ways, invocation.span))
    }

    /// `layout X` evaluates `layout_X` and the other words: they are split and expanded once more.
    fn layout(&mut self, invocation: &Invocation) -> Step<Value> {
        if invocation.arguments.iter().all(is_plain_word) {
            return self.dispatched("layout", invocation);
        }
        let mut code = Value::known("layout_");
        code.append(&super::builtins::joined(&invocation.arguments));
        self.evaluate("layout", &code, invocation.span)
    }

    pub(super) fn scalar_or_environment(&self, name: &str, span: Span) -> Value {
        match self.state.variables.get(name) {
            Some(_) => self.scalar(name),
            None => Value::hole(self.environment(name, span)),
        }
    }

    /// Each path comes before what there is; the first of one call stays the first.
    pub(super) fn path_add(&mut self, variable: &str, paths: &[Value], span: Span) -> Step<()> {
        let mut value = Value::default();
        for path in paths {
            value.append(&self.expanded(Some(path), span));
            value.append(&Value::known(":"));
        }
        value.append(&self.scalar_or_environment(variable, span));
        let content = Content::Scalar(value);
        self.set(variable, content, span)?;
        self.export(variable, span)
    }

    fn export(&mut self, name: &str, span: Span) -> Step<()> {
        let how = super::assign::Declaration { export: Some(true), ..super::assign::Declaration::default() };
        self.declare_field(&Value::known(name), how, span)
    }

    /// Programs that a function looks for: a folder of the tree that was put before `PATH` may have them.
    fn asks_for(&mut self, programs: &[&str], invocation: &Invocation) -> Step<()> {
        for program in programs {
            let way = Invocation { name: Text::known(*program), arguments: Vec::new(), ..invocation.clone() };
            self.of_the_folder(program, &way)?;
        }
        Ok(())
    }
}

/// Nothing in it is read twice, but for what the user's own environment says.
fn is_plain_word(word: &Value) -> bool {
    let plain = |piece: &Piece| match piece {
        Piece::Known(text) => text.chars().all(is_plain),
        Piece::Hole(origins) => origins.iter().all(|origin| {
            matches!(origin.kind, OriginKind::Environment(_) | OriginKind::Folder | OriginKind::Number)
        }),
    };
    word.options().iter().all(|text| !text.pieces().is_empty() && text.pieces().iter().all(plain))
}

/// No shell reads anything into it.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '+' | ',' | '@' | '%' | '=')
}
