//! What the shell has at one point of the file, and what it may have where two ways meet.

use std::collections::BTreeMap;
use std::rc::Rc;

use proofmark_shell::syntax::Command;

use crate::machine::Unit;
use crate::value::Value;

/// The index or name of an array's element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Index(i64),
    Name(String),
}

/// What a variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing that this file has given.
    Nothing,
    Scalar(Value),
    Array {
        elements: BTreeMap<Key, Value>,
        /// `declare -A`
        associative: bool,
        /// It may have other elements: an index or a number of them was not known.
        open: Option<Value>,
    },
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) content: Content,
    /// It may still be what the environment gave.
    pub(crate) inherited: bool,
    /// It may be unset.
    pub(crate) unset: bool,
    pub(crate) exported: bool,
    /// `declare -n`
    pub(crate) reference: bool,
    /// `declare -i`: what it is given is computed.
    pub(crate) integer: bool,
}

impl Variable {
    /// One that the file has not touched.
    pub(crate) const fn outer() -> Self {
        Self {
            content: Content::Nothing,
            inherited: true,
            unset: true,
            exported: false,
            reference: false,
            integer: false,
        }
    }

    pub(crate) const fn new(content: Content) -> Self {
        Self { content, inherited: false, unset: false, exported: false, reference: false, integer: false }
    }

    fn join(&self, other: &Self) -> Self {
        Self {
            content: self.content.join(&other.content),
            inherited: self.inherited || other.inherited,
            unset: self.unset || other.unset,
            exported: self.exported || other.exported,
            reference: self.reference || other.reference,
            integer: self.integer || other.integer,
        }
    }
}

impl Content {
    fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Nothing, content) | (content, Self::Nothing) => content.clone(),
            (Self::Scalar(left), Self::Scalar(right)) => {
                let mut value = left.clone();
                value.join(right);
                Self::Scalar(value)
            }
            (left, right) => {
                let (mut elements, one, mut open) = left.as_array();
                let (others, two, also) = right.as_array();
                for (key, value) in others {
                    elements.entry(key).and_modify(|known| known.join(&value)).or_insert(value);
                }
                if let Some(value) = also {
                    open.get_or_insert_with(|| value.clone()).join(&value);
                }
                Self::Array { elements, associative: one || two, open }
            }
        }
    }

    /// A scalar is the element 0.
    pub(crate) fn as_array(&self) -> (BTreeMap<Key, Value>, bool, Option<Value>) {
        match self {
            Self::Nothing => (BTreeMap::new(), false, None),
            Self::Scalar(value) => (BTreeMap::from([(Key::Index(0), value.clone())]), false, None),
            Self::Array { elements, associative, open } => (elements.clone(), *associative, open.clone()),
        }
    }
}

/// A declared function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) body: Command,
    /// The text in which it stands.
    pub(crate) unit: Rc<Unit>,
}

/// What a name may call.
#[derive(Debug, Clone)]
pub(crate) struct Functions {
    pub(crate) bodies: Vec<Rc<Function>>,
    /// It is declared on every way.
    pub(crate) certain: bool,
}

/// The shell at one point.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) variables: BTreeMap<String, Rc<Variable>>,
    pub(crate) functions: BTreeMap<String, Functions>,
    pub(crate) positional: Vec<Value>,
    /// How many positional parameters there are is not known: these are the most.
    pub(crate) open: bool,
    /// The working directory, from the folder of the audited file; nothing where it is not known.
    pub(crate) folder: Option<String>,
    /// What files of the folder hold since they were written.
    pub(crate) written: BTreeMap<String, Value>,
    /// `set -a`
    pub(crate) export_all: bool,
}

impl State {
    /// How much is copied with it.
    pub(crate) fn size(&self) -> usize {
        self.variables.len() + self.functions.len() + self.positional.len() + self.written.len()
    }

    /// What may be where the way that led here and the other meet.
    pub(crate) fn join(&mut self, other: &Self) {
        let outer = Rc::new(Variable::outer());
        let names: Vec<String> = other.variables.keys().cloned().collect();
        for (name, variable) in &mut self.variables {
            let also = other.variables.get(name).unwrap_or(&outer);
            if !Rc::ptr_eq(variable, also) && variable != also {
                *variable = Rc::new(variable.join(also));
            }
        }
        for name in names {
            self.variables.entry(name).or_insert_with_key(|name| Rc::new(outer.join(&other.variables[name])));
        }
        self.join_functions(other);
        if self.positional != other.positional {
            let most = self.positional.len().max(other.positional.len());
            self.open |= self.positional.len() != other.positional.len();
            self.positional.resize(most, Value::default());
            for (at, value) in self.positional.iter_mut().enumerate() {
                value.join(other.positional.get(at).unwrap_or(&Value::default()));
            }
        }
        if self.folder != other.folder {
            self.folder = None;
        }
        for (path, value) in &other.written {
            self.written.entry(path.clone()).and_modify(|known| known.join(value)).or_insert(value.clone());
        }
        self.open |= other.open;
        self.export_all |= other.export_all;
    }

    fn join_functions(&mut self, other: &Self) {
        for (name, functions) in &mut self.functions {
            let Some(others) = other.functions.get(name) else {
                functions.certain = false;
                continue;
            };
            for body in &others.bodies {
                if !functions.bodies.iter().any(|known| Rc::ptr_eq(known, body)) {
                    functions.bodies.push(Rc::clone(body));
                }
            }
            functions.certain &= others.certain;
        }
        for (name, functions) in &other.functions {
            self.functions
                .entry(name.clone())
                .or_insert_with(|| Functions { bodies: functions.bodies.clone(), certain: false });
        }
    }
}
