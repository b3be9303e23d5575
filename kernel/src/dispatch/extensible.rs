//! Structs that callers pass or have filled, read and written as far as both sides know them. Why one does not fit is kept
//! as the caller's last error.

use core::mem::MaybeUninit;

use pintle_abi_core::extensible::{Extensible, Room, Shape};
use pintle_abi_core::status;

use crate::base::answer::Answer;
use crate::base::domain::KERNEL;
use crate::base::features::{LOG_TEXT, QUICK};
use crate::dispatch::caller::Caller;
use crate::kernel::Kernel;
use crate::object::instance::Instance;

impl Kernel {
    /// Keeps why a struct of an instance's was refused, if this is the kernel thread.
    ///
    /// # Safety
    /// As for [`Shape::misfit`].
    #[cold]
    #[inline(never)]
    unsafe fn keep_misfit(&self, instance: &Instance, shape: &'static Shape, at: *const u8) {
        if !LOG_TEXT || !self.is_kernel_thread() {
            return;
        }
        // SAFETY: the caller's.
        let misfit = unsafe { shape.misfit(at) };
        self.set_error(instance, misfit.status(), &misfit.words(&mut [[0; 10]; 2]));
    }

    /// A copy of a struct that plugin zero passed, as this kernel knows it.
    ///
    /// # Errors
    /// `E_ARGUMENT`, `E_UNSUPPORTED`: it does not fit; on the kernel thread plugin zero's last error has the words.
    ///
    /// # Safety
    /// As for [`extensible::read`](pintle_abi_core::extensible::read).
    pub unsafe fn read<T: Extensible>(&self, from: *const T) -> Result<T, i32> {
        // SAFETY: the caller's.
        unsafe { Caller { kernel: self, instance: self.zero_instance(), domain: KERNEL }.read(from) }
    }

    /// The room that plugin zero gives for a struct that is to be filled.
    ///
    /// # Errors
    /// `E_ARGUMENT`: NULL, or it does not fit; on the kernel thread plugin zero's last error has the words.
    ///
    /// # Safety
    /// `to` is NULL, or as for [`Room::at`].
    pub unsafe fn room<T: Extensible>(&self, to: *mut T) -> Result<Room<T>, i32> {
        // SAFETY: the caller's.
        unsafe { Caller { kernel: self, instance: self.zero_instance(), domain: KERNEL }.room(to) }
    }
}

impl Caller<'_> {
    /// A copy of a struct that was passed, as this kernel knows it. On the kernel thread, why it is refused is kept as the
    /// caller's last error.
    ///
    /// # Safety
    /// As for [`extensible::read`](pintle_abi_core::extensible::read).
    #[inline(always)]
    pub(crate) unsafe fn read<T: Extensible>(&self, from: *const T) -> Answer<T> {
        // SAFETY: `size` is the first member.
        if QUICK && unsafe { from.cast::<u32>().read() } as usize == size_of::<T>() {
            // SAFETY: readable for its size, which is that of a `T`.
            return Ok(unsafe { from.read() });
        }
        let mut to = MaybeUninit::<T>::uninit();
        // SAFETY: the caller's, and a place for a `T`.
        unsafe { self.read_shape(Shape::of::<T>(), from.cast(), to.as_mut_ptr().cast()) }?;
        // SAFETY: the struct was written there.
        Ok(unsafe { to.assume_init() })
    }

    /// # Safety
    /// As for [`Shape::read`].
    #[inline(never)]
    unsafe fn read_shape(&self, shape: &'static Shape, from: *const u8, to: *mut u8) -> Answer {
        // SAFETY: the caller's.
        let answer = unsafe { shape.read(from, to) };
        if answer.is_err() {
            // SAFETY: it was refused.
            unsafe { self.kernel.keep_misfit(self.instance, shape, from) };
        }
        answer
    }

    /// The room for a struct that is to be filled. As [`read`](Self::read), and NULL is `E_ARGUMENT`.
    ///
    /// # Safety
    /// `to` is NULL, or as for [`Room::at`].
    #[inline(always)]
    pub(crate) unsafe fn room<T: Extensible>(&self, to: *mut T) -> Answer<Room<T>> {
        // SAFETY: the caller's.
        let length = unsafe { self.room_of_shape(Shape::of::<T>(), to.cast()) }?;
        // SAFETY: the caller's, and that is its length.
        Ok(unsafe { Room::new(to, length) })
    }

    /// # Safety
    /// `to` is NULL, or as for [`Room::at`].
    #[inline(never)]
    unsafe fn room_of_shape(&self, shape: &'static Shape, to: *mut u8) -> Answer<usize> {
        if to.is_null() {
            return Err(status::E_ARGUMENT);
        }
        // SAFETY: not NULL, so as the caller says.
        let length = unsafe { shape.common(to) };
        if length.is_err() {
            // SAFETY: it was refused.
            unsafe { self.kernel.keep_misfit(self.instance, shape, to) };
        }
        length
    }
}
