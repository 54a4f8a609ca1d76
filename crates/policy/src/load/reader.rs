//! Reads the files of one policy once, and remembers what it read.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Origin};

use super::file_error;
use crate::error::{Code, Errors, Told};
use crate::files::{FileError, Files, is_confined};
use crate::source::Source;

/// Bytes of all files of one policy. Links can name one large file many times, so that no cap of a single file is enough.
const MAX_TOTAL: u64 = 64 << 20;

pub(super) struct Reader<'a> {
    files: &'a dyn Files,
    read: BTreeMap<String, Digest>,
    left: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, read: BTreeMap::new(), left: MAX_TOTAL }
    }

    /// A file's bytes; `None` if it is absent. `from` is the line that names it.
    pub(super) fn bytes(
        &mut self,
        path: &str,
        max: u64,
        from: &Origin,
        errors: &mut Errors,
    ) -> Result<Option<Vec<u8>>, Told> {
        if !is_confined(path) {
            let message = format!("`{path}` leads out of the policy's directory");
            errors.push(
                Code::OutsidePolicy,
                from,
                message,
                "write a path below the policy's directory, with `/` and without `..`",
            );
            return Err(Told);
        }
        match self.files.read(path, max.min(self.left)) {
            Ok(Some(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                self.read.insert(path.to_owned(), Digest::sha256(&bytes));
                Ok(Some(bytes))
            }
            Ok(None) => Ok(None),
            Err(FileError::TooLarge { .. }) if self.left < max => {
                let message = format!("the files of this policy are larger than {MAX_TOTAL} bytes together");
                errors.push(Code::Limit, from, message, "name fewer files, or make them smaller");
                Err(Told)
            }
            Err(error) => {
                file_error(errors, &error, from);
                Err(Told)
            }
        }
    }

    /// A file that must be there.
    pub(super) fn required(
        &mut self,
        path: &str,
        max: u64,
        from: &Origin,
        errors: &mut Errors,
    ) -> Result<Vec<u8>, Told> {
        self.bytes(path, max, from, errors)?.ok_or_else(|| {
            let message = format!("{} is not there", self.files.display(path));
            errors.push(Code::MissingFile, from, message, "add the file, or mend its name");
            Told
        })
    }

    /// A text file, with the path as it is shown; `None` if it is absent.
    pub(super) fn source(
        &mut self,
        path: &str,
        max: u64,
        from: &Origin,
        errors: &mut Errors,
    ) -> Result<Option<Source>, Told> {
        let Some(bytes) = self.bytes(path, max, from, errors)? else { return Ok(None) };
        self.text(path, bytes, from, errors).map(|text| Some(Source::new(self.files.display(path), text)))
    }

    /// Bytes as UTF-8.
    pub(super) fn text(
        &self,
        path: &str,
        bytes: Vec<u8>,
        from: &Origin,
        errors: &mut Errors,
    ) -> Result<String, Told> {
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let message = format!("{} is not UTF-8: byte {at}", self.files.display(path));
            errors.push(Code::Syntax, from, message, "save it as UTF-8");
            Told
        })
    }

    pub(super) fn files(&self) -> &'a dyn Files {
        self.files
    }

    /// Whether a file was there and was read.
    pub(super) fn has_read(&self, path: &str) -> bool {
        self.read.contains_key(path)
    }

    /// What was read, with digests.
    pub(super) fn finish(self) -> BTreeMap<String, Digest> {
        self.read
    }
}
