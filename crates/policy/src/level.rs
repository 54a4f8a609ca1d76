//! Levels of verification summaries (SLSA v1.2, "Verification Summary Attestation", `SlsaResult`).

/// Names of levels: those of SLSA's tracks have an order, all others are words.
pub struct SlsaLevel;

impl SlsaLevel {
    /// Whether a level may have this name: "custom levels MUST NOT start with `SLSA_`".
    pub fn is_name(text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        !text.starts_with("SLSA_") || track(text).is_some()
    }

    /// Whether a summary that states `stated` has the level `wanted`: the same one, or a higher one of the same track.
    pub fn satisfies(stated: &str, wanted: &str) -> bool {
        match (track(stated), track(wanted)) {
            (Some((own, Some(stated))), Some((asked, Some(wanted)))) => own == asked && stated >= wanted,
            _ => stated == wanted,
        }
    }
}

/// Track and number of `SLSA_<TRACK>_LEVEL_<n>`; no number where it was not evaluated.
fn track(text: &str) -> Option<(&str, Option<u8>)> {
    let (track, level) = text.strip_prefix("SLSA_")?.rsplit_once("_LEVEL_")?;
    let letters = !track.is_empty() && track.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let number = match level.as_bytes() {
        b"UNEVALUATED" => None,
        [digit @ b'0'..=b'9'] => Some(digit - b'0'),
        _ => return None,
    };
    letters.then_some((track, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["SLSA_BUILD_LEVEL_3", "SLSA_SOURCE_LEVEL_UNEVALUATED", "ACME_OK", "FAILED", "slsa_x"] {
            assert!(SlsaLevel::is_name(good), "{good}");
        }
        for bad in [
            "",
            "SLSA_",
            "SLSA_ACME",
            "SLSA__LEVEL_",
            "SLSA_BUILD_LEVEL_",
            "SLSA_BUILD_LEVEL_33",
            "SLSA_LEVEL_3",
            "SLSA_b_LEVEL_3",
        ] {
            assert!(!SlsaLevel::is_name(bad), "{bad}");
        }
    }

    #[test]
    fn higher_levels_of_one_track() {
        for (stated, wanted, has) in [
            ("SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_3", true),
            ("SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_1", true),
            ("SLSA_BUILD_LEVEL_1", "SLSA_BUILD_LEVEL_3", false),
            ("SLSA_SOURCE_LEVEL_3", "SLSA_BUILD_LEVEL_1", false),
            ("SLSA_BUILD_LEVEL_UNEVALUATED", "SLSA_BUILD_LEVEL_0", false),
            ("SLSA_BUILD_LEVEL_0", "SLSA_BUILD_LEVEL_UNEVALUATED", false),
            ("ACME_OK", "ACME_OK", true),
            ("ACME_OK_2", "ACME_OK", false),
            ("acme_ok", "ACME_OK", false),
        ] {
            assert_eq!(SlsaLevel::satisfies(stated, wanted), has, "{stated} {wanted}");
        }
    }
}
