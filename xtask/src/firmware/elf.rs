//! Programs, and the objects in archives.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use object::File;
use object::read::archive::ArchiveFile;

/// Shows a program, or every object of an archive.
pub fn each(path: &Path, mut see: impl FnMut(&File<'_>)) -> Result<()> {
    let unreadable = || format!("cannot read {}", path.display());
    let bytes = fs::read(path).with_context(unreadable)?;
    if !bytes.starts_with(b"!<arch>") {
        see(&File::parse(&*bytes).with_context(unreadable)?);
        return Ok(());
    }
    for member in ArchiveFile::parse(&*bytes).with_context(unreadable)?.members() {
        see(&File::parse(member?.data(&*bytes)?).with_context(unreadable)?);
    }
    Ok(())
}
