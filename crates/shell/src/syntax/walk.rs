//! Every command of a script, wherever it stands.

use super::{
    Assignment, Command, CommandKind, Element, List, Part, PartKind, Script, Target, TestPart, Text, Value,
    Word,
};

impl Script {
    /// Calls `seen` with every command: in groups, conditions, functions and substitutions, and in the expansions of
    /// quotes, arithmetic, arrays and here-documents. A command comes before those that it holds. Documents come last.
    pub fn each_command<'s>(&'s self, seen: &mut dyn FnMut(&'s Command)) {
        let mut walk = Walk { seen };
        walk.list(&self.body);
        for document in &self.documents {
            walk.parts(&document.body.parts);
        }
    }
}

struct Walk<'w, 's> {
    seen: &'w mut dyn FnMut(&'s Command),
}

impl<'s> Walk<'_, 's> {
    fn list(&mut self, list: &'s List) {
        for chain in &list.chains {
            let rest = chain.rest.iter().map(|(_, pipeline)| pipeline);
            for pipeline in std::iter::once(&chain.first).chain(rest) {
                for command in &pipeline.commands {
                    self.command(command);
                }
            }
        }
    }

    fn command(&mut self, command: &'s Command) {
        (self.seen)(command);
        match &command.kind {
            CommandKind::Simple(simple) => {
                for assignment in &simple.assignments {
                    self.assignment(assignment);
                }
                self.words(&simple.words);
            }
            CommandKind::Group(list) | CommandKind::Subshell(list) => self.list(list),
            CommandKind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    self.list(condition);
                    self.list(body);
                }
                if let Some(list) = otherwise {
                    self.list(list);
                }
            }
            CommandKind::While { condition, body, .. } => {
                self.list(condition);
                self.list(body);
            }
            CommandKind::For { words, body, .. } => {
                if let Some(words) = words {
                    self.words(words);
                }
                self.list(body);
            }
            CommandKind::ArithmeticFor { header, body } => {
                self.parts(&header.parts);
                self.list(body);
            }
            CommandKind::Case { subject, arms } => {
                self.parts(&subject.parts);
                for arm in arms {
                    self.words(&arm.patterns);
                    self.list(&arm.body);
                }
            }
            CommandKind::Test(parts) => {
                for part in parts {
                    if let TestPart::Word(word) = part {
                        self.parts(&word.parts);
                    }
                }
            }
            CommandKind::Arithmetic(text) => self.parts(&text.parts),
            CommandKind::Function { body, .. } | CommandKind::Coprocess { body, .. } => self.command(body),
        }
        for redirection in &command.redirections {
            if let Target::Word(word) = &redirection.target {
                self.parts(&word.parts);
            }
        }
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.text(assignment.subscript.as_ref());
        match &assignment.value {
            Value::Scalar(word) => self.parts(&word.parts),
            Value::Array(elements) => self.elements(elements),
        }
    }

    fn elements(&mut self, elements: &'s [Element]) {
        for element in elements {
            self.text(element.subscript.as_ref());
            self.parts(&element.value.parts);
        }
    }

    fn words(&mut self, words: &'s [Word]) {
        for word in words {
            self.parts(&word.parts);
        }
    }

    fn text(&mut self, text: Option<&'s Text>) {
        if let Some(text) = text {
            self.parts(&text.parts);
        }
    }

    fn parts(&mut self, parts: &'s [Part]) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(_) | PartKind::Escaped(_) | PartKind::Single(_) | PartKind::AnsiC(_) => {}
                PartKind::Double { parts, .. } => self.parts(parts),
                PartKind::Substitution { body, .. } | PartKind::Process { body, .. } => self.list(body),
                PartKind::Arithmetic(text) => self.parts(&text.parts),
                PartKind::Array(elements) => self.elements(elements),
                PartKind::Parameter(parameter) => {
                    self.text(parameter.subscript.as_ref());
                    if let Some(operation) = &parameter.operation {
                        self.parts(&operation.operand.parts);
                        self.text(operation.second.as_ref());
                    }
                }
            }
        }
    }
}
