//! The two ways to a message: a quick one for nearly every call, and a long one for all others.

use pintle_abi_core as abi;
use pintle_abi_core::{Plugin, Rule, status};

use crate::base::answer::Answer;
use crate::base::features::QUICK;
use crate::dispatch::caller::Caller;
use crate::dispatch::message::access;
use crate::object::message::Message;
use crate::table::guard::{Out, answer, enter, enter_quick, out};

/// A message that a caller may touch.
pub(crate) struct Found<'f> {
    pub(crate) caller: &'f Caller<'f>,
    pub(crate) index: u32,
    pub(crate) message: &'f Message,
}

/// The way of nearly every call: a live instance on the kernel thread, and a small message that is the kernel's.
///
/// # Safety
/// As [`enter`].
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) unsafe fn quick<'k>(
    plugin: *mut Plugin,
    rule: &Rule,
    handle: abi::Message,
) -> Option<(Caller<'k>, u32, &'k Message)> {
    // SAFETY: as the caller says.
    let caller = unsafe { enter_quick(plugin, rule) }?;
    let (index, message) = caller.kernel.messages.find_quick(handle)?;
    Some((caller, index, message))
}

/// Runs `run` on a message of the caller's domain. The long way is out of line, so that the quick way need not save
/// registers for it.
///
/// # Safety
/// As [`enter`].
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) unsafe fn on(
    plugin: *mut Plugin,
    rule: &Rule,
    message: abi::Message,
    run: impl Fn(&Caller<'_>, u32, &Message) -> i32,
) -> i32 {
    // SAFETY: as the caller says.
    match unsafe { quick(plugin, rule, message) } {
        Some((caller, index, message)) => run(&caller, index, message),
        // SAFETY: as the caller says.
        None => unsafe { aside(plugin, rule, message, run) },
    }
}

/// Without an operating system, all slots share one copy of the long way.
///
/// # Safety
/// As [`enter`].
#[cfg_attr(not(target_os = "none"), cold, inline(never))]
pub(crate) unsafe fn aside(
    plugin: *mut Plugin,
    rule: &Rule,
    message: abi::Message,
    run: impl Fn(&Caller<'_>, u32, &Message) -> i32,
) -> i32 {
    let shared: &dyn Fn(&Caller<'_>, u32, &Message) -> i32 = &run;
    // SAFETY: as the caller says.
    unsafe {
        if QUICK { on_slowly(plugin, rule, message, &run) } else { on_slowly(plugin, rule, message, shared) }
    }
}

pub(crate) unsafe fn on_slowly<R: Fn(&Caller<'_>, u32, &Message) -> i32 + ?Sized>(
    plugin: *mut Plugin,
    rule: &Rule,
    message: abi::Message,
    run: &R,
) -> i32 {
    answer(|| {
        // SAFETY: as the caller says.
        let caller = unsafe { enter(plugin, rule) }?;
        let _locked = caller.lock();
        let index = caller.kernel.find_message(caller.domain, message)?;
        match run(&caller, index, caller.kernel.messages.at(index)) {
            status::OK => Ok(()),
            status => Err(status),
        }
    })
}

/// A call that copies payload, in three steps: `begin` says where from or to, `copy` does it, `finish` notes it.
pub(crate) struct Copying<B, C, F> {
    pub(crate) begin: B,
    pub(crate) copy: C,
    pub(crate) finish: F,
}

impl<B: Fn(&Message) -> Answer<*mut u8>, C: Fn(*mut u8), F: Fn(&Message)> Copying<B, C, F> {
    /// # Safety
    /// As [`enter`].
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub(crate) unsafe fn run(self, plugin: *mut Plugin, rule: &Rule, handle: abi::Message) -> i32 {
        // SAFETY: as the caller says.
        let Some((_, _, message)) = (unsafe { quick(plugin, rule, handle) }) else {
            // SAFETY: as the caller says.
            return unsafe { self.aside(plugin, rule, handle) };
        };
        match (self.begin)(message) {
            Ok(at) => {
                (self.copy)(at);
                (self.finish)(message);
                status::OK
            }
            Err(refusal) => refusal,
        }
    }

    /// Takes the steps by value: if the quick way passed references to them, the compiler would keep what they have
    /// captured in memory.
    ///
    /// # Safety
    /// As [`enter`].
    #[cfg_attr(not(target_os = "none"), cold, inline(never))]
    unsafe fn aside(self, plugin: *mut Plugin, rule: &Rule, message: abi::Message) -> i32 {
        // SAFETY: as the caller says.
        unsafe { copy_slowly(plugin, rule, message, &self.begin, &self.copy, &self.finish) }
    }
}

/// The long way of [`Copying`], of which all slots share one copy. A pin keeps the payload while it is copied without the
/// lock; nobody but this thread may alter the message.
///
/// # Safety
/// As [`enter`].
#[cold]
#[inline(never)]
pub(crate) unsafe fn copy_slowly(
    plugin: *mut Plugin,
    rule: &Rule,
    handle: abi::Message,
    begin: &dyn Fn(&Message) -> Answer<*mut u8>,
    copy: &dyn Fn(*mut u8),
    finish: &dyn Fn(&Message),
) -> i32 {
    answer(|| {
        // SAFETY: as the caller says.
        let caller = unsafe { enter(plugin, rule) }?;
        let kernel = caller.kernel;
        let locked = caller.lock();
        let index = kernel.find_message(caller.domain, handle)?;
        let message = kernel.messages.at(index);
        let at = begin(message)?;
        message.pin();
        drop(locked);
        copy(at);
        let locked = caller.lock();
        finish(message);
        kernel.unpin(access(&locked), index);
        Ok(())
    })
}

/// An error that comes before any look at the handle, but after the guard.
#[cold]
#[inline(never)]
pub(crate) unsafe fn refuse(plugin: *mut Plugin, rule: &Rule) -> i32 {
    // SAFETY: as the caller says.
    unsafe { enter(plugin, rule) }.err().unwrap_or(status::E_ARGUMENT)
}

/// An argument of a slot on one message: a number, or a place for an answer.
pub(crate) trait Argument {
    type Given;

    /// `None`: the place is NULL.
    fn given(self) -> Option<Self::Given>;
}

impl Argument for usize {
    type Given = Self;

    #[inline(always)]
    fn given(self) -> Option<Self> {
        Some(self)
    }
}

impl<T> Argument for *mut T {
    type Given = Out<T>;

    #[inline(always)]
    fn given(self) -> Option<Out<T>> {
        out(self).ok()
    }
}

/// As [`slots`](crate::table::guard::slots), for slots whose first argument names a message that the caller may
/// touch. Their functions get a [`Found`], by the quick way if the call allows it.
macro_rules! slots_of_one {
    ($($name:ident($($argument:ident: $type:ty),*) = $rule:ident;)*) => {
        $(
            unsafe extern "C" fn $name(
                plugin: *mut pintle_abi_core::Plugin,
                handle: pintle_abi_core::Message,
                $($argument: $type),*
            ) -> i32 {
                use $crate::dispatch::caller::Caller;
                use $crate::object::message::Message;
                use $crate::table::{guard, message::access};
                let rule = &pintle_abi_core::rules::message::$rule;
                $(
                    let Some($argument) = access::Argument::given($argument) else {
                        // SAFETY: a plugin passes the pointer that it was given, or NULL.
                        return unsafe { access::refuse(plugin, rule) };
                    };
                )*
                let run = move |caller: &Caller<'_>, index, message: &Message| {
                    let found = access::Found { caller, index, message };
                    guard::answer(|| self::$name(&found, $($argument),*))
                };
                // SAFETY: a plugin passes the pointer that it was given, or NULL.
                unsafe { access::on(plugin, rule, handle, run) }
            }
        )*
    };
}

pub(crate) use slots_of_one;
