//! Who calls: what every slot knows after the guard.

use pintle_abi_core as abi;
use pintle_abi_core::{Plugin, status};

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

impl Kernel {
    /// The instance that calls a table of the program's own (`Platform::extension`), found by the pointer that it passes. The
    /// handle holds the tag of its host. Any thread.
    ///
    /// # Errors
    /// `E_ARGUMENT`: NULL. `E_CLOSED`, `E_POISONED`: the instance has ended, or may not call any more.
    ///
    /// # Safety
    /// `plugin` is NULL or the pointer that a host gave to an instance, and the host still lives.
    pub unsafe fn caller(plugin: *const Plugin) -> Result<abi::Instance, i32> {
        // SAFETY: the caller's: a plugin pointer is that of an instance's place, which is there as long as the host.
        let instance = unsafe { plugin.cast::<Instance>().as_ref() }.ok_or(status::E_ARGUMENT)?;
        if !instance.is_live() && !instance.is_creating() {
            return Err(instance.why_closed());
        }
        Ok(kernel_of(instance).instances.handle(instance))
    }
}

/// The kernel that an instance belongs to.
#[inline(always)]
pub(crate) fn kernel_of(instance: &Instance) -> &Kernel {
    // SAFETY: written at start, with the kernel in whose region the instance lies; the region outlives both.
    unsafe { instance.kernel().cast::<Kernel>().as_ref() }
}
