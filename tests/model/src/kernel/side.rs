//! What the driver knows of the run, reachable from inside callbacks.

use std::cell::RefCell;

use pintle_abi_core::{Limits, Plugin};
use pintle_kernel::handle::{GENERATION_SHIFT, KIND_BITS, KIND_SHIFT, SLOT_BITS, TAG_SHIFT};

use super::host::{Host, TAG};
use crate::{
    argument::Ref,
    event::{Kind, Value},
    plan::Definition,
    stage::{Stage, Target},
};

/// The run on this thread.
pub(super) struct Side {
    pub(super) stage: Stage,
    pub(super) limits: Limits,
    pub(super) definitions: Vec<Definition>,
    /// By number: where the instance lives, and which definition it has.
    pub(super) plugins: Vec<*mut Plugin>,
    pub(super) defined: Vec<usize>,
    /// The definition whose `create` is to come.
    pub(super) adding: usize,
    pub(super) clock: u64,
    /// The fds that are watched.
    pub(super) watched: Vec<isize>,
    pub(super) host: Host,
}

/// This host's tag, as handles have it.
const TAG_BITS: u64 = (TAG as u64) << TAG_SHIFT;

thread_local! {
    static SIDE: RefCell<Option<Side>> = const { RefCell::new(None) };
}

/// Begins a run.
pub(super) fn begin(side: Side) {
    SIDE.replace(Some(side));
}

/// Ends the run.
pub(super) fn end() -> Side {
    SIDE.take().expect("a run that was begun")
}

/// Looks at the run; the kernel must not be called meanwhile.
pub(super) fn with<R>(look: impl FnOnce(&mut Side) -> R) -> R {
    SIDE.with_borrow_mut(|side| look(side.as_mut().expect("callbacks come while a run lasts")))
}

/// The limits of the run.
pub(super) fn limits() -> Limits {
    with(|side| side.limits)
}

/// The name of a handle.
pub(super) fn name(kind: Kind, bits: u64) -> Value {
    with(|side| side.stage.name(kind, bits))
}

/// The handle that a reference stands for.
pub(super) fn bits(kind: Kind, reference: Ref) -> u64 {
    with(|side| match side.stage.find(kind, reference) {
        Target::Zero => 0,
        Target::Ones => u64::MAX,
        Target::NeverUsed => {
            let slot = (1 << SLOT_BITS) - 2;
            slot | (kind as u64) << KIND_SHIFT | TAG_BITS | 1 << GENERATION_SHIFT
        }
        Target::UnknownKind => ((1 << KIND_BITS) - 1) << KIND_SHIFT | TAG_BITS | 1 << GENERATION_SHIFT,
        Target::Foreign(kind, number) => side.stage.bits(kind, number) ^ 1 << TAG_SHIFT,
        Target::Generation(kind, number) => side.stage.bits(kind, number) ^ 1 << 62,
        Target::Object(kind, number) => side.stage.bits(kind, number),
    })
}

impl Side {
    /// Which instance a pointer means: the newest that lives there. `usize::MAX`: a pointer that nobody was given.
    pub(super) fn instance(&self, plugin: *mut Plugin) -> usize {
        self.plugins.iter().rposition(|known| *known == plugin).unwrap_or(usize::MAX)
    }
}
