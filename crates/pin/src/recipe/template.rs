//! Texts with `{name}` in them.

/// What stands for the names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Values {
    pub(super) version: String,
    pub(super) os: String,
    pub(super) arch: String,
    /// `.exe`, or nothing.
    pub(super) exe: String,
    /// The address of the download.
    pub(super) url: String,
    /// The address of the list of checksums.
    pub(super) list: String,
}

/// A text of which every `{name}` is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(Name),
}

/// What may stand between braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Version,
    Os,
    Arch,
    Exe,
    Url,
    List,
}

impl Name {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Version, "version"),
        (Self::Os, "os"),
        (Self::Arch, "arch"),
        (Self::Exe, "exe"),
        (Self::Url, "url"),
        (Self::List, "list"),
    ];

    /// Names of a build.
    pub(super) const BUILD: &'static [Self] = &[Self::Version, Self::Os, Self::Arch, Self::Exe];
    /// Names of what lies beside a download.
    pub(super) const BESIDE: &'static [Self] = &[Self::Version, Self::Os, Self::Arch, Self::Exe, Self::Url];
    /// Names of what lies beside a list of checksums.
    pub(super) const SIGNATURE: &'static [Self] =
        &[Self::Version, Self::Os, Self::Arch, Self::Exe, Self::Url, Self::List];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(name, _)| *name == self).map_or("", |(_, text)| text)
    }
}

impl Template {
    /// Reads a text in which these names may stand.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn parse(text: &str, allowed: &[Name]) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let inner = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let Some((word, after)) = inner else {
                return Err("a brace stands alone".to_owned());
            };
            let known = allowed.iter().find(|name| name.as_str() == word);
            let Some(name) = known else {
                let names: Vec<String> =
                    allowed.iter().map(|name| format!("{{{}}}", name.as_str())).collect();
                return Err(format!("`{{{word}}}` has no meaning here; write one of {}", names.join(", ")));
            };
            pieces.push(Piece::Name(*name));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Whether a name stands in it.
    pub(super) fn has(&self, name: Name) -> bool {
        self.0.contains(&Piece::Name(name))
    }

    pub(super) fn fill(&self, values: &Values) -> String {
        let one = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Name(name) => match name {
                Name::Version => values.version.clone(),
                Name::Os => values.os.clone(),
                Name::Arch => values.arch.clone(),
                Name::Exe => values.exe.clone(),
                Name::Url => values.url.clone(),
                Name::List => values.list.clone(),
            },
        };
        self.0.iter().map(one).collect()
    }

    /// With a version alone.
    pub fn with_version(&self, version: &str) -> String {
        self.fill(&Values { version: version.to_owned(), ..Values::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_and_unknown_ones_refused() {
        let values = Values {
            version: "1.2".to_owned(),
            os: "linux".to_owned(),
            arch: "amd64".to_owned(),
            exe: ".exe".to_owned(),
            ..Values::default()
        };
        let filled = |text: &str| Template::parse(text, Name::BUILD).map(|one| one.fill(&values));
        assert_eq!(filled("a{version}/{os}-{arch}{exe}"), Ok("a1.2/linux-amd64.exe".to_owned()));
        assert_eq!(filled("plain"), Ok("plain".to_owned()));
        for bad in ["{", "}", "a{b", "{versions}", "{}", "{url}", "{{version}}"] {
            assert!(filled(bad).is_err(), "{bad}");
        }
        // What was filled in is not looked at again.
        let sly = Values { version: "{os}".to_owned(), ..values.clone() };
        assert_eq!(Template::parse("{version}", Name::BUILD).unwrap().fill(&sly), "{os}");
    }
}
