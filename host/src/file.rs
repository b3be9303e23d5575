//! A plugin's file. It is opened once and read by position, and its identity tells it apart from every other file.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use object::read::{ReadCache, ReadCacheOps};
use rustix::fs::StatVfsMountFlags;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::elf::{Look, with_elf};
use crate::refusal::Refusal;
use crate::standard::clear;

/// Files up to this length, in bytes, are read at once, because the headers alone would take eight short reads, which
/// cost more.
const SHORT: u64 = 1 << 16;

/// How many plugin files are open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// How many fds of this process are plugin files that the host reads or keeps open.
pub(crate) fn open_files() -> usize {
    OPEN.load(Ordering::Relaxed)
}

/// A regular file, and its identity at the time it was opened.
pub(crate) struct PluginFile {
    file: File,
    identity: Identity,
}

/// One state of one file. It differs after the file was written to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: FileId,
    pub(crate) length: u64,
    modified: (i64, i64),
}

/// The system's numbers of a file. No other file has them as long as this one is open or mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl FileId {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            id: FileId::of(metadata),
            length: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl PluginFile {
    /// Opens a regular file. A pipe or a device is refused, without waiting for its other end.
    pub(crate) fn open(path: &Path) -> Result<Self, Refusal> {
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
        let file = file.and_then(clear).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if metadata.is_dir() {
            return Err(Refusal::Folder);
        }
        if !metadata.is_file() {
            return Err(Refusal::NotAFile);
        }
        OPEN.fetch_add(1, Ordering::Relaxed);
        Ok(Self { file, identity: Identity::of(&metadata) })
    }

    /// Whether the system allows code of the file to run.
    pub(crate) fn check_file_system(&self) -> Result<(), Refusal> {
        let flags = rustix::fs::fstatvfs(&self.file).map_err(|error| io(error.into()))?.f_flag;
        if flags.contains(StatVfsMountFlags::NOEXEC) { Err(Refusal::NoExec) } else { Ok(()) }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether the file has the same bytes as when it had this checksum. A file that was not written to since it was opened
    /// is not read again.
    pub(crate) fn has(&self, checksum: u64) -> io::Result<bool> {
        Ok(Identity::of(&self.file.metadata()?) == self.identity || self.checksum()? == checksum)
    }

    /// Runs `look` on the file without reading all of it, unless it is short.
    pub(crate) fn look<L: Look>(&self, look: L) -> Result<L::Output, Refusal> {
        if self.identity.length <= SHORT {
            return with_elf(self.read().map_err(io)?.as_slice(), look);
        }
        with_elf(&ReadCache::new(Positioned { file: &self.file, length: self.identity.length, at: 0 }), look)
    }

    /// As [`look`](Self::look), with the checksum. A short file is read only once for both.
    pub(crate) fn look_and_sum<L: Look>(&self, look: L) -> Result<(L::Output, u64), Refusal> {
        if self.identity.length <= SHORT {
            let bytes = self.read().map_err(io)?;
            return Ok((with_elf(bytes.as_slice(), look)?, xxh3_64(&bytes)));
        }
        Ok((self.look(look)?, self.checksum().map_err(io)?))
    }

    /// The bytes of the file, up to the length that it had when it was opened; fewer if it was truncated since.
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.identity.length).map_err(|_| ErrorKind::FileTooLarge)?];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.file.read_at(&mut bytes[filled..], filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// The SHA-256 digest of the file's bytes, which tells contents of different files apart.
    pub(crate) fn digest(&self) -> io::Result<[u8; 32]> {
        let mut hasher = Sha256::new();
        self.each_part(|part| hasher.update(part))?;
        Ok(hasher.finalize().into())
    }

    /// A checksum of the file's bytes, which tells whether one file was changed. It costs a tenth of the digest.
    pub(crate) fn checksum(&self) -> io::Result<u64> {
        let mut hasher = Xxh3::new();
        self.each_part(|part| hasher.update(part))?;
        Ok(hasher.digest())
    }

    fn each_part(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = vec![0; SHORT as usize];
        let mut at = 0;
        loop {
            match self.file.read_at(&mut buffer, at)? {
                0 => return Ok(()),
                count => {
                    take(&buffer[..count]);
                    at += count as u64;
                }
            }
        }
    }
}

impl Drop for PluginFile {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsFd for PluginFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The refusal of a file that cannot be read.
pub(crate) fn io(error: io::Error) -> Refusal {
    match error.kind() {
        ErrorKind::NotFound => Refusal::NoFile,
        _ => Refusal::Io(error.to_string()),
    }
}

/// A file that is read by position, without mapping it and without seeking.
struct Positioned<'f> {
    file: &'f File,
    length: u64,
    at: u64,
}

impl ReadCacheOps for Positioned<'_> {
    fn len(&mut self) -> Result<u64, ()> {
        Ok(self.length)
    }

    fn seek(&mut self, position: u64) -> Result<u64, ()> {
        self.at = position;
        Ok(position)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ()> {
        let count = self.file.read_at(into, self.at).map_err(drop)?;
        self.at += count as u64;
        Ok(count)
    }

    fn read_exact(&mut self, into: &mut [u8]) -> Result<(), ()> {
        self.file.read_exact_at(into, self.at).map_err(drop)?;
        self.at += into.len() as u64;
        Ok(())
    }
}
