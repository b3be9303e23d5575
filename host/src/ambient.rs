//! What all of a process has in common and a plugin can change: the actions of signals, the locale, the working directory.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use crate::loader::image_of;

/// The signals of Linux that have a name, from number 1 on.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
/// The highest number of a signal on Linux.
const LAST: c_int = 64;

/// The state of the process at a time.
pub(crate) struct Ambient {
    actions: Vec<(c_int, libc::sigaction)>,
    locale: *const libc::c_char,
    /// Device and inode of the working directory.
    folder: Option<(u64, u64)>,
}

// SAFETY: the text of the locale is never read.
unsafe impl Send for Ambient {}

impl Ambient {
    pub(crate) fn take() -> Self {
        // SAFETY: this only asks. Another thread may free the text that it gives, which is therefore only compared by its address.
        let locale = unsafe { libc::setlocale(libc::LC_ALL, null()) };
        let folder = rustix::fs::stat(".").ok().map(|stat| (stat.st_dev, stat.st_ino));
        Self { actions: actions().collect(), locale, folder }
    }

    /// What has changed since, in words.
    pub(crate) fn changes(&self) -> Option<String> {
        let now = Self::take();
        let signals: Vec<_> = (self.actions.iter().zip(&now.actions))
            .filter(|((_, before), (_, now))| before.sa_sigaction != now.sa_sigaction)
            .map(|((signal, _), _)| name(*signal))
            .collect();
        let mut changes = Vec::new();
        if !signals.is_empty() {
            changes.push(format!("another action for {}", signals.join(", ")));
        }
        if self.locale != now.locale {
            changes.push("another locale".to_owned());
        }
        if self.folder != now.folder {
            changes.push("another working directory".to_owned());
        }
        (!changes.is_empty()).then(|| format!("the process has {}", changes.join(", ")))
    }

    /// Gives signals whose handler is in the image of `entry` the actions that they had, and names them. Nothing else is put back: the
    /// program may have changed it.
    pub(crate) fn put_back(&self, entry: usize) -> Option<String> {
        let image = image_of(entry);
        let mut signals = Vec::new();
        for ((signal, before), (_, now)) in self.actions.iter().zip(actions()) {
            if is_in(&now, image) && !is_in(before, image) {
                // SAFETY: an action that the system gave, and whose handler is not the plugin's.
                unsafe { libc::sigaction(*signal, before, null_mut()) };
                signals.push(name(*signal));
            }
        }
        (!signals.is_empty()).then(|| signals.join(", "))
    }
}

/// Names the signals whose handlers are in the image of `entry`; `None` if there are none. They would run code that is gone.
pub(crate) fn handled_by(entry: usize) -> Option<String> {
    let image = image_of(entry);
    let signals: Vec<_> = actions().filter(|(_, action)| is_in(action, image)).map(|it| name(it.0)).collect();
    (!signals.is_empty()).then(|| signals.join(", "))
}

/// The present action of each signal that can have one.
fn actions() -> impl Iterator<Item = (c_int, libc::sigaction)> {
    (1..=LAST).filter_map(|signal| {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: the place can be written to; all-zero bytes are an action already.
        let asked = unsafe { libc::sigaction(signal, null(), action.as_mut_ptr()) };
        // SAFETY: as above.
        (asked == 0).then(|| (signal, unsafe { action.assume_init() }))
    })
}

fn is_in(action: &libc::sigaction, image: *mut c_void) -> bool {
    let handler = action.sa_sigaction;
    ![libc::SIG_DFL, libc::SIG_IGN].contains(&handler) && !image.is_null() && image_of(handler) == image
}

fn name(signal: c_int) -> String {
    match NAMES.get(signal as usize - 1) {
        Some(name) => format!("SIG{name}"),
        None => format!("signal {signal}"),
    }
}
