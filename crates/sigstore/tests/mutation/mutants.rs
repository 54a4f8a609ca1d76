//! Every way in which a document can be changed in one place.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::tree::Tree;

/// A change, and the value with it.
pub(crate) struct Mutant {
    /// Where, and what: `verificationMaterial.tlogEntries[0].logIndex: plus one`.
    pub(crate) label: String,
    /// The changed value.
    pub(crate) tree: Tree,
}

impl Mutant {
    fn new(what: &str, tree: Tree) -> Self {
        Self { label: format!(": {what}"), tree }
    }

    /// The same change one level up.
    fn under(self, step: &str, wrap: impl FnOnce(Tree) -> Tree) -> Self {
        Self { label: format!("{step}{}", self.label), tree: wrap(self.tree) }
    }
}

/// The members of an object.
type Members = Vec<(String, Tree)>;

/// How many places of a long value are changed.
const PLACES: usize = 48;

/// All mutants of a document; `peers` are other valid documents, of which parts are taken, never the whole.
pub(crate) fn of_document(document: &Tree, peers: &[&Tree]) -> Vec<Mutant> {
    let mut list = all(document, peers);
    list.retain(|mutant| !peers.contains(&&mutant.tree));
    list
}

/// All mutants of `value`; `peers` are the values at the same place in other valid documents.
fn all(value: &Tree, peers: &[&Tree]) -> Vec<Mutant> {
    let mut list: Vec<Mutant> = ["null", "true", "0", "\"\"", "[]", "{}"]
        .into_iter()
        .map(|text| Mutant::new(&format!("becomes {text}"), Tree::of(&serde_json::from_str(text).unwrap())))
        .chain(peers.iter().map(|peer| Mutant::new("another document's", (*peer).clone())))
        .collect();
    match value {
        Tree::Object(members) => list.extend(object(members, peers)),
        Tree::Array(items) => list.extend(array(items, peers)),
        Tree::Text(text) => list.extend(string(text, peers)),
        Tree::Literal(text) => list.extend(literal(text)),
    }
    list.retain(|mutant| mutant.tree != *value);
    list
}

fn object(members: &[(String, Tree)], peers: &[&Tree]) -> Vec<Mutant> {
    let mut list = Vec::new();
    let changed = |what: &str, change: &dyn Fn(&mut Members)| {
        let mut copy = members.to_vec();
        change(&mut copy);
        Mutant::new(what, Tree::Object(copy))
    };
    list.push(changed("an unknown member", &|m| {
        m.push(("unknown".to_owned(), Tree::Literal("1".to_owned())));
    }));
    list.push(changed("an unknown null", &|m| {
        m.push(("unknown".to_owned(), Tree::Literal("null".to_owned())));
    }));
    list.push(changed("a key id", &|m| m.push(("keyid".to_owned(), Tree::Text("x".to_owned())))));
    for (n, (key, value)) in members.iter().enumerate() {
        list.push(changed(&format!("{key} removed"), &|m| drop(m.remove(n))));
        list.push(changed(&format!("{key} repeated"), &|m| m.push(m[n].clone())));
        list.push(changed(&format!("{key} repeated as null"), &|m| {
            m.insert(0, (key.clone(), Tree::Literal("null".to_owned())));
        }));
        for other in [key.to_uppercase(), snake(key), format!("{key} "), format!("@{key}")] {
            if other != *key {
                list.push(changed(&format!("{key} named {other}"), &|m| m[n].0.clone_from(&other)));
            }
        }
        let below: Vec<_> = peers.iter().filter_map(|peer| peer.member(key)).collect();
        list.extend(all(value, &below).into_iter().map(|mutant| {
            mutant.under(&format!(".{key}"), |tree| {
                let mut copy = members.to_vec();
                copy[n].1 = tree;
                Tree::Object(copy)
            })
        }));
    }
    for peer in peers {
        let Tree::Object(theirs) = peer else { continue };
        for (key, value) in theirs.iter().filter(|(key, _)| !members.iter().any(|(own, _)| own == key)) {
            list.push(changed(&format!("another document's {key} added"), &|m| {
                m.push((key.clone(), value.clone()));
            }));
        }
    }
    list
}

fn snake(key: &str) -> String {
    key.chars().fold(String::new(), |out, c| {
        if c.is_ascii_uppercase() { out + "_" + &c.to_lowercase().to_string() } else { out + &c.to_string() }
    })
}

fn array(items: &[Tree], peers: &[&Tree]) -> Vec<Mutant> {
    let mut list = Vec::new();
    let changed = |what: &str, change: &dyn Fn(&mut Vec<Tree>)| {
        let mut copy = items.to_vec();
        change(&mut copy);
        Mutant::new(what, Tree::Array(copy))
    };
    list.push(changed("a null element", &|i| i.push(Tree::Literal("null".to_owned()))));
    list.push(changed("reversed", &|i| i.reverse()));
    for (n, item) in items.iter().enumerate() {
        list.push(changed(&format!("element {n} removed"), &|i| drop(i.remove(n))));
        list.push(changed(&format!("element {n} repeated"), &|i| i.push(i[n].clone())));
        let mut below = Vec::new();
        for peer in peers {
            if let Tree::Array(theirs) = peer {
                below.extend(theirs.get(n));
                list.extend(
                    theirs
                        .first()
                        .map(|first| changed("another document's first added", &|i| i.push(first.clone()))),
                );
            }
        }
        list.extend(all(item, &below).into_iter().map(|mutant| {
            mutant.under(&format!("[{n}]"), |tree| {
                let mut copy = items.to_vec();
                copy[n] = tree;
                Tree::Array(copy)
            })
        }));
    }
    list
}

fn literal(text: &str) -> Vec<Mutant> {
    let Ok(plain) = text.parse::<i64>() else { return Vec::new() };
    let number = |what: &str, value: String| Mutant::new(what, Tree::Literal(value));
    let mut list: Vec<_> =
        [plain + 1, plain - 1, -plain, i64::MAX].map(|n| number("another number", n.to_string())).into();
    list.push(number("with a fraction", format!("{text}.5")));
    list.push(number("with a zero fraction", format!("{text}.0")));
    list.push(number("with an exponent", format!("{text}e0")));
    list.push(Mutant::new("as text", Tree::Text(text.to_owned())));
    list
}

fn string(text: &str, peers: &[&Tree]) -> Vec<Mutant> {
    let put = |what: &str, text: String| Mutant::new(what, Tree::Text(text));
    let mut list = vec![
        put("with a space before", format!(" {text}")),
        put("with a line break after", format!("{text}\n")),
        put("with a letter after", format!("{text}A")),
        put("with a NUL after", format!("{text}\0")),
    ];
    let mut shorter = text.to_owned();
    shorter.pop();
    list.push(put("without its last letter", shorter));
    if text.parse::<i64>().is_ok() {
        list.extend(digits(text));
    } else if let Some(inner) = Tree::parse_object(text.as_bytes()) {
        list.extend(nested(&inner, peers, "/json", &|tree| tree.text(), &|peer| {
            Tree::parse_object(peer.as_bytes())
        }));
    } else if let Ok(bytes) = STANDARD.decode(text) {
        list.extend(encoded(text, &bytes, peers));
    } else {
        list.extend(lines(text));
    }
    list
}

/// Mutants of the document inside of a string.
fn nested(
    inner: &Tree,
    peers: &[&Tree],
    step: &str,
    write: &dyn Fn(&Tree) -> String,
    read: &dyn Fn(&str) -> Option<Tree>,
) -> Vec<Mutant> {
    let theirs: Vec<Tree> =
        peers.iter().filter_map(|peer| if let Tree::Text(text) = peer { read(text) } else { None }).collect();
    let theirs: Vec<&Tree> = theirs.iter().collect();
    all(inner, &theirs)
        .into_iter()
        .map(|mutant| mutant.under(step, |tree| Tree::Text(write(&tree))))
        .collect()
}

fn digits(text: &str) -> Vec<Mutant> {
    let number: i64 = text.parse().unwrap_or_default();
    let mut list: Vec<_> = [number + 1, number - 1, number + 1000, -number, 0, i64::MAX]
        .map(|n| Mutant::new("another number", Tree::Text(n.to_string())))
        .into();
    for other in [
        format!("0{text}"),
        format!("+{text}"),
        format!("{text}.0"),
        format!("{text}e0"),
        format!("0x{text}"),
    ] {
        list.push(Mutant::new("another spelling", Tree::Text(other)));
    }
    list.push(Mutant::new("as a number", Tree::Literal(text.to_owned())));
    list.push(Mutant::new("as a number with a fraction", Tree::Literal(format!("{text}.0"))));
    list
}

fn encoded(text: &str, bytes: &[u8], peers: &[&Tree]) -> Vec<Mutant> {
    let put = |what: &str, bytes: &[u8]| Mutant::new(what, Tree::Text(STANDARD.encode(bytes)));
    let mut list = Vec::new();
    if let Some(inner) = Tree::parse_object(bytes) {
        let read = |peer: &str| Tree::parse_object(&STANDARD.decode(peer).ok()?);
        list.extend(nested(&inner, peers, "/base64", &|tree| STANDARD.encode(tree.text()), &read));
    } else if let Some(inner) =
        std::str::from_utf8(bytes).ok().filter(|inner| inner.is_ascii() && inner.len() > 16)
    {
        // Base64 of base64, and of PEM.
        list.extend(string(inner, &[]).into_iter().filter_map(|mutant| match &mutant.tree {
            Tree::Text(inner) => {
                let outer = STANDARD.encode(inner);
                Some(mutant.under("/base64", |_| Tree::Text(outer)))
            }
            _ => None,
        }));
    }
    for place in places(bytes.len()) {
        let mut copy = bytes.to_vec();
        copy[place] ^= 1 << (place % 8);
        list.push(put(&format!("bit of byte {place} of {}", bytes.len()), &copy));
    }
    for place in places(bytes.len()).into_iter().step_by(8) {
        let mut copy = bytes.to_vec();
        copy.remove(place);
        list.push(put("a byte less", &copy));
        copy.insert(place, 0xa5);
        copy.insert(place, 0xa5);
        list.push(put("a byte more", &copy));
    }
    list.push(put("all zeros", &vec![0; bytes.len()]));
    list.push(put("twice", &[bytes, bytes].concat()));
    list.push(put("half", &bytes[..bytes.len() / 2]));
    for other in [
        URL_SAFE.encode(bytes),
        text.trim_end_matches('=').to_owned(),
        format!("{text}="),
        format!("{}\n{}", &text[..text.len() / 2], &text[text.len() / 2..]),
    ] {
        list.push(Mutant::new("another encoding", Tree::Text(other)));
    }
    list
}

/// Evenly spread places, all of them where there are few.
fn places(length: usize) -> Vec<usize> {
    let step = length.div_ceil(PLACES).max(1);
    let mut list: Vec<_> = (0..length).step_by(step).chain(length.checked_sub(1)).collect();
    list.dedup();
    list
}

fn lines(text: &str) -> Vec<Mutant> {
    let put = |what: &str, text: String| Mutant::new(what, Tree::Text(text));
    let mut list = Vec::new();
    for place in places(text.len()) {
        let mut copy = text.as_bytes().to_vec();
        copy[place] ^= 1;
        list.extend(String::from_utf8(copy).ok().map(|text| put(&format!("letter {place}"), text)));
    }
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    if all.len() > 1 {
        for n in 0..all.len() {
            let without: String =
                all.iter().enumerate().filter(|(i, _)| *i != n).map(|(_, line)| *line).collect();
            list.push(put(&format!("line {n} removed"), without));
            let twice: String =
                all.iter().enumerate().flat_map(|(i, line)| vec![*line; 1 + usize::from(i == n)]).collect();
            list.push(put(&format!("line {n} repeated"), twice));
            let mut swapped = all.clone();
            swapped.swap(n, 0);
            list.push(put(&format!("line {n} first"), swapped.concat()));
        }
        list.push(put("with CRLF", text.replace('\n', "\r\n")));
    }
    list
}
