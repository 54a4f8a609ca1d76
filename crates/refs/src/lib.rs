//! Where repositories name images: Dockerfiles, compose files, bake files, Kubernetes objects, kustomizations, dev containers and
//! GitHub workflows, to references with exact spans; and rewriting them.
//!
//! Pure: the bytes of a file in, [`Found`] references out. Nothing is read from a disk or a network, and no file is
//! executed. What names an image but cannot be resolved without running something is [`Target::Unresolved`] with its
//! reason; what cannot be read is a located [`Problem`]. Neither is ever dropped.
//!
//! What is not looked for: images that are named in arguments, environment variables or scripts (`--image=…`,
//! `docker run …`), in Helm values, or by fields of custom resources that are called otherwise than `image` and are of none of the operators
//! in `kubernetes/operators.rs`.

mod allow;
mod bake;
mod building;
mod compose;
mod detect;
mod devcontainer;
mod dockerfile;
mod emit;
mod environment;
mod expand;
mod found;
mod hints;
mod jsonc;
mod kubernetes;
mod limits;
mod mapped;
mod named;
mod pin;
mod problem;
mod rewrite;
pub mod rules;
mod scan;
mod scripts;
mod shape;
mod survey;
mod text;
mod workflow;
mod yaml;

pub use allow::{Allow, AllowError, AllowText, BesideError, MAX_ALLOW_DAYS, keep_allows_of};
pub use compose::{Compose, Service};
pub use detect::{ByName, FileKind, by_name, detect};
pub use dockerfile::Given;
pub use environment::{Environment, environment};
pub use found::{Edit, Found, GivenArg, NoEdit, Place, Target, Unresolved, WrittenPlatform};
pub use limits::ScanLimits;
pub use named::{NamedBuild, NamedFile, NamedKind, NotRead};
pub use pin::{PinError, pin};
pub use problem::{Problem, ProblemKind};
pub use rewrite::{RewriteError, SpanEdit, rewrite};
pub use rules::{Drift, Judged, RULES, judge};
pub use scan::{Scan, scan, scan_with};
pub use scripts::{ShellText, ShellTextKind, shell_texts};
pub use survey::JsonSurvey;
