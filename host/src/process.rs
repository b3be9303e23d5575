//! What the system knows about this process: its threads, its fds, its mappings. A plugin may leave the first two behind.

use std::ffi::c_void;
use std::fs;
use std::io;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{CWD, Dir, Mode, OFlags, Stat, fstat, makedev, openat};
use rustix::io::Errno;
use rustix::ioctl::{Updater, ioctl, opcode};

use crate::file::{self, FileId};
use crate::standard::clear;
use crate::threads;

/// Files below `/proc/self`. They stay open, because opening one takes several times as long as reading it.
struct Proc {
    /// The process that opened them: a forked child has to open its own.
    process: u32,
    threads: OwnedFd,
    fds: OwnedFd,
    mappings: OwnedFd,
}

static PROC: Mutex<Option<Proc>> = Mutex::new(None);

impl Proc {
    fn open() -> io::Result<Self> {
        let open = |name, flags| clear(openat(CWD, name, flags | OFlags::CLOEXEC, Mode::empty())?);
        Ok(Self {
            process: std::process::id(),
            threads: open("/proc/self/task", OFlags::PATH)?,
            fds: open("/proc/self/fd", OFlags::PATH)?,
            mappings: open("/proc/self/maps", OFlags::RDONLY)?,
        })
    }
}

fn proc() -> MutexGuard<'static, Option<Proc>> {
    PROC.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps other threads out while this one forks.
pub(crate) fn hold() -> MutexGuard<'static, impl Sized> {
    proc()
}

/// Runs a question on the files of this process, and opens them first if need be.
fn ask<R>(question: impl FnOnce(&Proc) -> io::Result<R>) -> io::Result<R> {
    let mut proc = proc();
    match &mut *proc {
        Some(proc) if proc.process == std::process::id() => question(proc),
        stale => question(stale.insert(Proc::open()?)),
    }
}

/// The numbers of threads and fds of the process at a time. `None`: the system does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    threads: Option<u64>,
    fds: Option<u64>,
    /// When it was taken, as the system tells when a thread began.
    at: u64,
}

/// What a plugin has left behind in the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    /// The threads that belong to the plugin; -1 for unknown.
    pub(crate) threads: i32,
    /// How many more fds there are; -1 for unknown.
    pub(crate) fds: i32,
    /// The reason why the image must stay mapped.
    pub(crate) stays: Option<&'static str>,
}

impl Census {
    /// Counts now. Files that the image cache keeps open do not count.
    pub(crate) fn take() -> Self {
        let counted = ask(|proc| Ok((fstat(&proc.threads)?, fstat(&proc.fds)?))).ok();
        // The link count of a folder is the number of folders in it, plus two.
        let threads = counted.and_then(|(threads, _)| u64::from(threads.st_nlink as u32).checked_sub(2));
        let fds = counted.and_then(|(_, fds)| count_fds(&fds));
        let fds = fds.and_then(|all| all.checked_sub(file::open_files() as u64));
        Self { threads, fds, at: threads::now() }
    }

    /// What has come since `before`. `entry` is the address of the entry of a mapped plugin; threads that began meanwhile
    /// count only if they belong to its image. For a plugin without an image of its own all of them count.
    pub(crate) fn growth_since(&self, before: &Self, entry: Option<usize>) -> Growth {
        let growth = |now: Option<u64>, then: Option<u64>| match (now, then) {
            (Some(now), Some(then)) => i32::try_from(now.saturating_sub(then)).unwrap_or(i32::MAX),
            _ => -1,
        };
        let fds = growth(self.fds, before.fds);
        let Some(entry) = entry else {
            return Growth { threads: growth(self.threads, before.threads), fds, stays: None };
        };
        let Ok(new) = ask(list_threads).map(|threads| threads::begun_since(before.at, threads)) else {
            let stays = Some("the system does not tell which threads the process has");
            return Growth { threads: -1, fds, stays };
        };
        let found = threads::attribute(&new, entry);
        let stays = match (found.own, found.unknown) {
            (0, 0) => None,
            (0, _) => Some("a thread that began meanwhile could not be attributed"),
            _ => Some("a thread that runs its code has not ended"),
        };
        Growth { threads: i32::try_from(found.own).unwrap_or(i32::MAX), fds, stays }
    }
}

fn list_threads(proc: &Proc) -> io::Result<Vec<u32>> {
    let folder =
        openat(&proc.threads, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut threads = Vec::new();
    for thread in Dir::new(folder)? {
        threads.extend(thread?.file_name().to_str().ok().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(threads)
}

fn count_fds(folder: &Stat) -> Option<u64> {
    // Linux 6.2 and newer give the number of fds as the folder's size. Reading the folder would itself need one.
    match u64::try_from(folder.st_size).ok()? {
        0 => u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()?.checked_sub(1),
        count => Some(count),
    }
}

/// The file that is mapped at an address. `None`: nothing is mapped there, or memory without a file.
///
/// # Errors
/// The system does not tell which file is mapped.
pub(crate) fn file_mapped_at(address: *const c_void) -> io::Result<Option<FileId>> {
    match ask(|proc| query_mapping(proc, address.addr() as u64)) {
        Err(_) => search_mappings(address.addr(), &fs::read_to_string("/proc/self/maps")?),
        answer => answer,
    }
}

/// `struct procmap_query` of `linux/fs.h`, which Linux 6.11 and newer answer on `/proc/PID/maps`.
#[repr(C)]
#[derive(Default)]
struct ProcmapQuery {
    size: u64,
    query_flags: u64,
    query_addr: u64,
    vma_start: u64,
    vma_end: u64,
    vma_flags: u64,
    vma_page_size: u64,
    vma_offset: u64,
    inode: u64,
    dev_major: u32,
    dev_minor: u32,
    vma_name_size: u32,
    build_id_size: u32,
    vma_name_addr: u64,
    build_id_addr: u64,
}

/// `PROCMAP_QUERY` of `linux/fs.h`.
const PROCMAP_QUERY: rustix::ioctl::Opcode = opcode::read_write::<ProcmapQuery>(b'f', 17);

fn query_mapping(proc: &Proc, address: u64) -> io::Result<Option<FileId>> {
    let mut query = ProcmapQuery {
        size: size_of::<ProcmapQuery>() as u64,
        query_addr: address,
        ..ProcmapQuery::default()
    };
    // SAFETY: the struct is the one of this request, with its size set; it asks for no name and no build id, so no
    // other memory is written.
    match unsafe { ioctl(&proc.mappings, Updater::<PROCMAP_QUERY, _>::new(&mut query)) } {
        Ok(()) => Ok(file_id(query.dev_major, query.dev_minor, query.inode)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// As [`query_mapping`], read from the text that every Linux has.
fn search_mappings(address: usize, text: &str) -> io::Result<Option<FileId>> {
    for line in text.lines() {
        let mapping = parse_mapping(line).ok_or(io::ErrorKind::InvalidData)?;
        if mapping.range.contains(&address) {
            return Ok(mapping.file);
        }
    }
    Ok(None)
}

/// A mapping of this process.
pub(crate) struct Mapping {
    pub(crate) range: Range<usize>,
    pub(crate) executable: bool,
    /// `None` for memory without a file.
    pub(crate) file: Option<FileId>,
}

/// All mappings of this process, in the order of their addresses.
pub(crate) fn mappings() -> io::Result<Vec<Mapping>> {
    let text = fs::read_to_string("/proc/self/maps")?;
    text.lines().map(|line| parse_mapping(line).ok_or_else(|| io::ErrorKind::InvalidData.into())).collect()
}

/// Reads `FROM-TO PERMISSIONS OFFSET MAJOR:MINOR INODE …`.
fn parse_mapping(line: &str) -> Option<Mapping> {
    let mut words = line.split_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let executable = words.next()?.contains('x');
    let (major, minor) = words.nth(1)?.split_once(':')?;
    let range = usize::from_str_radix(from, 16).ok()?..usize::from_str_radix(to, 16).ok()?;
    let device = |number| u32::from_str_radix(number, 16).ok();
    Some(Mapping {
        range,
        executable,
        file: file_id(device(major)?, device(minor)?, words.next()?.parse().ok()?),
    })
}

fn file_id(major: u32, minor: u32, inode: u64) -> Option<FileId> {
    (inode != 0).then(|| FileId { device: makedev(major, minor), inode })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_ask_for_a_mapping_agree() {
        let executable = FileId::of(&fs::metadata("/proc/self/exe").expect("this program"));
        let (code, heap) = (file_mapped_at as *const c_void, Box::new(0));
        let text = fs::read_to_string("/proc/self/maps").expect("a list of mappings");
        for (address, file) in
            [(code, Some(executable)), ((&raw const *heap).cast(), None), (std::ptr::null(), None)]
        {
            assert_eq!(file_mapped_at(address).expect("an answer"), file);
            assert_eq!(search_mappings(address.addr(), &text).expect("an answer"), file);
        }
    }
}
