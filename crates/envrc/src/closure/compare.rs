//! What makes two closures differ.

use std::collections::BTreeMap;

use super::member::{Content, Member, MemberKind};

/// What became of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberChange {
    /// It holds something else.
    Changed,
    /// It is there now: it was absent, or nothing loaded it.
    Appeared,
    /// It is gone from the disk, and still looked for.
    Vanished,
    /// Nothing loads it any more.
    Dropped,
    /// It is looked for now, and is not there.
    LookedFor,
}

impl MemberChange {
    /// In words, after the name of the member.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Appeared => "appeared",
            Self::Vanished => "vanished",
            Self::Dropped => "is no longer loaded",
            Self::LookedFor => "is looked for now, and is not there",
        }
    }
}

/// Every member that is not in both with the same content, those that are there now first. None: the closures are the same.
pub fn compare<'a>(before: &'a [Member], after: &'a [Member]) -> Vec<(&'a Member, MemberChange)> {
    let key = |member: &'a Member| ((member.path.as_str(), member.kind), member);
    let was: BTreeMap<(&str, MemberKind), &Member> = before.iter().map(key).collect();
    let is: BTreeMap<(&str, MemberKind), &Member> = after.iter().map(key).collect();
    let mut changes: Vec<(&Member, MemberChange)> = Vec::new();
    for (key, member) in &is {
        let old = was.get(key).map(|member| &member.content);
        let change = match (old, &member.content) {
            (Some(old), new) if old == new => continue,
            (Some(Content::Absent), _) => MemberChange::Appeared,
            (Some(_), Content::Absent) => MemberChange::Vanished,
            (Some(_), _) => MemberChange::Changed,
            (None, Content::Absent) => MemberChange::LookedFor,
            (None, _) => MemberChange::Appeared,
        };
        changes.push((member, change));
    }
    let gone = was.iter().filter(|(key, _)| !is.contains_key(*key));
    changes.extend(gone.map(|(_, member)| (*member, MemberChange::Dropped)));
    // What is there comes first: its place can be looked at.
    let last = |change: &MemberChange| matches!(change, MemberChange::Dropped | MemberChange::LookedFor);
    changes.sort_by_key(|(member, change)| (last(change), member.kind == MemberKind::Folder, *member));
    changes
}

#[cfg(test)]
mod tests {
    use proofmark_core::Digest;

    use super::*;

    fn member(path: &str, content: Content) -> Member {
        Member { path: path.to_owned(), kind: MemberKind::Script, content }
    }

    #[test]
    fn every_way_to_differ() {
        let is = |text: &str| Content::Is(Digest::sha256(text.as_bytes()));
        let before = [
            member("same", is("a")),
            member("changed", is("a")),
            member("appeared", Content::Absent),
            member("vanished", is("a")),
            member("dropped", is("a")),
        ];
        let after = [
            member("same", is("a")),
            member("changed", is("b")),
            member("appeared", is("a")),
            member("vanished", Content::Absent),
            member("new", is("a")),
            member("wanted", Content::Absent),
        ];
        let told: Vec<(&str, MemberChange)> = compare(&before, &after)
            .into_iter()
            .map(|(member, change)| (member.path.as_str(), change))
            .collect();
        let expected = [
            ("appeared", MemberChange::Appeared),
            ("changed", MemberChange::Changed),
            ("new", MemberChange::Appeared),
            ("vanished", MemberChange::Vanished),
            ("dropped", MemberChange::Dropped),
            ("wanted", MemberChange::LookedFor),
        ];
        assert_eq!(told, expected);
        assert!(compare(&before, &before).is_empty());
    }
}
