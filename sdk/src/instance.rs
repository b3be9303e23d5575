//! Where the state of an instance is stored: on the heap with `std`, else in a static that the macro makes.

use core::any::TypeId;

use crate::{Error, Host, Plugin, Result, Status, status};

/// A plugin's state with the mark of its type, so that a task for another type is refused.
#[repr(C)]
pub struct Instance<T> {
    kind: TypeId,
    state: T,
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
    use core::any::TypeId;
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

        pub(crate) fn put(&'static self, state: T) -> Result<*mut Instance<T>> {
            Ok(Box::into_raw(Box::new(Instance { kind: TypeId::of::<T>(), state })))
        }

        /// # Safety
        /// `instance` came from `put` of this place and was not taken before; nobody borrows from it.
        pub(crate) unsafe fn take(&'static self, instance: *mut Instance<T>) -> T {
            // SAFETY: as the caller promises.
            unsafe { Box::from_raw(instance) }.state
        }
    }
}

#[cfg(not(feature = "std"))]
mod place {
    use super::{Error, Instance, Plugin, Result, Status, status};
    use core::any::TypeId;
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

        pub(crate) fn put(&'static self, state: T) -> Result<*mut Instance<T>> {
            if self.claim() {
                return Err(Error::new(
                    Status(status::E_CAPACITY),
                    "a plugin without the sdk's feature `std` has one instance at a time",
                ));
            }
            let instance = self.instance.get().cast::<Instance<T>>();
            // SAFETY: `used` was false: nothing else points into the place.
            unsafe { instance.write(Instance { kind: TypeId::of::<T>(), state }) };
            Ok(instance)
        }

        /// # Safety
        /// `instance` came from `put` of this place and was not taken before; nobody borrows from it.
        pub(crate) unsafe fn take(&'static self, instance: *mut Instance<T>) -> T {
            // SAFETY: as the caller promises.
            let state = unsafe { instance.read() }.state;
            self.used.store(false, Ordering::Release);
            state
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
    let instance = host.data().cast::<Instance<T>>();
    // SAFETY: `create` stored it, and `destroy` clears it before the instance goes.
    match unsafe { instance.as_ref() } {
        Some(instance) => Ok(&instance.state),
        None => Err(Error::new(Status(status::E_STATE), "the instance is not there yet, or no more")),
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
    let kind = host.data().cast::<TypeId>();
    // SAFETY: every instance of this crate begins with its `TypeId`.
    if unsafe { kind.as_ref() }.is_some_and(|kind| *kind != TypeId::of::<T>()) {
        return Err(Error::new(Status(status::E_ARGUMENT), "the task is for another plugin's type"));
    }
    // SAFETY: the type was just compared; the rest is the caller's promise.
    unsafe { known::<T>(host) }
}
