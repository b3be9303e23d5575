//! What everything else is made of: memory, slots, queues, the lock, handles, texts. It knows no object.

pub(crate) mod answer;
pub(crate) mod backlog;
pub(crate) mod batch;
pub(crate) mod cell;
pub(crate) mod domain;
pub(crate) mod features;
pub mod handle;
pub(crate) mod limits;
pub(crate) mod lock;
pub(crate) mod pool;
pub(crate) mod queue;
pub(crate) mod region;
pub(crate) mod ring;
pub(crate) mod slab;
pub mod sync;
pub(crate) mod text;
pub(crate) mod thread;
pub mod trace;
