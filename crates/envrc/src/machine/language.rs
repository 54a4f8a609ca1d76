//! `layout …`, `use …` and `rvm`: which programs they run, which files they load, and what they put into `PATH`.

use proofmark_shell::Span;

use super::invoke::Invocation;
use super::{Machine, Step};
use crate::value::{OriginKind, Value};

impl Machine<'_> {
    pub(super) fn of_a_language(&mut self, name: &str, invocation: &Invocation) -> Step<Value> {
        let (arguments, span) = (invocation.arguments.as_slice(), invocation.span);
        match name {
            "layout_python" | "layout_python2" | "layout_python3" => self.python(name, invocation)?,
            "layout_anaconda" if arguments.len() > 1 => {
                let printed = self.in_this_shell(name, 1, invocation)?;
                return self.evaluate("eval", &printed, span);
            }
            "layout_pyenv" => self.pyenv(arguments, invocation)?,
            "layout_node" => self.path_add("PATH", &[Value::known("node_modules/.bin")], span)?,
            "layout_php" => self.path_add("PATH", &[Value::known("vendor/bin")], span)?,
            "layout_go" => {
                self.kept_path("GOPATH", "/go", span)?;
                self.kept_path("PATH", "/go/bin", span)?;
            }
            "layout_perl" => {
                self.kept_path("PERL5LIB", "/perl5/lib/perl5", span)?;
                self.kept_path("PATH", "/perl5/bin", span)?;
            }
            "layout_ruby" => {
                self.kept_path("PATH", "/ruby/bin", span)?;
                self.kept_path("PATH", "/bin", span)?;
            }
            "use_node" | "use_nodenv" => self.versions("NODE_VERSIONS", span)?,
            "use_julia" => self.versions("JULIA_VERSIONS", span)?,
            "use_vim" => {
                let file = arguments.first().cloned().unwrap_or_else(|| Value::known(".vimrc.local"));
                self.path_add("DIRENV_EXTRA_VIMRC", &[file], span)?;
            }
            "rvm" => return self.rvm(span),
            _ => {}
        }
        Ok(Value::default())
    }

    /// `$python -c …`, whose words are split: whatever stands there runs.
    fn python(&mut self, name: &str, invocation: &Invocation) -> Step<()> {
        let given = if name == "layout_python" { invocation.arguments.first() } else { None };
        if self.state.variables.contains_key("VIRTUAL_ENV") {
            let mut path = self.scalar("VIRTUAL_ENV");
            path.append(&Value::known("/bin"));
            self.path_add("PATH", &[path], invocation.span)?;
        }
        let Some(python) = given else { return Ok(()) };
        let others = |kind: &OriginKind| {
            matches!(kind, OriginKind::Network | OriginKind::File(_) | OriginKind::Glob(_))
        };
        let words: Vec<Value> = match python.as_known() {
            Some(text) if is_python(text) => return Ok(()),
            Some(text) => text.split_ascii_whitespace().map(Value::known).collect(),
            // `layout python "$PYTHON"` is somebody's own choice.
            None if python.origins().iter().any(|origin| others(&origin.kind)) => vec![python.clone()],
            None => return Ok(()),
        };
        let arguments = words.into_iter().chain([Value::known("-c"), Value::known("import sys")]).collect();
        self.in_this_shell(name, 0, &Invocation { arguments, ..invocation.clone() })?;
        Ok(())
    }

    /// The program of each version runs: a version with slashes in it leads to any program.
    fn pyenv(&mut self, versions: &[Value], invocation: &Invocation) -> Step<()> {
        for version in versions.iter().filter(|version| {
            version.shapes().iter().any(|shape| shape.contains("/.."))
                || version.shapes().iter().any(|shape| shape.starts_with(".."))
        }) {
            let mut path = Value::hole(self.origin(OriginKind::Output("pyenv".to_owned()), invocation.span));
            path.append(&Value::known("/versions/"));
            path.append(version);
            path.append(&Value::known("/bin/python"));
            let arguments = vec![path];
            self.in_this_shell("layout_pyenv", 0, &Invocation { arguments, ..invocation.clone() })?;
        }
        Ok(())
    }

    /// A path where `layout` keeps its things.
    fn kept_path(&mut self, variable: &str, end: &str, span: Span) -> Step<()> {
        let mut path = self.layout_dir(span);
        path.append(&Value::known(end));
        self.path_add(variable, &[path], span)
    }

    /// A version that is found in the folder that this variable names, where the file has set it.
    fn versions(&mut self, variable: &str, span: Span) -> Step<()> {
        if !self.state.variables.contains_key(variable) {
            return Ok(());
        }
        let mut prefix = self.scalar(variable);
        prefix.append(&Value::known("/"));
        prefix.append(&Value::hole(self.origin(OriginKind::Output("semver_search".to_owned()), span)));
        self.load_prefix(&prefix, span)
    }

    /// The folders of what was installed at a prefix.
    pub(super) fn load_prefix(&mut self, prefix: &Value, span: Span) -> Step<()> {
        for (variable, end) in [
            ("CPATH", "/include"),
            ("LD_LIBRARY_PATH", "/lib"),
            ("LIBRARY_PATH", "/lib"),
            ("PATH", "/bin"),
            ("PKG_CONFIG_PATH", "/lib/pkgconfig"),
        ] {
            let mut path = prefix.clone();
            path.append(&Value::known(end));
            self.path_add(variable, &[path], span)?;
        }
        Ok(())
    }

    /// The script of rvm is loaded from where a variable says.
    fn rvm(&mut self, span: Span) -> Step<Value> {
        for (variable, end) in [("rvm_scripts_path", "/rvm"), ("rvm_path", "/scripts/rvm")] {
            if self.state.variables.contains_key(variable) {
                let mut path = self.scalar(variable);
                path.append(&Value::known(end));
                return self.load("source", &path, span);
            }
        }
        Ok(Value::default())
    }
}

/// An interpreter by its name alone, which `PATH` finds.
fn is_python(text: &str) -> bool {
    let version = text.strip_prefix("python").or_else(|| text.strip_prefix("pypy"));
    version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 't' | '-')))
}
