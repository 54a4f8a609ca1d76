//! What a scan finds.

use std::ops::Range;

use proofmark_core::{ImageRef, Origin, Platform, ReferenceError};

use crate::named::NotRead;

/// One place that names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The text as it is written, without quotes; cut after 4096 bytes.
    pub text: String,
    /// The value after defaults and aliases: what [`Target`] was parsed from.
    pub value: String,
    /// The bytes of `text` in the file.
    pub span: Range<usize>,
    /// The same place in lines and columns.
    pub origin: Origin,
    /// The kind of place.
    pub place: Place,
    /// The platform, if one is written beside the reference.
    pub platform: Option<WrittenPlatform>,
    /// The image, or why there is none.
    pub target: Target,
    /// Variables whose default is part of `value`: a build or run may give them another value.
    pub defaults: Vec<String>,
    /// Variables whose value in an environment file is part of it: the environment of a run may give them another value.
    pub set: Vec<String>,
    /// The build argument of it that a build gives, instead of the default in the Dockerfile.
    pub given: Option<GivenArg>,
    /// Where a rewrite of the value belongs.
    pub edit: Edit,
}

/// A build argument that a build gives to its Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenArg {
    /// Its name.
    pub name: String,
    /// The place of the build, `file:line:column`; none: the Dockerfile is written in the build.
    pub at: Option<String>,
}

impl std::fmt::Display for GivenArg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            Some(at) => write!(f, "by what the build at {at} gives as {}", self.name),
            None => write!(f, "by what its build gives as {}", self.name),
        }
    }
}

/// A platform as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WrittenPlatform {
    /// `os/architecture[/variant]`.
    Known(Platform),
    /// A text that names none, or depends on the build, such as `$BUILDPLATFORM`.
    Unresolved(String),
}

/// What a place names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An image.
    Image(ImageRef),
    /// Something that is not known without a build, a run or another file.
    Unresolved(Unresolved),
}

impl Target {
    /// The image, if it is known.
    pub const fn image(&self) -> Option<&ImageRef> {
        match self {
            Self::Image(image) => Some(image),
            Self::Unresolved(_) => None,
        }
    }
}

/// Why a place names no image that is known statically.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unresolved {
    /// A variable without a value in the file.
    #[error("the variable `{0}` has no value here")]
    Variable(String),
    /// An expansion that is not evaluated, such as `${A%b}`.
    #[error("the expansion `{0}` is not evaluated")]
    Expansion(String),
    /// A GitHub Actions expression.
    #[error("the expression `{0}` is evaluated by GitHub Actions")]
    Expression(String),
    /// A template action of Helm, Jinja or the like.
    #[error("a template, not known before it is rendered")]
    Template,
    /// A value that is no image reference.
    #[error("not an image reference: {0}")]
    Malformed(#[from] ReferenceError),
    /// A number that no stage of the build has.
    #[error("there is no build stage {0}")]
    NoStage(String),
    /// `ONBUILD` with the name of a stage: the stages are those of another build.
    #[error("`{0}` is a stage of the build that uses this image")]
    ForeignStage(String),
    /// A dev container feature without a registry, a shorthand of old versions.
    #[error("`{0}` is a shorthand of old versions: name the feature with its registry")]
    ShortFeature(String),
    /// A list or mapping where a text belongs.
    #[error("not a text")]
    NotText,
    /// A new name in a kustomization without tag and digest: these stay as the manifests have them.
    #[error("the tag is that of the manifests which are customised")]
    TagElsewhere,
    /// A field `image` of an object without tag and digest, and a field that holds them: what reads the object puts them together.
    #[error("its tag or digest may be what `{0}` says")]
    TagApart(&'static str),
    /// A line that looks like a reference, in a document that cannot be parsed.
    #[error("the document around it cannot be parsed")]
    Unparsed,
    /// A number or a truth without quotes, which readers of YAML print differently.
    #[error("`{0}` without quotes is no text to some readers of YAML, who print it otherwise (3.10 as 3.1)")]
    Number(String),
    /// What may be any build argument: which is known when it runs.
    #[error(
        "`{0}` may give any build argument: the image of a FROM, or BUILDKIT_SYNTAX, the image that reads the Dockerfile"
    )]
    AnyArgument(String),
    /// A variable of a workflow or a job, to which a step before may have given another value.
    #[error("`{0}` may have another value here: a step before this one runs what may write GITHUB_ENV")]
    Overwritten(String),
    /// A value that is longer than any reference.
    #[error("longer than any reference")]
    TooLong,
    /// A variable of an environment file, whose value there is not evaluated.
    #[error("`{0}` is set in .env, to what is not evaluated here or is another in each of several")]
    Environment(String),
    /// A build argument that builds of one service give different values.
    #[error("several files give the build argument `{0}`, each another value")]
    Given(String),
    /// The image of a service that one file has built, and another file lets compose pull.
    #[error("it is built here, and `{0}` has it pulled")]
    Pulled(String),
    /// A value that is copied here from another field when the manifests are rendered.
    #[error("it is copied here from elsewhere when the manifests are rendered")]
    Copied,
    /// A file that may name images, and was not read.
    #[error("{0}")]
    NotRead(NotRead),
}

/// The kind of place; the sources are the Dockerfile reference, the compose specification, the Kubernetes API (`PodSpec`),
/// kustomize (`Image`), the dev container specification and the GitHub Actions syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// `FROM`.
    DockerfileFrom,
    /// `COPY --from`.
    DockerfileCopy,
    /// `RUN --mount=…,from=`.
    DockerfileMount,
    /// `# syntax=`: the image whose program reads the rest of the file.
    DockerfileSyntax,
    /// `ONBUILD COPY --from`.
    DockerfileOnbuildCopy,
    /// `ONBUILD RUN --mount=…,from=`.
    DockerfileOnbuildMount,
    /// `services.*.image`.
    ComposeImage,
    /// `services.*.image` beside `build`: the name of what is built, pulled where it exists.
    ComposeBuiltImage,
    /// `build.additional_contexts`, `docker-image://`.
    ComposeContext,
    /// `build.args`, where the name of the argument says that it is an image.
    ComposeBuildArg,
    /// `services.*.volumes[]` of type `image`.
    ComposeVolume,
    /// `include` and `extends.file` with `oci://`: a compose file that a registry serves, no image. See
    /// [`Place::is_image`].
    ComposeInclude,
    /// `services.*.pre_start[].image`.
    ComposeHook,
    /// `models.*.model`, and `services.*.provider` of the type `model`: a model that a registry serves, no image. See
    /// [`Place::is_image`].
    ComposeModel,
    /// The image that lists what a build holds (`build.sbom` of compose, `--sbom` and `--attest` of a builder).
    SbomGenerator,
    /// A context of a build that is an image (`--build-context name=docker-image://…`).
    BuildContext,
    /// `containers[].image`.
    PodContainer,
    /// `initContainers[].image`.
    PodInitContainer,
    /// `ephemeralContainers[].image`.
    PodEphemeralContainer,
    /// `volumes[].image.reference`.
    PodVolume,
    /// A field `image` of an object elsewhere than in a pod.
    KubernetesField,
    /// In a text inside an object, such as the manifest that a workflow creates or a template in a `ConfigMap`: whether it
    /// is ever run is not known.
    KubernetesEmbedded,
    /// An entry of `images` in a kustomization.
    KustomizeImage,
    /// `image` of a dev container.
    DevcontainerImage,
    /// A key of `features`: an OCI artifact, no image, but its scripts run as root in the build. See [`Place::is_image`].
    DevcontainerFeature,
    /// `build.args` of a dev container, as of compose.
    DevcontainerBuildArg,
    /// `jobs.*.container`.
    WorkflowContainer,
    /// `jobs.*.services.*`.
    WorkflowService,
    /// `uses: docker://` of a step.
    WorkflowStep,
    /// An image in `build-args` of an action that builds, as in `build.args` of compose.
    WorkflowBuildArg,
    /// `args` of a target of `docker buildx bake`, as `build.args` of compose.
    BakeArg,
    /// The image in which an action has builds run.
    WorkflowBuilder,
    /// `runs.image: docker://` of an action.
    ActionImage,
    /// A line `image: …` of a document that cannot be parsed.
    Unparsed,
    /// The name of a file, in a file that is used together with it: an included compose file, a resource of a kustomization, a
    /// Dockerfile. See [`Place::is_image`].
    NamedFile,
}

impl Place {
    /// A stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DockerfileFrom => "dockerfile-from",
            Self::DockerfileCopy => "dockerfile-copy",
            Self::DockerfileMount => "dockerfile-mount",
            Self::DockerfileSyntax => "dockerfile-syntax",
            Self::DockerfileOnbuildCopy => "dockerfile-onbuild-copy",
            Self::DockerfileOnbuildMount => "dockerfile-onbuild-mount",
            Self::ComposeImage => "compose-image",
            Self::ComposeBuiltImage => "compose-built-image",
            Self::ComposeContext => "compose-context",
            Self::ComposeBuildArg => "compose-build-arg",
            Self::ComposeVolume => "compose-volume",
            Self::ComposeInclude => "compose-include",
            Self::ComposeHook => "compose-hook",
            Self::ComposeModel => "compose-model",
            Self::SbomGenerator => "sbom-generator",
            Self::BuildContext => "build-context",
            Self::PodContainer => "pod-container",
            Self::PodInitContainer => "pod-init-container",
            Self::PodEphemeralContainer => "pod-ephemeral-container",
            Self::PodVolume => "pod-volume",
            Self::KubernetesField => "kubernetes-field",
            Self::KubernetesEmbedded => "kubernetes-embedded",
            Self::KustomizeImage => "kustomize-image",
            Self::DevcontainerImage => "devcontainer-image",
            Self::DevcontainerFeature => "devcontainer-feature",
            Self::DevcontainerBuildArg => "devcontainer-build-arg",
            Self::WorkflowContainer => "workflow-container",
            Self::WorkflowService => "workflow-service",
            Self::WorkflowStep => "workflow-step",
            Self::WorkflowBuildArg => "workflow-build-arg",
            Self::BakeArg => "bake-arg",
            Self::WorkflowBuilder => "workflow-builder",
            Self::ActionImage => "action-image",
            Self::Unparsed => "unparsed",
            Self::NamedFile => "named-file",
        }
    }

    /// Whether a container runs or is built from it; a dev container feature, an included compose file and a model are artifacts
    /// of another kind, and a file is none.
    pub const fn is_image(self) -> bool {
        !matches!(
            self,
            Self::DevcontainerFeature | Self::ComposeInclude | Self::ComposeModel | Self::NamedFile
        )
    }
}

/// Where the value of a reference is rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// At [`Found::span`].
    Here,
    /// At the definition that the value comes from: an ARG's default, a variable's default, an anchor. Several
    /// references may share it; it is rewritten once.
    At(Range<usize>),
    /// A kustomization's entry without `digest`: the key is inserted at this offset, before what follows it.
    Insert {
        /// Offset in bytes.
        at: usize,
        /// What is written between the digest and the key that follows.
        after: String,
    },
    /// Nowhere: a rewrite would be wrong.
    Refused(NoEdit),
}

/// Why a reference is not rewritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEdit {
    /// It is not known which image it is.
    #[error("it is not known which image it is")]
    Unresolved,
    /// It is put together from several texts.
    #[error("it is put together from several texts")]
    Composed,
    /// It is written with escapes, or over several lines.
    #[error("it is written with escapes or over several lines")]
    Escaped,
    /// A variable of it has its value in an environment file.
    #[error("`{0}` has its value in .env: write the digest there, or the image where it is used")]
    Environment(String),
    /// A build argument of it is given beside the Dockerfile.
    #[error("a build gives `{0}` its value: write the digest there")]
    Given(String),
    /// Its definition is used elsewhere too, for something that a new value could break.
    #[error("`{0}` is used elsewhere too")]
    Shared(String),
}
