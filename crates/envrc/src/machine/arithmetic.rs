//! Arithmetic: plain expressions of numbers are computed, everything else is a number that nobody knows.

use proofmark_shell::Span;
use proofmark_shell::syntax::Text;

use super::parameter::is_name;
use super::{Machine, Step};
use crate::state::Content;
use crate::trace::Action;
use crate::value::{OriginKind, Value};

/// Parentheses inside one another.
const MAX_DEPTH: usize = 32;

impl Machine<'_> {
    /// The value of an expression. What it assigns is a number that is not known.
    pub(super) fn arithmetic(&mut self, text: &Text) -> Step<Value> {
        let expression = self.string(&text.parts)?;
        self.computed(&expression, text.span)
    }

    /// Records that a text is computed which somebody else gives: a subscript in it would run.
    pub(super) fn computes(&mut self, text: &Value, span: Span) -> Step<()> {
        let given = |kind: &OriginKind| {
            matches!(kind, OriginKind::File(_) | OriginKind::Output(_) | OriginKind::Network)
        };
        let runs = text.as_known().is_some_and(|known| known.contains("$(") || known.contains('`'));
        if runs || text.origins().iter().any(|origin| given(&origin.kind)) {
            self.record(self.place(span), Action::Compute { text: text.clone() })?;
        }
        Ok(())
    }

    pub(super) fn computed(&mut self, expression: &Value, span: Span) -> Step<Value> {
        let Some(known) = expression.as_known() else {
            self.computes(expression, span)?;
            let mut origins = expression.origins();
            origins.extend(self.origin(OriginKind::Number, span));
            return Ok(Value::hole(origins));
        };
        self.spend(1 + known.len() / 16, span)?;
        let known = known.to_owned();
        // A variable in it is computed in its turn.
        for name in known.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| is_name(word))
        {
            let value = self.scalar(name);
            self.computes(&value, span)?;
        }
        self.computes(&Value::known(known.as_str()), span)?;
        let names = assigned(&known);
        let mut reader = Reader { machine: self, rest: known.trim(), depth: 0 };
        let result = reader.sum().filter(|_| reader.rest.is_empty());
        let number = Value::hole(self.origin(OriginKind::Number, span));
        for name in names {
            self.set(&name, Content::Scalar(number.clone()), span)?;
        }
        Ok(result.map_or(number, |n| Value::known(n.to_string())))
    }
}

/// The variables that an expression may assign: all of them where it has an operator that assigns.
fn assigned(expression: &str) -> Vec<String> {
    let compared = expression
        .replace("==", " ")
        .replace("!=", " ")
        .replace("<=", " ")
        .replace(">=", " ")
        .replace("<<=", "=");
    if !compared.contains('=') && !compared.contains("++") && !compared.contains("--") {
        return Vec::new();
    }
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| is_name(word)).map(str::to_owned).collect()
}

/// Sums and products of whole numbers and variables that hold some.
struct Reader<'r, 'm> {
    machine: &'r Machine<'m>,
    rest: &'r str,
    depth: usize,
}

impl Reader<'_, '_> {
    fn take(&mut self, operators: &[char]) -> Option<char> {
        let found = self.rest.chars().next().filter(|c| operators.contains(c))?;
        // `++`, `**`, `<<`, `+=` and their like are not computed.
        if self.rest[1..].starts_with(['+', '-', '*', '=']) && found != '(' {
            return None;
        }
        self.rest = self.rest[1..].trim_start();
        Some(found)
    }

    fn sum(&mut self) -> Option<i64> {
        let mut left = self.product()?;
        while let Some(operator) = self.take(&['+', '-']) {
            let right = self.product()?;
            left = if operator == '+' { left.checked_add(right)? } else { left.checked_sub(right)? };
        }
        Some(left)
    }

    fn product(&mut self) -> Option<i64> {
        let mut left = self.atom()?;
        while let Some(operator) = self.take(&['*', '/', '%']) {
            let right = self.atom()?;
            left = match operator {
                '*' => left.checked_mul(right)?,
                '/' => left.checked_div(right)?,
                _ => left.checked_rem(right)?,
            };
        }
        Some(left)
    }

    fn atom(&mut self) -> Option<i64> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let value = if self.take(&['-']).is_some() {
            self.atom()?.checked_neg()?
        } else if self.take(&['(']).is_some() {
            let value = self.sum()?;
            self.take(&[')'])?;
            value
        } else {
            self.word()?
        };
        self.depth -= 1;
        Some(value)
    }

    fn word(&mut self) -> Option<i64> {
        let length =
            self.rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest.trim_start();
        if is_name(word) {
            let value = self.machine.scalar(word);
            return decimal(value.as_known()?);
        }
        decimal(word)
    }
}

/// Other bases are not computed.
fn decimal(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || (digits.starts_with(|c: char| c.is_ascii_digit() && c != '0'));
    text.parse().ok().filter(|_| plain)
}
