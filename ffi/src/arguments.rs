//! What C passes, checked before it is used.

use pintle_abi_core::status::E_ARGUMENT;

/// An out-pointer that is not NULL.
pub(crate) fn out<T>(pointer: *mut T) -> Result<*mut T, i32> {
    if pointer.is_null() { Err(E_ARGUMENT) } else { Ok(pointer) }
}

/// A copy of a struct that begins with its size, which must cover all that this library knows of it.
///
/// # Safety
/// `pointer` is NULL or points to a struct that is readable for the size that it names.
pub(crate) unsafe fn read<T: Copy>(pointer: *const T) -> Result<T, i32> {
    // SAFETY: not NULL when it is read, so its size is readable.
    if pointer.is_null() || (unsafe { pointer.cast::<u32>().read() } as usize) < size_of::<T>() {
        return Err(E_ARGUMENT);
    }
    // SAFETY: readable for the size that it names, which covers a `T`.
    Ok(unsafe { pointer.read() })
}

/// An out-pointer to a struct that begins with its size.
///
/// # Safety
/// As for [`read`], and writable.
pub(crate) unsafe fn out_sized<T: Copy>(pointer: *mut T) -> Result<*mut T, i32> {
    // SAFETY: the caller's.
    unsafe { read(pointer) }.map(|_| pointer)
}
