//! One target: a build with its Dockerfile, arguments and contexts.

use std::ops::Range;

use super::hcl::{Block, Expr, Pair};
use super::{Scanner, Shadow};
use crate::building::{generators, image_argument};
use crate::compose::{RawService, Service};
use crate::detect::FileKind;
use crate::dockerfile::{self, BuildArg, Given};
use crate::emit::cut;
use crate::expand::Expanded;
use crate::found::{Place, Unresolved};
use crate::named::{NamedBuild, NamedKind, NotRead, RawNamed, is_remote};
use crate::problem::RawProblem;
use crate::yaml::{has_prefix, outward};

/// A path as it is written, and where.
struct Path {
    text: String,
    at: Range<usize>,
    /// Variables whose default is part of it.
    defaults: Vec<String>,
}

/// Of what is not known, the place was told.
struct Told;

/// Before an image that is a context.
const IMAGE: &str = "docker-image://";

impl Scanner<'_> {
    pub(super) fn target(&mut self, block: &Block) {
        let matrix = block.pairs.iter().find(|pair| pair.name == "matrix").map(|pair| &pair.value);
        let shadowed = match matrix {
            Some(Expr::Object(pairs)) => {
                Shadow { all: false, names: pairs.iter().map(|pair| pair.name.clone()).collect() }
            }
            Some(_) => Shadow { all: true, ..Shadow::default() },
            None => Shadow::default(),
        };
        let mut given = Given::default();
        for pair in &block.pairs {
            match pair.name.as_str() {
                "args" => self.arguments(pair, &shadowed, &mut given),
                "contexts" => self.contexts(pair, &shadowed, &mut given),
                "attest" => self.attested(pair, &shadowed),
                _ => {}
            }
        }
        let extends = self.inherited(block);
        let inline =
            block.pairs.iter().rfind(|pair| pair.name == "dockerfile-inline" && pair.value != Expr::Null);
        match inline {
            Some(inline) => self.inline(inline, &block.label, &shadowed, &given),
            None => self.dockerfile(block, &shadowed, &given),
        }
        let service = Service {
            name: cut(&block.label),
            image: None,
            built: true,
            extends,
            inline: inline.map(|_| given).into_iter().collect(),
            pull_policy: None,
            local: None,
            undoes: false,
        };
        if self.baked.targets.len() < self.max {
            self.baked.targets.push(RawService { service, image: None, local: None });
        }
    }

    fn arguments(&mut self, pair: &Pair, shadowed: &Shadow, given: &mut Given) {
        let Expr::Object(arguments) = &pair.value else {
            return self.any(&Self::span(&pair.value, &pair.at), pair.value != Expr::Null);
        };
        for argument in arguments {
            if argument.name.contains(['$', '%']) {
                self.any(&argument.at, true);
            } else if let Some(value) = self.value(&argument.value, &argument.at, shadowed) {
                given.args.push(BuildArg::of(&argument.name, &value));
                if let Some((place, value)) = image_argument(Place::BakeArg, &argument.name, value) {
                    self.image(place, &argument.value, &argument.at, value);
                }
            }
        }
    }

    fn any(&mut self, at: &Range<usize>, is: bool) {
        if is {
            let text = self.text.get(at.clone()).unwrap_or_default().chars().take(80).collect();
            self.open(Place::BakeArg, at.clone(), Unresolved::AnyArgument(text));
        }
    }

    fn contexts(&mut self, pair: &Pair, shadowed: &Shadow, given: &mut Given) {
        let Expr::Object(contexts) = &pair.value else {
            let at = Self::span(&pair.value, &pair.at);
            if pair.value != Expr::Null {
                let text = self.text.get(at.clone()).unwrap_or_default().chars().take(80).collect();
                self.open(Place::BuildContext, at, Unresolved::Expansion(text));
            }
            return;
        };
        for context in contexts {
            if !context.name.contains(['$', '%']) {
                given.contexts.insert(context.name.to_lowercase());
            }
            let Some(mut value) = self.value(&context.value, &context.at, shadowed) else { continue };
            let text = value.text.text();
            if has_prefix(text, IMAGE) {
                value.text = value.text.part(IMAGE.len()..text.len());
                self.image(Place::BuildContext, &context.value, &context.at, value);
            } else if value.unresolved.is_some() {
                self.image(Place::BuildContext, &context.value, &context.at, value);
            } else if is_remote(text) {
                let at = Self::span(&context.value, &context.at);
                self.open(Place::NamedFile, at, Unresolved::NotRead(NotRead::Remote));
            }
        }
    }

    /// `attest`, texts or objects (`type=sbom,generator=image`).
    fn attested(&mut self, pair: &Pair, shadowed: &Shadow) {
        let Expr::List(items) = &pair.value else { return };
        for item in items {
            if let Expr::Object(pairs) = item {
                for generator in pairs.iter().filter(|pair| pair.name == "generator") {
                    if let Some(value) = self.value(&generator.value, &generator.at, shadowed) {
                        self.image(Place::SbomGenerator, &generator.value, &generator.at, value);
                    }
                }
            } else if let Some(value) = self.value(item, &pair.at, shadowed) {
                for text in generators(&value.text) {
                    self.image(Place::SbomGenerator, item, &pair.at, Expanded { text, ..value.clone() });
                }
            }
        }
    }

    /// The targets that it takes over what they say from.
    fn inherited(&mut self, block: &Block) -> Vec<String> {
        let mut extends = Vec::new();
        for pair in block.pairs.iter().filter(|pair| pair.name == "inherits") {
            let items = if let Expr::List(items) = &pair.value {
                items.as_slice()
            } else {
                std::slice::from_ref(&pair.value)
            };
            for item in items {
                match self.value(item, &pair.at, &Shadow::default()) {
                    Some(value) if value.unresolved.is_none() => extends.push(cut(value.text.text())),
                    Some(value) => self.image(Place::NamedFile, item, &pair.at, value),
                    None => {}
                }
            }
        }
        extends
    }

    /// The last of an attribute, which counts, with its value.
    fn path(&mut self, block: &Block, name: &str, shadowed: &Shadow) -> Result<Option<Path>, Told> {
        let Some(pair) = block.pairs.iter().rfind(|pair| pair.name == name) else { return Ok(None) };
        let Some(value) = self.value(&pair.value, &pair.at, shadowed) else { return Ok(None) };
        let at = Self::span(&pair.value, &pair.at);
        let remote = is_remote(value.text.text()).then_some(Unresolved::NotRead(NotRead::Remote));
        if let Some(why) = value.unresolved.or(remote) {
            self.open(Place::NamedFile, at, why);
            return Err(Told);
        }
        let path = Path { text: value.text.text().to_owned(), at, defaults: value.names };
        Ok(Some(path).filter(|path| !path.text.is_empty()))
    }

    fn dockerfile(&mut self, block: &Block, shadowed: &Shadow, given: &Given) {
        let (context, file) =
            (self.path(block, "context", shadowed), self.path(block, "dockerfile", shadowed));
        let (Ok(context), Ok(file)) = (context, file) else { return };
        let certain = context.is_some() || file.is_some();
        let span =
            file.as_ref().or(context.as_ref()).map_or_else(|| block.at.clone(), |path| path.at.clone());
        let mut defaults = Vec::new();
        let mut text = |path: Option<Path>| {
            path.map(|path| {
                defaults.extend(path.defaults);
                path.text
            })
        };
        let (context, dockerfile) = (text(context), text(file));
        let build =
            NamedBuild { service: cut(&block.label), context, dockerfile, certain, given: given.clone() };
        if self.baked.named.len() < self.max {
            let path = build.path(build.context.as_deref());
            let (kind, project, environment) = (NamedKind::File(FileKind::Dockerfile), None, Vec::new());
            let build = Some(build);
            self.baked.named.push(RawNamed { span, kind, path, project, environment, build, defaults });
        }
    }

    fn inline(&mut self, pair: &Pair, target: &str, shadowed: &Shadow, given: &Given) {
        let at = Self::span(&pair.value, &pair.at);
        let value = self.value(&pair.value, &pair.at, shadowed).unwrap_or_default();
        if let Some(why) = value.unresolved {
            return self.open(Place::NamedFile, at, why);
        }
        let own = [vec![given.clone()]];
        let builds = self.environment.inline(target);
        let builds = if builds.is_empty() { own.as_slice() } else { builds };
        let (hits, problems) = dockerfile::scan_built(value.text.text(), builds, false, self.max);
        for mut hit in hits {
            outward(&mut hit, &value.text, &at);
            hit.text = cut(self.text.get(hit.span.clone()).unwrap_or_default());
            let mut names = std::mem::take(&mut hit.defaults);
            names.extend(value.names.iter().cloned());
            self.push(hit, names);
        }
        for problem in problems {
            let span = value.text.cover_span(problem.span).unwrap_or_else(|| at.clone());
            self.baked.problems.push(RawProblem::new(span, problem.kind));
        }
    }
}
