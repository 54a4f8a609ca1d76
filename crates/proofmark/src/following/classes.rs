//! Things that belong together, as pairs of them are told one by one.

use std::collections::HashMap;
use std::hash::Hash;

/// Classes of things; each has a number, which changes when classes are joined.
#[derive(Debug)]
pub(super) struct Classes<T> {
    numbers: HashMap<T, usize>,
    parents: Vec<usize>,
}

impl<T> Default for Classes<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), parents: Vec::new() }
    }
}

impl<T: Hash + Eq + Clone> Classes<T> {
    /// The class of a thing: one of its own, until it is joined with another.
    pub(super) fn class(&mut self, of: &T) -> usize {
        let mut at = self.numbers.get(of).copied().unwrap_or_else(|| {
            let at = self.parents.len();
            self.numbers.insert(of.clone(), at);
            self.parents.push(at);
            at
        });
        while let Some(parent) = self.parents.get(at).copied().filter(|parent| *parent != at) {
            // Shortens the way for the next.
            let over = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(at) {
                *slot = over;
            }
            at = over;
        }
        at
    }

    /// Makes one class of two.
    pub(super) fn join(&mut self, one: &T, other: &T) {
        let (one, other) = (self.class(one), self.class(other));
        if let Some(slot) = self.parents.get_mut(other) {
            *slot = one;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_is_of_one_class() {
        let mut classes = Classes::default();
        for n in 0..100 {
            classes.join(&n, &(n + 2));
        }
        assert_eq!(classes.class(&0), classes.class(&100));
        assert_eq!(classes.class(&1), classes.class(&101));
        assert_ne!(classes.class(&0), classes.class(&1));
        assert_ne!(classes.class(&"a".len()), classes.class(&1000));
        classes.join(&0, &1);
        assert_eq!(classes.class(&50), classes.class(&51));
    }
}
