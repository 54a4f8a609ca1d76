//! Registry protocol, OCI layouts, mirrors, referrers and tags behind one read trait.
//!
//! [`Client`] reads an image and everything attached to it, path by path, within a [`Budget`]. Every body is hashed
//! before it is parsed; no header is believed; nothing here knows what a signature is.

mod budget;
mod client;
mod configured;
mod copy;
mod discover;
mod error;
mod found;
mod graph;
mod layout;
mod link;
mod manifest;
mod memory;
mod source;
mod strict_json;
mod target;
mod unpack;

pub use budget::Budget;
pub use client::{Client, ClientConfig, ClientError, Examined, select_platform};
pub use configured::Configured;
pub use copy::{Copied, CopyError, CopyProgress, CopyRequest, check_target};
pub use error::{Cap, ReadError, Skipped};
pub use found::{Found, Other, PathKind, PathReport, PathState, Plan};
pub use graph::{Child, Children};
pub use layout::LayoutError;
pub use link::parse_link_header;
pub use manifest::{
    BASE_DIGEST, BASE_NAME, Descriptor, ImageConfig, ImageManifest, ManifestError, media_type, parse_config,
    parse_config_platform, parse_index, parse_manifest,
};
pub use source::ContentCache;
pub use target::{Place, Selector, Target};
pub use unpack::{Compression, UnpackCaps, UnpackError, Unpacked, Unpacker};
