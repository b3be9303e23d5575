//! What a plugin may leave behind in the process: threads and fds.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::image;

/// How many threads and fds the process has. `None`: the system does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    threads: Option<u64>,
    fds: Option<u64>,
}

impl Census {
    /// Counts now. Files that the image cache keeps open do not count.
    pub(crate) fn take() -> Self {
        // A folder has a link for each folder in it, itself and its parent.
        let threads = fs::metadata("/proc/self/task").ok().and_then(|folder| folder.nlink().checked_sub(2));
        Self { threads, fds: fds().and_then(|all| all.checked_sub(image::open_files() as u64)) }
    }

    /// How many more threads and fds there are now than at `before`; -1 for unknown.
    pub(crate) fn growth_since(&self, before: &Self) -> (i32, i32) {
        let growth = |now: Option<u64>, then: Option<u64>| match (now, then) {
            (Some(now), Some(then)) => i32::try_from(now.saturating_sub(then)).unwrap_or(i32::MAX),
            _ => -1,
        };
        (growth(self.threads, before.threads), growth(self.fds, before.fds))
    }
}

fn fds() -> Option<u64> {
    const FOLDER: &str = "/proc/self/fd";
    // Newer kernels tell the number as the folder's size; reading it would add one.
    match fs::metadata(FOLDER).ok()?.size() {
        0 => u64::try_from(fs::read_dir(FOLDER).ok()?.count()).ok()?.checked_sub(1),
        count => Some(count),
    }
}
