//! Thread domains: who may touch a message, and may call what.

/// A thread domain. Numbers above the named ones are thread identities.
pub(crate) type Domain = usize;

/// The kernel thread outside a slow request.
pub(crate) const KERNEL: Domain = 1;
/// The kernel thread inside a slow request that runs from `poll`.
pub(crate) const COOPERATIVE: Domain = 2;
/// On its way to a worker.
pub(crate) const TRANSIT: Domain = 3;
