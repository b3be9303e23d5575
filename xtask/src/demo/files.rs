//! The files that are streamed, chunk by chunk, and what came back of them.

use std::fs::{self, DirEntry, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::command::target;

/// The payload of one request, in bytes.
const CHUNK: u64 = 48 * 1024;
/// The generated file, in bytes.
const GENERATED: u64 = 64 * 1024 * 1024;

/// Folders of what is built, anywhere in the tree.
const BUILT: [&str; 2] = ["node_modules", "target"];

/// A part of a file.
pub struct Chunk {
    /// Unique among all files.
    pub number: u64,
    file: usize,
    offset: u64,
    length: u64,
}

struct Pair {
    name: String,
    length: u64,
    original: File,
    returned: File,
}

/// What is streamed, and where it goes when it comes back.
pub struct Files {
    pairs: Vec<Pair>,
    /// Holds what came back until all is compared.
    _folder: TempDir,
}

/// One file, compared.
pub struct Compared {
    pub name: String,
    pub length: u64,
    /// SHA-256 of what was sent, in hexadecimal.
    pub digest: String,
    /// What differs.
    pub fault: Option<String>,
}

/// The files below a folder, but for what is hidden or built.
fn sources(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let is_left_out =
            name.as_encoded_bytes().starts_with(b".") || BUILT.iter().any(|built| name == *built);
        if kind.is_file() && !is_left_out {
            paths.push(entry.path());
        } else if kind.is_dir() && !is_left_out {
            sources(&entry.path(), paths)?;
        }
    }
    Ok(())
}

impl Files {
    /// A generated file and the project's own sources.
    pub fn usual(root: &Path) -> Result<Self> {
        let mut paths = vec![generated(&target(root).join("demo"))?];
        sources(root, &mut paths)?;
        Self::open(&paths, root)
    }

    /// These files.
    pub fn named(paths: &[PathBuf]) -> Result<Self> {
        Self::open(paths, Path::new(""))
    }

    fn open(paths: &[PathBuf], root: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let pair = |(index, path): (usize, &PathBuf)| -> Result<Pair> {
            let original = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
            let back = folder.path().join(index.to_string());
            Ok(Pair {
                name: path.strip_prefix(root).unwrap_or(path).display().to_string(),
                length: original.metadata()?.len(),
                original,
                returned: File::options().read(true).write(true).create_new(true).open(back)?,
            })
        };
        let pairs = paths.iter().enumerate().map(pair).collect::<Result<_>>()?;
        Ok(Self { pairs, _folder: folder })
    }

    /// How many files.
    pub fn count(&self) -> usize {
        self.pairs.len()
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.pairs.iter().map(|pair| pair.length).sum()
    }

    /// All chunks of all files; an empty file has one, empty chunk.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> {
        let offsets = |(file, pair): (usize, &Pair)| {
            let length = pair.length;
            (0..length.max(1))
                .step_by(CHUNK as usize)
                .map(move |offset| (file, offset, CHUNK.min(length - offset)))
        };
        let chunks: Vec<_> = self.pairs.iter().enumerate().flat_map(offsets).collect();
        chunks.into_iter().zip(0..).map(|((file, offset, length), number)| Chunk {
            number,
            file,
            offset,
            length,
        })
    }

    /// The bytes of a chunk.
    pub fn read(&self, chunk: &Chunk) -> Result<Vec<u8>> {
        let pair = &self.pairs[chunk.file];
        let mut bytes = vec![0; chunk.length as usize];
        pair.original
            .read_exact_at(&mut bytes, chunk.offset)
            .with_context(|| format!("{} changed while it was read", pair.name))?;
        Ok(bytes)
    }

    /// Keeps what came back of a chunk.
    pub fn write(&self, chunk: &Chunk, bytes: &[u8]) -> Result<()> {
        Ok(self.pairs[chunk.file].returned.write_all_at(bytes, chunk.offset)?)
    }

    /// Hashes every file as it was and as it came back.
    pub fn compare(&self) -> Result<Vec<Compared>> {
        self.pairs.iter().map(Pair::compare).collect()
    }
}

impl Pair {
    fn compare(&self) -> Result<Compared> {
        let (sent, returned) = (digest(&self.original)?, digest(&self.returned)?);
        let fault = (sent != returned)
            .then(|| format!("{}: was sent with SHA-256 {sent}, and came back with {returned}", self.name));
        Ok(Compared { name: self.name.clone(), length: self.length, digest: sent, fault })
    }
}

fn digest(file: &File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut offset = 0;
    loop {
        match file.read_at(&mut buffer, offset)? {
            0 => break,
            read => {
                hasher.update(&buffer[..read]);
                offset += read as u64;
            }
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A file of bytes that nothing compresses or guesses; the same on every machine. Written once.
fn generated(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("random.bin");
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() == GENERATED) {
        return Ok(path);
    }
    fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(File::create(&path)?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..GENERATED / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two chunks and a half, and an empty file.
    fn files(folder: &TempDir) -> Files {
        let (long, empty) = (folder.path().join("long"), folder.path().join("empty"));
        let bytes: Vec<u8> = (0..CHUNK * 5 / 2).map(|at| (at % 251) as u8).collect();
        fs::write(&long, bytes).unwrap();
        fs::write(&empty, []).unwrap();
        Files::named(&[long, empty]).unwrap()
    }

    #[test]
    fn what_comes_back_in_any_order_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        let mut chunks: Vec<_> = files.chunks().collect();
        assert_eq!(chunks.iter().map(|chunk| chunk.number).collect::<Vec<_>>(), [0, 1, 2, 3]);
        chunks.reverse();
        for chunk in &chunks {
            files.write(chunk, &files.read(chunk).unwrap()).unwrap();
        }
        assert!(files.compare().unwrap().iter().all(|file| file.fault.is_none()));
    }

    #[test]
    fn one_byte_that_differs_is_told_with_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(&folder);
        for chunk in files.chunks() {
            let mut bytes = files.read(&chunk).unwrap();
            if chunk.number == 1 {
                bytes[7] ^= 1;
            }
            files.write(&chunk, &bytes).unwrap();
        }
        let compared = files.compare().unwrap();
        assert!(
            compared[0].fault.as_ref().unwrap().contains("long: was sent with SHA-256"),
            "{:?}",
            compared[0].fault
        );
        assert_eq!(compared[1].fault, None);
    }
}
