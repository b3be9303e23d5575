//! The first thing every slot does: who calls, from where, and may it?

use pintle_abi_core::{Plugin, Rule, THREAD_ISR, THREAD_KERNEL, THREAD_OWN, THREAD_WORKER, status};

use crate::base::answer::Answer;
use crate::base::domain::{COOPERATIVE, Domain, KERNEL};
use crate::base::features::QUICK;
use crate::base::thread;
use crate::dispatch::caller::{Caller, kernel_of};
use crate::kernel::Kernel;
use crate::object::instance::Instance;

/// Checks the pointer, the instance's state and the thread against the slot's tags.
///
/// # Safety
/// `plugin` is NULL or the pointer that this host gave to an instance, and the host still lives.
#[inline(always)]
pub(crate) unsafe fn enter<'k>(plugin: *mut Plugin, rule: &Rule) -> Answer<Caller<'k>> {
    // SAFETY: as the caller says.
    let domain = unsafe { domain_of(plugin, rule) }?;
    // SAFETY: a plugin pointer that is not NULL is that of an instance's place, which is there as long as the host.
    let instance = unsafe { &*plugin.cast_const().cast::<Instance>() };
    Ok(Caller { kernel: kernel_of(instance), instance, domain })
}

/// The thread domain that an instance calls from, if it may.
///
/// # Safety
/// As [`enter`].
#[cfg_attr(not(target_os = "none"), inline(always))]
unsafe fn domain_of(plugin: *mut Plugin, rule: &Rule) -> Answer<Domain> {
    if plugin.is_null() {
        return Err(status::E_ARGUMENT);
    }
    // SAFETY: as in `enter`.
    let instance = unsafe { &*plugin.cast_const().cast::<Instance>() };
    let kernel = kernel_of(instance);
    if !instance.is_in(rule.states) {
        return Err(instance.why_closed());
    }
    let thread = kernel.this_thread();
    if !kernel.thread.is(thread) {
        return elsewhere(kernel, thread, rule.threads);
    }
    if rule.threads & THREAD_KERNEL == 0 { Err(status::E_WRONG_THREAD) } else { Ok(KERNEL) }
}

#[cold]
#[inline(never)]
fn elsewhere(kernel: &Kernel, thread: usize, threads: u8) -> Answer<Domain> {
    let (domain, place) = if kernel.thread.is_home(thread) {
        (COOPERATIVE, THREAD_WORKER)
    } else if thread::is_handler() {
        (thread::HANDLER, THREAD_ISR)
    } else if threads & THREAD_OWN == 0 && kernel.workers.find(thread).is_some() {
        // Whether it is a worker matters only to slots that not every thread may call.
        (thread, THREAD_WORKER)
    } else {
        (thread, THREAD_OWN)
    };
    if threads & place == 0 { Err(status::E_WRONG_THREAD) } else { Ok(domain) }
}

/// As [`enter`], for the way of nearly every call: a live instance on the kernel thread. `None` says that [`enter`] has
/// to look again.
///
/// # Safety
/// As [`enter`].
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) unsafe fn enter_quick<'k>(plugin: *mut Plugin, rule: &Rule) -> Option<Caller<'k>> {
    if !QUICK || plugin.is_null() {
        return None;
    }
    // SAFETY: as in `enter`.
    let instance = unsafe { &*plugin.cast_const().cast::<Instance>() };
    let kernel = kernel_of(instance);
    let may = instance.is_in(rule.states)
        && rule.threads & THREAD_KERNEL != 0
        && kernel.thread.is(kernel.this_thread());
    may.then_some(Caller { kernel, instance, domain: KERNEL })
}

/// An out-pointer.
#[inline(always)]
pub(crate) fn out<T>(pointer: *mut T) -> Answer<*mut T> {
    if pointer.is_null() { Err(status::E_ARGUMENT) } else { Ok(pointer) }
}

/// Turns what a slot found into what it returns.
#[inline(always)]
pub(crate) fn answer(run: impl FnOnce() -> Answer) -> i32 {
    match run() {
        Ok(()) => status::OK,
        Err(status) => status,
    }
}
