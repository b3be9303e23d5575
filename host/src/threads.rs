//! Whose a thread is. A thread belongs to a plugin if code of the plugin is on its stack: as the routine that it began
//! with, or as a place to return to.

use std::fs;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use rustix::param::clock_ticks_per_second;
use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};

use crate::process::{self, Mapping};

/// How long a thread that is running is asked again where its stack is. The system tells it only of a thread that
/// waits.
const PATIENCE: Duration = Duration::from_millis(10);

/// The longest part of a stack that is read, in bytes. The default size of a stack is 8 MiB.
const STACK_MAX: usize = 64 << 20;

/// The bytes that are read from a stack at once.
const CHUNK: usize = 1 << 14;

/// What is known of the threads that began while a plugin lived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributed {
    /// Those that belong to the plugin.
    pub(crate) own: u32,
    /// Those of which the system does not tell enough.
    pub(crate) unknown: u32,
}

/// The threads of the process that are the kernel thread or a worker of a host. None of them belongs to a plugin, even while
/// it runs a plugin's code: images are shared by the hosts of a process.
static OF_HOSTS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn of_hosts() -> MutexGuard<'static, Vec<u32>> {
    OF_HOSTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps other threads out while this one forks.
pub(crate) fn hold() -> MutexGuard<'static, impl Sized> {
    of_hosts()
}

/// Says that the calling thread is one of a host, until this is dropped.
pub(crate) struct OfHost {
    thread: u32,
}

impl OfHost {
    pub(crate) fn begin() -> Self {
        let thread = own();
        of_hosts().push(thread);
        Self { thread }
    }
}

impl Drop for OfHost {
    fn drop(&mut self) {
        of_hosts().retain(|thread| *thread != self.thread);
    }
}

/// The system's number of the calling thread.
pub(crate) fn own() -> u32 {
    gettid().as_raw_nonzero().get().unsigned_abs()
}

/// The present time in the unit in which the system tells when a thread began: clock ticks since the machine started.
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let ticks = clock_ticks_per_second();
    now.tv_sec as u64 * ticks + now.tv_nsec as u64 * ticks / 1_000_000_000
}

/// Those of the threads that began at a time or later, without the calling thread and those of hosts. One of which the system
/// does not tell when it began is among them.
pub(crate) fn begun_since(time: u64, mut threads: Vec<u32>) -> Vec<u32> {
    let own = own();
    // The system is asked without the lock: it takes a while.
    let of_hosts = of_hosts().clone();
    threads.retain(|thread| *thread != own && !of_hosts.contains(thread) && !is_older(*thread, time));
    threads
}

fn is_older(thread: u32, time: u64) -> bool {
    began(thread).is_some_and(|began| began != 0 && began < time)
}

fn began(thread: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?;
    // The second word is the thread's name in parentheses, which may hold any character. `starttime` is the 22nd.
    text.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Sorts threads by whether they belong to the image that `entry` lies in. A thread that has ended counts nowhere.
pub(crate) fn attribute(threads: &[u32], entry: usize) -> Attributed {
    let mut result = Attributed::default();
    for &thread in threads {
        match belongs(thread, entry) {
            Ok(true) => result.own += 1,
            Ok(false) => {}
            Err(_) if has_ended(thread) => {}
            Err(_) => result.unknown += 1,
        }
    }
    result
}

fn has_ended(thread: u32) -> bool {
    matches!(fs::exists(format!("/proc/self/task/{thread}")), Ok(false))
}

/// Whether code of the image is on the stack of a thread.
///
/// # Errors
/// The thread keeps running, or the system does not tell where its stack is or what is on it.
fn belongs(thread: u32, entry: usize) -> io::Result<bool> {
    let (stack, at) = place(thread)?;
    has_code(stack, at, entry)
}

/// Whether code of the image that `entry` lies in is on the stack of the calling thread.
pub(crate) fn is_on_this_stack(entry: usize) -> bool {
    let here = 0_usize;
    has_code((&raw const here).addr(), 0, entry).unwrap_or(false)
}

/// Whether code of an image is at `at`, or on the stack from `stack` on.
fn has_code(stack: usize, at: usize, entry: usize) -> io::Result<bool> {
    // The mappings are read after the place of the stack, so that they include it.
    let mappings = process::mappings()?;
    let code = code_beside(entry, &mappings);
    let stack = mappings
        .iter()
        .find(|mapping| mapping.range.contains(&stack))
        .map(|mapping| stack & !(size_of::<usize>() - 1)..mapping.range.end)
        .filter(|range| range.len() <= STACK_MAX)
        .ok_or(io::ErrorKind::InvalidData)?;
    if code.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let is_code = |word: usize| code.iter().any(|range| range.contains(&word));
    Ok(is_code(at) || any_word(stack, is_code)?)
}

/// The executable mappings of the file that is mapped at an address.
fn code_beside(entry: usize, mappings: &[Mapping]) -> Vec<Range<usize>> {
    let file =
        mappings.iter().find(|mapping| mapping.range.contains(&entry)).and_then(|mapping| mapping.file);
    mappings
        .iter()
        .filter(|mapping| mapping.executable && file.is_some() && mapping.file == file)
        .map(|mapping| mapping.range.clone())
        .collect()
}

/// The stack pointer and the instruction pointer of a thread that waits.
fn place(thread: u32) -> io::Result<(usize, usize)> {
    let path = format!("/proc/self/task/{thread}/syscall");
    let end = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(&path)?;
        if text.trim_end() != "running" {
            return parse_place(&text).ok_or_else(|| io::ErrorKind::InvalidData.into());
        }
        if Instant::now() > end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        yield_now();
    }
}

/// Reads `NUMBER ARGUMENTS… STACK INSTRUCTION`, or `-1 STACK INSTRUCTION`.
fn parse_place(text: &str) -> Option<(usize, usize)> {
    let mut words = text.split_whitespace().rev();
    let mut next = || usize::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
    let (at, stack) = (next()?, next()?);
    Some((stack, at))
}

/// Whether one of the words in a range of this process's memory is wanted.
fn any_word(range: Range<usize>, wanted: impl Fn(usize) -> bool) -> io::Result<bool> {
    let mut buffer = vec![0_u8; CHUNK];
    let mut from = range.start;
    while from < range.end {
        let most = CHUNK.min(range.end - from);
        let count = read_memory(from, &mut buffer[..most])?;
        let (words, _) = buffer[..count].as_chunks::<{ size_of::<usize>() }>();
        if words.iter().any(|word| wanted(usize::from_ne_bytes(*word))) {
            return Ok(true);
        }
        // A part of a word is read again with the next one.
        from += words.len() * size_of::<usize>();
        if words.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(false)
}

/// Reads memory of this process that may be unmapped at any time: another thread can end and take its stack with it.
fn read_memory(from: usize, into: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: std::ptr::without_provenance_mut(from), iov_len: into.len() };
    let process = i32::try_from(std::process::id()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the system writes at most the length of `into` there. It reads from the other address itself, and returns
    // an error instead of a fault if nothing is mapped there.
    let count = unsafe { libc::process_vm_readv(process, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_last_two_words() {
        assert_eq!(parse_place("202 0x1 0x80 0x0 0x0 0x0 0x0 0x7ffe10 0x7f20\n"), Some((0x7f_fe10, 0x7f20)));
        assert_eq!(parse_place("-1 0x7ffe10 0x7f20\n"), Some((0x7f_fe10, 0x7f20)));
        assert_eq!(parse_place("running\n"), None);
        assert_eq!(parse_place(""), None);
    }

    #[test]
    fn a_thread_is_as_old_as_its_process_or_younger() {
        let began = began(own()).expect("the system tells");
        assert!(began > 0 && began <= now(), "{began} and {}", now());
        assert!(!is_older(own(), began) && is_older(own(), began + 1));
        assert_eq!(begun_since(0, vec![own()]), [0; 0]);
    }

    #[test]
    fn every_word_of_a_range_is_seen_and_unmapped_memory_is_an_error() {
        let mut words = vec![0_usize; 3 * CHUNK / size_of::<usize>() + 1];
        *words.last_mut().expect("it is not empty") = 0x5eed;
        let range = words.as_ptr_range();
        let range = range.start.addr()..range.end.addr();
        assert!(any_word(range.clone(), |word| word == 0x5eed).expect("it is mapped"));
        assert!(
            !any_word(range.start..range.end - size_of::<usize>(), |word| word == 0x5eed).expect("as above")
        );
        assert!(any_word(8..64, |_| true).is_err());
    }
}
