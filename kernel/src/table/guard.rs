//! The guard that every slot begins with: which instance calls, from which thread, and whether it may.

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
        // For slots that every thread may call, workers need not be searched.
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

/// A place that a plugin gives for what a slot finds.
pub(crate) struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Out<T> {}

impl<T> Out<T> {
    #[inline(always)]
    pub(crate) fn write(self, value: T) {
        // SAFETY: a plugin passes NULL, which `out` refused, or a place that can be written to.
        unsafe { self.0.write(value) }
    }
}

/// The place that an argument of a slot points to; NULL is refused.
#[inline(always)]
pub(crate) fn out<T>(pointer: *mut T) -> Answer<Out<T>> {
    if pointer.is_null() { Err(status::E_ARGUMENT) } else { Ok(Out(pointer)) }
}

/// Turns what a slot found into what it returns.
#[inline(always)]
pub(crate) fn answer(run: impl FnOnce() -> Answer) -> i32 {
    match run() {
        Ok(()) => status::OK,
        Err(status) => status,
    }
}

/// Makes slots of functions. For `name(arguments) = RULE`, plugins call a function that passes the guard by this
/// rule and then calls `name` of the same module, with the [`Caller`] and the arguments. A name alone is that of a
/// slot which is written out.
macro_rules! slots {
    ($rules:ident: $($name:ident $(($($argument:ident: $type:ty),* $(,)?) = $rule:ident)?;)*) => {
        $($(
            unsafe extern "C" fn $name(
                plugin: *mut pintle_abi_core::Plugin,
                $($argument: $type),*
            ) -> i32 {
                $crate::table::guard::answer(|| {
                    // SAFETY: a plugin passes the pointer that it was given, or NULL.
                    let caller = unsafe {
                        $crate::table::guard::enter(plugin, &pintle_abi_core::rules::$rules::$rule)
                    }?;
                    self::$name(&caller, $($argument),*)
                })
            }
        )?)*
    };
}

/// The table of an interface, made of [`slots`].
macro_rules! table {
    ($api:ident, $rules:ident: $($name:ident $(($($argument:ident: $type:ty),* $(,)?) = $rule:ident)?;)*) => {
        pub(crate) static TABLE: $api = {
            $crate::table::guard::slots! {
                $rules: $($name $(($($argument: $type),*) = $rule)?;)*
            }
            $api { size: size_of::<$api>() as u32, reserved: 0, $($name),* }
        };
    };
}

pub(crate) use {slots, table};
