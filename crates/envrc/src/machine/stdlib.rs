//! The functions of direnv's standard library that load, run or print something (2.32; what later versions add has no
//! other effects). The others are calls alone.

use proofmark_shell::Span;

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::state::Content;
use crate::value::{Origin, OriginKind, Text, Value};

impl Machine<'_> {
    pub(super) fn stdlib(&mut self, name: &str, invocation: &Invocation) -> Step<Value> {
        let (arguments, span) = (invocation.arguments.as_slice(), invocation.span);
        match name {
            "source_env" | "source_env_if_exists" => {
                if let Some(path) = arguments.first() {
                    return self.load(name, path, span);
                }
            }
            // What lies above is outside of the folder.
            "source_up" | "source_up_if_exists" => {
                let mut path = Value::known("../");
                path.append(&arguments.first().cloned().unwrap_or_else(|| Value::known(".envrc")));
                return self.load(name, &path, span);
            }
            "dotenv" | "dotenv_if_exists" => {
                let path = arguments.first().cloned().unwrap_or_else(|| Value::known(".env"));
                self.dotenv(name, &path, span)?;
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
            "strict_env" | "unstrict_env" if !arguments.is_empty() => {
                return self.in_this_shell(name, invocation);
            }
            // A dump of direnv's is every variable at once, whoever wrote it.
            "direnv_apply_dump" => {
                let code = arguments.first().map(|path| self.content(path, span)).unwrap_or_default();
                if code.origins().iter().any(|origin| origin.kind == OriginKind::Network) {
                    return self.evaluate(name, &code, span);
                }
            }
            "direnv_load" => return self.program_words(name, arguments, invocation),
            "use" | "layout" => return self.dispatched(name, invocation),
            "PATH_add" => self.path_add("PATH", arguments, span)?,
            "MANPATH_add" => self.path_add("MANPATH", arguments, span)?,
            "path_add" => {
                if let Some((Some(variable), paths)) = arguments
                    .split_first()
                    .map(|(name, paths)| (name.as_known().map(str::to_owned), paths.to_vec()))
                {
                    self.path_add(&variable, &paths, span)?;
                }
            }
            "PATH_rm" | "path_rm" => {
                let variable = match (name, arguments.first().and_then(Value::as_known)) {
                    ("path_rm", Some(variable)) => variable.to_owned(),
                    _ => "PATH".to_owned(),
                };
                let mut value = self.scalar_or_environment(&variable, span);
                value.join(&Value::hole(self.origin(OriginKind::Expansion, span)));
                self.set(&variable, Content::Scalar(value), span)?;
            }
            "load_prefix" => {
                let mut path = arguments.first().cloned().unwrap_or_default();
                path.append(&Value::known("/bin"));
                self.path_add("PATH", &[path], span)?;
            }
            "expand_path" => return Ok(self.expanded(arguments.first(), span)),
            "find_up" | "user_rel_path" | "semver_search" | "direnv_layout_dir" | "join_args" => {
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

    /// Runs its arguments as a command of this shell.
    fn in_this_shell(&mut self, by: &str, invocation: &Invocation) -> Step<Value> {
        let Some((what, arguments)) = invocation.arguments.split_first() else { return Ok(Value::default()) };
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

    fn scalar_or_environment(&self, name: &str, span: Span) -> Value {
        match self.state.variables.get(name) {
            Some(_) => self.scalar(name),
            None => Value::hole(self.environment(name, span)),
        }
    }

    /// Each path comes before what there is; the first of one call stays the first.
    fn path_add(&mut self, variable: &str, paths: &[Value], span: Span) -> Step<()> {
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

    /// A path made absolute: from the working directory, unless it is absolute or begins with what is not known.
    fn expanded(&self, path: Option<&Value>, span: Span) -> Value {
        let folder = self.origin(OriginKind::Folder, span);
        let inner = self.state.folder.clone();
        let path = path.cloned().unwrap_or_default();
        path.map(|text| {
            let relative = match text.pieces().first() {
                Some(crate::value::Piece::Known(known)) => !known.starts_with('/'),
                Some(crate::value::Piece::Hole(_)) => false,
                None => true,
            };
            if !relative {
                return text.clone();
            }
            let mut origins = folder.clone();
            let inner = inner.as_deref().unwrap_or_else(|| {
                origins.extend(
                    origins.clone().into_iter().map(|origin| Origin { kind: OriginKind::Many, ..origin }),
                );
                ""
            });
            let mut full = Text::hole(origins);
            let known = text.as_known().unwrap_or_default();
            let resolved = crate::files::resolve(inner, known);
            match (text.as_known(), resolved) {
                (Some(_), Some(path)) if path.is_empty() => {}
                (Some(_), Some(path)) => full.append(&Text::known(format!("/{path}"))),
                _ => {
                    full.append(&Text::known(if inner.is_empty() {
                        "/".to_owned()
                    } else {
                        format!("/{inner}/")
                    }));
                    full.append(text);
                }
            }
            full
        })
    }
}
