//! `--deep`: the layers themselves, unpacked and hashed against the diff IDs that the base rule believed.

use std::collections::HashMap;
use std::time::Duration;

use proofmark_core::{Digest, Evidence, Expectation, Observation, Reason, Refusal};
use proofmark_oci::{Client, Configured, Descriptor, Place, UnpackCaps, UnpackError};

use crate::rules::content;

/// What unpacking the layers of one image may cost, those of all its platforms together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeepCaps {
    /// Bytes that are read.
    pub packed: u64,
    /// Bytes that come of them.
    pub unpacked: u64,
    /// Time.
    pub time: Duration,
}

impl Default for DeepCaps {
    fn default() -> Self {
        Self { packed: 4 << 30, unpacked: 8 << 30, time: Duration::from_mins(10) }
    }
}

/// Unpacks layers within what is left; a layer that several platforms share is unpacked once.
pub(super) struct Deep<'a> {
    client: &'a Client,
    place: &'a Place,
    left: UnpackCaps,
    known: HashMap<(Digest, String, Digest), u64>,
}

impl<'a> Deep<'a> {
    pub(super) fn new(client: &'a Client, place: &'a Place, caps: DeepCaps) -> Self {
        let left = UnpackCaps::within(caps.packed, caps.unpacked, caps.time);
        Self { client, place, left, known: HashMap::new() }
    }

    /// Every layer, the lowest first: evidence, or why one is not what its diff ID says.
    pub(super) fn check(&mut self, image: &Configured) -> Result<Evidence, Box<Refusal>> {
        if image.left_out > 0 {
            let message = format!("the image has {} layers more than are unpacked", image.left_out);
            return Err(Box::new(Refusal::new(Reason::Limit, message, "rebuild it with fewer layers")));
        }
        let all = image.layers.len();
        let mut bytes = 0_u64;
        for (index, (layer, diff_id)) in image.layers.iter().zip(&image.config.diff_ids).enumerate() {
            let place = format!("layer {} of {all}", index + 1);
            bytes = bytes.saturating_add(self.layer(layer, diff_id, &place)?);
        }
        let summary = format!("all {all} layers were unpacked and hash to their diff IDs");
        Ok(Evidence::new("layers-unpacked", summary)
            .with("layers", all.to_string())
            .with("bytes", bytes.to_string()))
    }

    /// One layer; gives its uncompressed length.
    fn layer(&mut self, layer: &Descriptor, diff_id: &Digest, place: &str) -> Result<u64, Box<Refusal>> {
        let key = (layer.digest.clone(), layer.media_type.clone(), diff_id.clone());
        if let Some(bytes) = self.known.get(&key) {
            return Ok(*bytes);
        }
        let unpacked = self.client.unpack(self.place, layer, diff_id.algorithm(), self.left);
        let unpacked = unpacked.map_err(|error| refusal(&error, layer, place))?;
        self.left.packed = self.left.packed.saturating_sub(layer.size);
        self.left.unpacked = self.left.unpacked.saturating_sub(unpacked.bytes);
        if unpacked.digest != *diff_id {
            return Err(Box::new(other(layer, diff_id, &unpacked.digest, place)));
        }
        self.known.insert(key, unpacked.bytes);
        Ok(unpacked.bytes)
    }
}

/// BASE-03: the configuration says one thing of a layer, and the layer is another.
fn other(layer: &Descriptor, diff_id: &Digest, actual: &Digest, place: &str) -> Refusal {
    Refusal::new(
        Reason::DigestMismatch,
        format!("{place} holds other content than the configuration says"),
        "do not run this image; rebuild it, and find out what pushed it",
    )
    .expecting(Expectation { text: format!("diff ID {diff_id}"), origin: None })
    .observing([Observation {
        place: Some(layer.digest.to_string()),
        ..Observation::new(format!("its content hashes to {actual}"))
    }])
}

fn refusal(error: &UnpackError, layer: &Descriptor, place: &str) -> Box<Refusal> {
    let help = match error {
        UnpackError::Read(error) => {
            let refusal = content::refusal(error);
            return Box::new(Refusal { message: format!("{place}: {}", refusal.message), ..refusal });
        }
        UnpackError::Limit(_) => "judge the image without --deep, or rebuild it smaller",
        UnpackError::Unsupported(_) => "judge the image without --deep, or push its layers as gzip or zstd",
        _ => "rebuild and push the image again with a current builder",
    };
    let refusal = Refusal::new(error.reason(), format!("{place}: {error}"), help);
    Box::new(refusal.observing([Observation::new(layer.digest.to_string())]))
}
