//! Checks of the arguments that C passes.

use pintle_abi_core::status::E_ARGUMENT;

/// An out-pointer that is not NULL.
///
/// # Errors
/// `E_ARGUMENT`: it is NULL.
pub fn out<T>(pointer: *mut T) -> Result<*mut T, i32> {
    if pointer.is_null() { Err(E_ARGUMENT) } else { Ok(pointer) }
}
