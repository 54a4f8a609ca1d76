//! The interpreter: every command of a file in its order, on all ways at once. Where ways meet, what they leave is joined.
//!
//! Nothing is ever taken for not come to: conditions, `exit` and `return` change [`Reach`] at most, so that a wrong guess
//! about them hides nothing.

mod arithmetic;
mod assign;
mod builtins;
mod compound;
mod external;
mod folder;
mod invoke;
mod load;
mod operate;
mod parameter;
mod pattern;
mod print;
mod redirect;
mod split;
mod stdlib;
mod words;

pub(crate) use load::HOLE;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proofmark_shell::syntax::{Chain, Command, List, Pipeline, Script};
use proofmark_shell::{Span, read};

use crate::files::Files;
use crate::limits::{Cap, Limits};
use crate::state::{Function, State, Variable};
use crate::trace::{Action, Event, Problem, Reach, Source, SourceKind, Trace};
use crate::value::{Origin, OriginKind, Place, Value};

/// Events of one place that a new one is compared with.
const MAX_COMPARED: usize = 32;

/// Bytes of one value with all that it may be: a text that doubles itself line by line is stopped here.
const MAX_VALUE: usize = 1024 * 1024;

/// A text that was read.
#[derive(Debug)]
pub(crate) struct Unit {
    /// Index in [`Trace::sources`].
    pub(crate) source: usize,
    pub(crate) script: Script,
}

/// A cap was reached, and the problem is recorded: nothing more is looked at.
#[derive(Debug)]
pub(crate) struct Stop;

pub(crate) type Step<T> = Result<T, Stop>;

/// A function that is being called.
struct Frame {
    name: String,
    /// What `local` hides, to be put back.
    hidden: Vec<(String, Option<Rc<Variable>>)>,
}

pub(crate) struct Machine<'a> {
    files: &'a dyn Files,
    limits: &'a Limits,
    trace: Trace,
    /// Events by their places: what is done twice in the same way is recorded once.
    recorded: BTreeMap<Place, Vec<usize>>,
    state: State,
    unit: Rc<Unit>,
    stdin: Value,
    reach: Reach,
    background: bool,
    /// What is printed is read by somebody.
    captured: bool,
    /// A loop or function may have been left early.
    left: bool,
    frames: Vec<Frame>,
    /// Paths of the files that are being loaded.
    loading: Vec<String>,
    /// Folders inside that were put before `PATH`, the latest last.
    path_folders: Vec<String>,
    /// What process substitutions print, by their place.
    processes: BTreeMap<Place, Value>,
    declared: Vec<Rc<Function>>,
    called: BTreeSet<String>,
    steps: usize,
    bytes: usize,
    depth: usize,
}

/// What the file does. `path` is its path from the folder that [`Files`] answers for, as `.envrc`.
pub fn interpret(path: &str, bytes: &[u8], files: &dyn Files, limits: &Limits) -> Trace {
    let reading = read(bytes, &limits.shell);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let source =
        Source { path: path.to_owned(), kind: SourceKind::Audited, text, oddities: reading.oddities };
    let mut trace = Trace { events: Vec::new(), sources: vec![source], problems: Vec::new() };
    let script = match reading.script {
        Ok(script) => script,
        Err(error) => {
            trace.problems.push(Problem::Unreadable { source: 0, error });
            return trace;
        }
    };
    let unit = Rc::new(Unit { source: 0, script });
    let mut machine = Machine {
        files,
        limits,
        trace,
        recorded: BTreeMap::new(),
        state: State { folder: Some(String::new()), ..State::default() },
        unit: Rc::clone(&unit),
        stdin: Value::default(),
        reach: Reach::Always,
        background: false,
        captured: false,
        left: false,
        frames: Vec::new(),
        loading: vec![path.to_owned()],
        path_folders: Vec::new(),
        processes: BTreeMap::new(),
        declared: Vec::new(),
        called: BTreeSet::new(),
        steps: 0,
        bytes: 0,
        depth: 0,
    };
    // A cap is in the problems.
    let _ = machine.list(&unit.script.body).and_then(|_| machine.uncalled());
    machine.trace
}

impl Machine<'_> {
    fn place(&self, span: Span) -> Place {
        Place { source: self.unit.source, span }
    }

    fn origin(&self, kind: OriginKind, span: Span) -> BTreeSet<Origin> {
        BTreeSet::from([Origin { kind, place: self.place(span), secret: false }])
    }

    fn stop(&mut self, cap: Cap, place: Place) -> Stop {
        self.trace.problems.push(Problem::Limit { cap, place });
        Stop
    }

    fn spend(&mut self, steps: usize, span: Span) -> Step<()> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.limits.steps {
            return Err(self.stop(Cap::Steps, self.place(span)));
        }
        Ok(())
    }

    /// Accounts for a value that was made.
    fn keep(&mut self, value: Value, span: Span) -> Step<Value> {
        let cost = value.cost();
        self.bytes = self.bytes.saturating_add(cost);
        if self.bytes > self.limits.bytes || cost > MAX_VALUE {
            return Err(self.stop(Cap::Bytes, self.place(span)));
        }
        Ok(value)
    }

    fn nested<T>(&mut self, span: Span, run: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        if self.depth >= self.limits.depth {
            return Err(self.stop(Cap::Depth, self.place(span)));
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// A copy of what the shell has, to come back to.
    fn snapshot(&mut self, span: Span) -> Step<State> {
        self.spend(1 + self.state.size() / 8, span)?;
        Ok(self.state.clone())
    }

    fn maybe<T>(&mut self, run: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let reach = self.reach;
        self.reach = reach.max(Reach::Maybe);
        let result = run(self);
        self.reach = reach;
        result
    }

    /// What it changes stays its own.
    fn subshell<T>(&mut self, span: Span, run: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let before = self.snapshot(span)?;
        let result = run(self)?;
        let written = std::mem::take(&mut self.state.written);
        self.state = before;
        // Files outlive the shell that writes them.
        self.state.written = written;
        Ok(result)
    }

    /// Perhaps it runs: afterwards both is possible. What it prints is joined with nothing.
    fn perhaps(&mut self, span: Span, run: impl FnOnce(&mut Self) -> Step<Value>) -> Step<Value> {
        let before = self.snapshot(span)?;
        let mut output = Value::default();
        output.join(&self.maybe(run)?);
        self.state.join(&before);
        Ok(output)
    }

    fn record(&mut self, place: Place, action: Action) -> Step<()> {
        if self.trace.events.len() >= self.limits.events {
            return Err(self.stop(Cap::Events, place));
        }
        let event = Event { place, reach: self.reach, action };
        let known = self.recorded.entry(place).or_default();
        for at in known.iter().rev().take(MAX_COMPARED) {
            let earlier = &mut self.trace.events[*at];
            if earlier.action == event.action {
                earlier.reach = earlier.reach.min(event.reach);
                return Ok(());
            }
        }
        known.push(self.trace.events.len());
        self.trace.events.push(event);
        Ok(())
    }

    /// The bodies of functions that no command names: a trap, a completion or a word that is not known may call them.
    fn uncalled(&mut self) -> Step<()> {
        self.reach = Reach::Uncalled;
        let mut at = 0;
        while let Some(function) = self.declared.get(at).cloned() {
            at += 1;
            if self.called.insert(function.name.clone()) {
                let span = function.body.span;
                self.subshell(span, |machine| machine.enter(&function, Vec::new(), span))?;
            }
        }
        Ok(())
    }

    /// Commands; what they print is given back.
    fn list(&mut self, list: &List) -> Step<Value> {
        let mut output = Value::default();
        for chain in &list.chains {
            let printed = self.chain(chain)?;
            output.append(&printed);
            output = self.keep(output, chain.span)?;
        }
        Ok(output)
    }

    fn chain(&mut self, chain: &Chain) -> Step<Value> {
        if chain.background {
            let outer = std::mem::replace(&mut self.background, true);
            let output = self.subshell(chain.span, |machine| machine.pipelines(chain))?;
            self.background = outer;
            return Ok(output);
        }
        self.pipelines(chain)
    }

    fn pipelines(&mut self, chain: &Chain) -> Step<Value> {
        let mut output = self.pipeline(&chain.first)?;
        for (_, pipeline) in &chain.rest {
            let printed = self.perhaps(pipeline.span, |machine| machine.pipeline(pipeline))?;
            output.append(&printed);
        }
        Ok(output)
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Step<Value> {
        if let [command] = pipeline.commands.as_slice() {
            return self.command(command);
        }
        let outer = self.stdin.clone();
        let mut output = outer.clone();
        let captured = self.captured;
        for (at, command) in pipeline.commands.iter().enumerate() {
            self.stdin = output;
            self.captured = captured || at + 1 < pipeline.commands.len();
            output = self.subshell(command.span, |machine| machine.command(command))?;
        }
        self.captured = captured;
        self.stdin = outer;
        Ok(output)
    }

    fn command(&mut self, command: &Command) -> Step<Value> {
        self.spend(1, command.span)?;
        self.nested(command.span, |machine| {
            if command.redirections.is_empty() {
                return machine.kind(command);
            }
            machine.redirected(command)
        })
    }
}
