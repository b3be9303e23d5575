//! The receipt: what an instance did and left behind.

use std::fmt::{self, Display};
use std::ops::Deref;

use pintle_abi_core as abi;
use pintle_abi_core::{
    IMAGE_RESIDENT, IMAGE_STATIC, IMAGE_UNMAPPED, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_LIVE,
    OUTCOME_STOPPED,
};

/// The receipt of an instance. `Display` is a summary in one line.
#[derive(Clone, Copy, Debug)]
pub struct Receipt(pub(crate) abi::Receipt);

impl Deref for Receipt {
    type Target = abi::Receipt;

    fn deref(&self) -> &abi::Receipt {
        &self.0
    }
}

impl Receipt {
    /// Why the image stayed, why the instance was abandoned, and what else has changed in the process, if its host was asked to
    /// [look](crate::Builder::watch_process); empty if there is nothing to tell.
    #[must_use]
    pub fn reason(&self) -> &str {
        let length = (self.reason_length as usize).min(self.reason.len());
        std::str::from_utf8(&self.0.reason[..length]).unwrap_or_default()
    }

    /// Whether it stopped in time and gave everything back. What nobody can attribute does not count: new fds of the process,
    /// and its new threads if the plugin has no image of its own.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.outcome == OUTCOME_STOPPED && self.poisoned == 0 && self.left().is_empty()
    }

    pub(crate) fn add_reason(&mut self, reason: &str) {
        let mut text = self.reason().to_owned();
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(reason);
        let mut end = text.len().min(self.0.reason.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.0.reason[..end].copy_from_slice(&text.as_bytes()[..end]);
        self.0.reason_length = end as u32;
    }

    fn left(&self) -> Vec<String> {
        let counts = [
            (i64::from(self.messages), "message"),
            (self.sockets.into(), "socket"),
            (self.sessions.into(), "session"),
            (self.requests.into(), "request"),
            (self.tasks.into(), "task"),
            (self.timers.into(), "timer"),
            (self.watches.into(), "watch"),
            (if self.image == IMAGE_STATIC { 0 } else { self.threads.into() }, "thread"),
        ];
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| counted(*count, "", name)).collect()
    }

    /// What is new in the process, and may be of others.
    fn new_in_process(&self) -> Vec<String> {
        let threads = if self.image == IMAGE_STATIC { self.threads } else { 0 };
        [(threads, "thread"), (self.fds, "fd")]
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| counted((*count).into(), "more ", name))
            .collect()
    }
}

fn counted(count: i64, which: &str, name: &str) -> String {
    let ending = match (count, name) {
        (1, _) => "",
        (_, "watch") => "es",
        _ => "s",
    };
    format!("{count} {which}{name}{ending}")
}

impl Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.outcome {
            OUTCOME_LIVE => "still live",
            OUTCOME_STOPPED => "stopped",
            OUTCOME_FORCED => "did not stop in its time and was ended",
            OUTCOME_ABANDONED => "abandoned",
            _ => "ended",
        })?;
        if self.poisoned != 0 {
            f.write_str(" (it had panicked or thrown)")?;
        }
        write!(f, " after {} calls; ", self.calls)?;
        match self.left() {
            left if left.is_empty() => f.write_str("left nothing behind")?,
            left => write!(f, "left behind {}", left.join(", "))?,
        }
        match self.new_in_process() {
            new if new.is_empty() => {}
            new => write!(f, "; the process has {}", new.join(", "))?,
        }
        match self.image {
            IMAGE_UNMAPPED => f.write_str("; its image is unmapped")?,
            IMAGE_RESIDENT => f.write_str("; its image stays mapped")?,
            _ => {}
        }
        match self.reason() {
            "" => Ok(()),
            reason => write!(f, " ({reason})"),
        }
    }
}
