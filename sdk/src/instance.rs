//! Where the state of an instance is stored: on the heap with `std`, else in a static that the macro makes.

use core::any::TypeId;
use core::mem::MaybeUninit;

#[cfg(feature = "std")]
use crate::closures::Closures;
use crate::{Error, Host, Plugin, Result, Status, status};

/// What is stored for an instance. It begins with what tells its type, so that a task for another type is refused.
///
/// The host keeps a pointer to it, whose lowest bit says whether `create` has returned the state: so one comparison tells a
/// callback that the state is there.
#[repr(C)]
pub struct Instance<T> {
    head: Head,
    state: MaybeUninit<T>,
}

/// What does not depend on the type of the instance.
#[repr(C)]
struct Head {
    kind: TypeId,
    #[cfg(feature = "std")]
    closures: Closures,
}

/// The bit of an instance that has its state.
const COMPLETE: usize = 1;

impl<T: Plugin> Instance<T> {
    fn new() -> Self {
        let head = Head {
            kind: TypeId::of::<T>(),
            #[cfg(feature = "std")]
            closures: Closures::default(),
        };
        Self { head, state: MaybeUninit::uninit() }
    }

    /// Gives an instance its state, and the host the pointer that says so.
    ///
    /// # Safety
    /// `instance` came from `Place::put`, has no state, and nobody borrows from it.
    pub(crate) unsafe fn complete(instance: *mut Self, host: &Host, state: T) -> Result {
        // SAFETY: as the caller promises.
        unsafe { (*instance).state.write(state) };
        host.set_data(instance.map_addr(|address| address | COMPLETE).cast()).inspect_err(|_| {
            // SAFETY: it was just written, and nobody can reach it.
            unsafe { (*instance).state.assume_init_drop() };
        })
    }

    /// The instance of a host that has its state.
    pub(crate) fn of(host: &Host) -> Option<*mut Self> {
        let data = host.data();
        (data.addr() & COMPLETE != 0).then(|| data.map_addr(|address| address - COMPLETE).cast())
    }

    /// The state.
    ///
    /// # Safety
    /// It has one.
    pub(crate) unsafe fn into_state(self) -> T {
        // SAFETY: as the caller promises.
        unsafe { self.state.assume_init() }
    }
}

impl Head {
    /// Of the instance of a host, with or without its state; `None` inside `destroy`.
    ///
    /// # Safety
    /// The instance is one of this crate's; its `destroy` does not begin while the result is in use.
    unsafe fn of(host: &Host) -> Option<&Self> {
        let data = host.data().map_addr(|address| address & !COMPLETE);
        // SAFETY: as the caller promises; every instance of this crate begins with its head.
        unsafe { data.cast::<Self>().as_ref() }
    }
}

/// Implemented by [`plugin`](crate::plugin): where instances of this type are stored, and what they serve.
#[doc(hidden)]
pub trait Resident: Plugin {
    /// The services, each with the ids of its slow requests.
    const SERVICES: &'static [(u32, &'static [u32])];

    /// The type's place.
    fn place() -> &'static Place<Self>;
}

#[doc(hidden)]
pub use place::Place;

#[cfg(feature = "std")]
mod place {
    use super::{Instance, Plugin, Result};
    use core::marker::PhantomData;

    /// The heap: any number of instances.
    pub struct Place<T>(PhantomData<fn() -> T>);

    impl<T: Plugin> Place<T> {
        /// A place for instances.
        #[must_use]
        #[allow(clippy::new_without_default)]
        pub const fn new() -> Self {
            Place(PhantomData)
        }

        pub(crate) fn put(&'static self) -> Result<*mut Instance<T>> {
            Ok(Box::into_raw(Box::new(Instance::new())))
        }

        /// # Safety
        /// `instance` came from `put` of this place and was not taken before; nobody borrows from it.
        pub(crate) unsafe fn take(&'static self, instance: *mut Instance<T>) -> Instance<T> {
            // SAFETY: as the caller promises.
            *unsafe { Box::from_raw(instance) }
        }
    }
}

#[cfg(not(feature = "std"))]
mod place {
    use super::{Error, Instance, Plugin, Result, Status, status};
    use core::cell::UnsafeCell;
    use core::mem::MaybeUninit;
    use core::sync::atomic::{AtomicBool, Ordering};

    /// A static with room for one instance.
    pub struct Place<T> {
        used: AtomicBool,
        instance: UnsafeCell<MaybeUninit<Instance<T>>>,
    }

    // SAFETY: `used` lets one instance in at a time, and an instance may change threads (`Plugin: Send`).
    unsafe impl<T: Plugin> Sync for Place<T> {}

    impl<T: Plugin> Place<T> {
        /// A place for an instance.
        #[must_use]
        #[allow(clippy::new_without_default)]
        pub const fn new() -> Self {
            Place { used: AtomicBool::new(false), instance: UnsafeCell::new(MaybeUninit::uninit()) }
        }

        pub(crate) fn put(&'static self) -> Result<*mut Instance<T>> {
            if self.claim() {
                return Err(Error::new(
                    Status(status::E_CAPACITY),
                    "a plugin without the sdk's feature `std` has one instance at a time",
                ));
            }
            let instance = self.instance.get().cast::<Instance<T>>();
            // SAFETY: `used` was false: nothing else points into the place.
            unsafe { instance.write(Instance::new()) };
            Ok(instance)
        }

        /// # Safety
        /// `instance` came from `put` of this place and was not taken before; nobody borrows from it.
        pub(crate) unsafe fn take(&'static self, instance: *mut Instance<T>) -> Instance<T> {
            // SAFETY: as the caller promises.
            let taken = unsafe { instance.read() };
            self.used.store(false, Ordering::Release);
            taken
        }

        /// Marks the place as used; returns whether it was used already.
        fn claim(&self) -> bool {
            #[cfg(target_has_atomic = "8")]
            return self.used.swap(true, Ordering::Acquire);
            // A processor without compare-and-swap has one core, whose one kernel thread creates instances.
            #[cfg(not(target_has_atomic = "8"))]
            {
                let used = self.used.load(Ordering::Acquire);
                self.used.store(true, Ordering::Relaxed);
                used
            }
        }
    }
}

/// The state of the instance behind `host`.
///
/// # Errors
/// `E_STATE`: inside `create` or `destroy`, when there is none.
///
/// # Safety
/// The instance is of type `T`, and its `destroy` does not begin while the result is in use.
pub(crate) unsafe fn known<T: Plugin>(host: &Host) -> Result<&T> {
    match Instance::<T>::of(host) {
        // SAFETY: `create` stored it with its state, and `destroy` clears it before the instance goes.
        Some(instance) => Ok(unsafe { (*instance).state.assume_init_ref() }),
        None => Err(GONE),
    }
}

/// The state of the instance behind `host`, if it is a `T`.
///
/// # Errors
/// `E_ARGUMENT`: it is of another type. `E_STATE`: as for [`known`].
///
/// # Safety
/// The instance is one of this crate's; its `destroy` does not begin while the result is in use.
pub(crate) unsafe fn checked<T: Plugin>(host: &Host) -> Result<&T> {
    // SAFETY: as the caller promises.
    unsafe { check_kind::<T>(host)? };
    // SAFETY: the type was just compared; the rest is the caller's promise.
    unsafe { known::<T>(host) }
}

/// The closures of the instance behind `host`, if it is a `T`. They are there in `create` too.
///
/// # Errors
/// `E_ARGUMENT`: it is of another type. `E_STATE`: inside `destroy`.
///
/// # Safety
/// As for [`checked`].
#[cfg(feature = "std")]
pub(crate) unsafe fn closures<T: Plugin>(host: &Host) -> Result<&Closures> {
    // SAFETY: as the caller promises.
    unsafe {
        check_kind::<T>(host)?;
        any_closures(host).ok_or(GONE)
    }
}

/// The closures of the instance behind `host`, whatever its type; `None` inside `destroy`.
///
/// # Safety
/// As for [`checked`].
#[cfg(feature = "std")]
pub(crate) unsafe fn any_closures(host: &Host) -> Option<&Closures> {
    // SAFETY: as the caller promises.
    unsafe { Head::of(host) }.map(|head| &head.closures)
}

const GONE: Error = Error::new(Status(status::E_STATE), "the instance is not there yet, or no more");

/// # Safety
/// As for [`checked`].
unsafe fn check_kind<T: Plugin>(host: &Host) -> Result {
    // SAFETY: as the caller promises.
    if unsafe { Head::of(host) }.is_some_and(|head| head.kind != TypeId::of::<T>()) {
        return Err(Error::new(Status(status::E_ARGUMENT), "the task is for another plugin's type"));
    }
    Ok(())
}
