//! Who calls: what every slot knows after the guard.

use crate::base::domain::Domain;
use crate::kernel::Kernel;
use crate::object::instance::Instance;

/// A call that passed the guard.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'k> {
    pub(crate) kernel: &'k Kernel,
    pub(crate) instance: &'k Instance,
    pub(crate) domain: Domain,
}

/// The kernel that an instance belongs to.
#[inline(always)]
pub(crate) fn kernel_of(instance: &Instance) -> &Kernel {
    // SAFETY: written at start, with the kernel in whose region the instance lies; the region outlives both.
    unsafe { instance.kernel().cast::<Kernel>().as_ref() }
}
