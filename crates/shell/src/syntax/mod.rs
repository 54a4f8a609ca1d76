//! What a script is made of. Every part knows its bytes; spans inside backticks and nested strings are those of the
//! outer file.

mod walk;
mod word;

pub use word::{Anchor, Operation, OperationKind, Parameter, Part, PartKind, Text, Word};

use crate::Span;

/// A whole script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its commands.
    pub body: List,
    /// Its here-documents, as [`Target::Document`] numbers them.
    pub documents: Vec<Document>,
    /// Its comments, `#` included.
    pub comments: Vec<Span>,
}

/// Commands one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// From the first command to the last; empty where there is none.
    pub span: Span,
    /// The commands in order.
    pub chains: Vec<Chain>,
}

/// Pipelines that `&&` and `||` join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// All of it, without the separator.
    pub span: Span,
    /// The first pipeline.
    pub first: Pipeline,
    /// The others, each with what stands before it.
    pub rest: Vec<(Joint, Pipeline)>,
    /// Ends with `&`.
    pub background: bool,
}

/// What joins two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands that `|` or `|&` joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// All of it, `!` and `time` included.
    pub span: Span,
    /// Begins with an odd number of `!`.
    pub negated: bool,
    /// Begins with `time`.
    pub timed: bool,
    /// At least one command.
    pub commands: Vec<Command>,
}

/// One command with its redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// All of it.
    pub span: Span,
    /// What it is.
    pub kind: CommandKind,
    /// In the order in which they are written.
    pub redirections: Vec<Redirection>,
}

/// What a command is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandKind {
    /// Assignments and words.
    Simple(Simple),
    /// `{ …; }`
    Group(List),
    /// `( … )`
    Subshell(List),
    /// `if`: conditions with what they guard, and `else`.
    If {
        /// Condition and commands, at least one.
        arms: Vec<(List, List)>,
        /// Commands after `else`.
        otherwise: Option<List>,
    },
    /// `while` or `until`.
    While {
        /// `until`: while the condition fails.
        until: bool,
        /// The condition.
        condition: List,
        /// What is repeated.
        body: List,
    },
    /// `for` or `select` over words.
    For {
        /// `select`: the user chooses.
        select: bool,
        /// The variable.
        name: Name,
        /// The words after `in`; without `in`, the positional parameters.
        words: Option<Vec<Word>>,
        /// What is repeated.
        body: List,
    },
    /// `for ((…; …; …))`
    ArithmeticFor {
        /// The three expressions, as one text.
        header: Text,
        /// What is repeated.
        body: List,
    },
    /// `case`
    Case {
        /// What is compared.
        subject: Word,
        /// Patterns with what they guard.
        arms: Vec<Arm>,
    },
    /// `[[ … ]]`
    Test(Vec<TestPart>),
    /// `(( … ))`
    Arithmetic(Text),
    /// A function is declared, not run.
    Function {
        /// Its name.
        name: Name,
        /// What it runs when it is called.
        body: Box<Command>,
    },
    /// `coproc`
    Coprocess {
        /// The name of its array of descriptors; without one, `COPROC`.
        name: Option<Name>,
        /// What runs.
        body: Box<Command>,
    },
}

/// An identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Its text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// One arm of a `case`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// At least one pattern.
    pub patterns: Vec<Word>,
    /// What runs; may be empty.
    pub body: List,
    /// What follows it.
    pub then: ArmEnd,
}

/// What follows an arm of a `case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmEnd {
    /// `;;`, or the end of the last arm.
    Leave,
    /// `;&`: the next arm runs too.
    FallThrough,
    /// `;;&`: the next patterns are tried too.
    TryNext,
}

/// One word or operator of `[[ … ]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestPart {
    /// An operand, or an operator that is a word (`-n`, `=~`).
    Word(Word),
    /// `&&`, `||`, `!`, `(`, `)`, `<` or `>`.
    Operator(Span),
}

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simple {
    /// Those that stand before the command word; without words, the command is nothing else.
    pub assignments: Vec<Assignment>,
    /// The command word and its arguments. An argument `name=(…)` of `declare` and its like is a word with [`PartKind::Array`].
    pub words: Vec<Word>,
}

/// `name=value`, `name[subscript]=value`, `name+=value`, `name=(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// All of it.
    pub span: Span,
    /// The variable.
    pub name: Name,
    /// What stands in its brackets.
    pub subscript: Option<Text>,
    /// `+=`
    pub append: bool,
    /// What is assigned.
    pub value: Value,
}

/// What an assignment gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One word, perhaps empty.
    Scalar(Word),
    /// `( … )`
    Array(Vec<Element>),
}

/// One element of an array: `word` or `[subscript]=word`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// What stands in its brackets.
    pub subscript: Option<Text>,
    /// Its value.
    pub value: Word,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// Descriptor, operator and target; not the lines of a here-document.
    pub span: Span,
    /// The descriptor, where it is written.
    pub descriptor: Option<Descriptor>,
    /// What it does.
    pub operator: RedirectionOperator,
    /// From what or to what.
    pub target: Target,
}

/// The descriptor before a redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Descriptor {
    /// Digits.
    Number(String),
    /// `{name}`: bash chooses, and tells the variable.
    Variable(Name),
}

/// What a redirection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectionOperator {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `>|`
    Clobber,
    /// `<>`
    ReadWrite,
    /// `<&`
    DuplicateInput,
    /// `>&`
    DuplicateOutput,
    /// `&>`
    WriteBoth,
    /// `&>>`
    AppendBoth,
    /// `<<` or `<<-`
    Document,
    /// `<<<`
    String,
}

/// What a redirection names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file, a descriptor, or the text of a here-string.
    Word(Word),
    /// The here-document of this number in [`Script::documents`].
    Document(usize),
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its delimiter, quotes removed.
    pub delimiter: String,
    /// The delimiter is quoted: nothing in it is expanded.
    pub literal: bool,
    /// Its lines, without the line of the delimiter. What `<<-` strips is not in its parts.
    pub body: Text,
}
