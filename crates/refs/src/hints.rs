//! What a YAML or JSON file is by its lines, where these are clear.

/// What lines of a YAML or JSON file say.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a word that was seen")]
pub(crate) struct Hints {
    /// At any indentation, and at none: what stands deeper may be a text inside another document.
    pub(crate) api_version: bool,
    pub(crate) kind: bool,
    pub(crate) top_version: bool,
    pub(crate) top_kind: bool,
    pub(crate) services: bool,
    pub(crate) image: bool,
    pub(crate) on: bool,
    pub(crate) jobs: bool,
    pub(crate) runs: bool,
    pub(crate) include: bool,
    pub(crate) template: bool,
    pub(crate) patch: bool,
}

impl Hints {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hints = Self::default();
        let mut op = false;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        for line in bytes.split(|b| matches!(b, b'\n' | b'\r')) {
            let trimmed = line.trim_ascii_start();
            let top = trimmed.len() == line.len();
            hints.template |= !hints.template && line.windows(2).any(|two| two == b"{{");
            let trimmed = trimmed.strip_prefix(b"- ").unwrap_or(trimmed).trim_ascii_start();
            let trimmed = trimmed.strip_prefix(b"{").unwrap_or(trimmed).trim_ascii_start();
            let key = trimmed.split(|b| *b == b':').next().unwrap_or_default().trim_ascii();
            if key.len() == trimmed.trim_ascii().len() {
                continue;
            }
            let inside = |quote: &[u8]| key.strip_prefix(quote).and_then(|key| key.strip_suffix(quote));
            let key = inside(b"\"").or_else(|| inside(b"'")).unwrap_or(key);
            match key {
                b"apiVersion" => (hints.api_version, hints.top_version) = (true, hints.top_version || top),
                b"kind" => (hints.kind, hints.top_kind) = (true, hints.top_kind || top),
                b"services" if top => hints.services = true,
                b"include" if top => hints.include = true,
                b"image" | b"build" | b"containers" => hints.image = true,
                b"on" if top => hints.on = true,
                b"jobs" if top => hints.jobs = true,
                b"runs" if top => hints.runs = true,
                b"op" => op = true,
                b"path" => {
                    let value = trimmed.trim_ascii().strip_suffix(b"\"").unwrap_or(trimmed.trim_ascii());
                    hints.patch |= op && value.ends_with(b"/image");
                }
                _ => {}
            }
            // JSON on one line.
            if line.len() > 200 && line.first() == Some(&b'{') {
                let has = |name: &[u8]| line.windows(name.len()).any(|part| part == name);
                hints.api_version |= has(b"\"apiVersion\"");
                hints.kind |= has(b"\"kind\"");
            }
        }
        hints
    }

    pub(crate) const fn object(&self) -> bool {
        self.api_version && self.kind
    }
}
