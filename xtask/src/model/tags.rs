//! The tags of a slot, read from the last paragraph of its comment.

/// What a slot's comment promises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// Every `[key: value]` as it stands, in order.
    pub words: Vec<(String, String)>,
}

/// Where a slot may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thread {
    /// The kernel thread, outside a slow request.
    Kernel,
    /// Inside a slow request or a worker task.
    Worker,
    /// Those two and a plugin's own threads.
    Any,
    /// An interrupt handler.
    Isr,
}

/// When a slot may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// From `create` until the instance is asked to stop.
    Running,
    /// Until its `destroy` begins.
    Live,
    /// Always.
    Any,
}

/// What becomes of a message that is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The call is over with it when it returns.
    Borrow,
    /// On success one reference of the caller is spent.
    HandOver,
}

/// The tags that every slot and callback must have.
pub const REQUIRED: [&str; 5] = ["thread", "state", "reentrant", "blocking", "since"];
/// The words that say how long a view lives.
pub const LIFETIMES: [&str; 5] = ["call", "until-next", "session", "instance", "static"];

impl Tags {
    /// Reads every `[key: value]` of a comment.
    pub fn read(doc: &str) -> Self {
        let words = brackets(doc).filter_map(|word| word.split_once(": "));
        Self { words: words.map(|(key, value)| (key.to_owned(), value.to_owned())).collect() }
    }

    /// The value of one tag.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.words.iter().find(|(word, _)| word == key).map(|(_, value)| value.as_str())
    }

    /// The tag `thread`, if its value is in the vocabulary.
    pub fn threads(&self) -> Option<Vec<Thread>> {
        self.get("thread")?.split('|').map(thread).collect()
    }

    /// The tag `state`.
    pub fn state(&self) -> Option<State> {
        match self.get("state")? {
            "running" => Some(State::Running),
            "live" => Some(State::Live),
            "any" => Some(State::Any),
            _ => None,
        }
    }

    /// The tag `reentrant`.
    pub fn reentrant(&self) -> Option<bool> {
        flag(self.get("reentrant")?)
    }

    /// The tag `blocking`.
    pub fn blocking(&self) -> Option<bool> {
        flag(self.get("blocking")?)
    }

    /// The tag `message`.
    pub fn message(&self) -> Option<Message> {
        match self.get("message")? {
            "borrow" => Some(Message::Borrow),
            "hand-over" => Some(Message::HandOver),
            _ => None,
        }
    }

    /// The minor version in the tag `since`; a member without the tag is as old as the ABI.
    pub fn since(&self) -> Option<u16> {
        self.get("since").map_or(Some(0), |version| version.strip_prefix("1.")?.parse().ok())
    }

    /// The tags as they stand in a comment.
    pub fn line(&self) -> String {
        self.words.iter().map(|(key, value)| format!("[{key}: {value}]")).collect::<Vec<_>>().join(" ")
    }
}

/// A comment without its paragraph of tags.
pub fn without(doc: &str) -> &str {
    let (prose, last) = doc.rsplit_once("\n\n").unwrap_or(("", doc));
    let is_tags = last.trim_start().trim_start_matches('`').starts_with("[thread: ");
    if is_tags { prose.trim_end() } else { doc }
}

/// The lifetime words of a comment: whatever stands in brackets alone and in lower case.
pub fn lifetimes(doc: &str) -> impl Iterator<Item = &str> {
    brackets(doc).filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
}

/// What stands between `[` and `]`.
fn brackets(doc: &str) -> impl Iterator<Item = &str> {
    doc.split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'))
        .map(|(word, _)| word.trim_end_matches('\\'))
}

fn thread(word: &str) -> Option<Thread> {
    match word {
        "kernel" => Some(Thread::Kernel),
        "worker" => Some(Thread::Worker),
        "any" => Some(Thread::Any),
        "isr" => Some(Thread::Isr),
        _ => None,
    }
}

fn flag(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}
