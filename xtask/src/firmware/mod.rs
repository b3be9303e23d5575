//! `cargo xtask firmware`: builds every image, runs it, and compares what it says.

mod bundle;
mod elf;
mod formatting;
mod image;
mod machine;
mod sections;
mod size;
mod tools;
mod transcript;

use std::path::Path;

use anyhow::{Result, bail};

pub use size::size;
pub use tools::missing;

use image::IMAGES;

/// Builds and runs all images; one line for each.
pub fn firmware(root: &Path) -> Result<()> {
    let missing = missing(root);
    if !missing.is_empty() {
        bail!("{}", missing.join("; "));
    }
    formatting::kernel(root)?;
    for image in &IMAGES {
        let file = image.build(root)?;
        formatting::image(&file)?;
        let said = machine::run(root, image, &file)?;
        let figures = transcript::compare(root, image, &said)?;
        println!(
            "{:<10} {:<14} {}  passed",
            image.name,
            image.board.name,
            sections::of(&file)?.said(&figures)
        );
    }
    Ok(())
}
