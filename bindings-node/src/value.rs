//! Conversions of JavaScript values that napi-rs does not have, or that cost too much there.

use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};

use napi::bindgen_prelude::{FromNapiValue, ToNapiValue};
use napi::sys;

use crate::failure::Failure;

/// Makes a failure of a status of Node-API.
pub(crate) fn check(status: sys::napi_status, what: &str) -> Result<(), Failure> {
    match status {
        sys::Status::napi_ok => Ok(()),
        sys::Status::napi_pending_exception => Err(Failure::Pending),
        _ => Err(Failure::argument(what)),
    }
}

/// A value made of `value`.
pub(crate) fn of(env: sys::napi_env, value: impl ToNapiValue) -> Result<sys::napi_value, Failure> {
    // SAFETY: the environment is that of the call that runs.
    Ok(unsafe { ToNapiValue::to_napi_value(env, value) }?)
}

/// The number in a BigInt.
pub(crate) fn u64(env: sys::napi_env, value: sys::napi_value) -> Result<u64, Failure> {
    let (mut number, mut lossless) = (0, false);
    // SAFETY: both places are writable.
    let got = unsafe { sys::napi_get_value_bigint_uint64(env, value, &raw mut number, &raw mut lossless) };
    check(got, "a handle or an address is wanted: a bigint")?;
    if lossless { Ok(number) } else { Err(Failure::argument("a number from 0n to 2n ** 64n - 1n is wanted")) }
}

/// The number with a sign in a BigInt.
pub(crate) fn i64(env: sys::napi_env, value: sys::napi_value) -> Result<i64, Failure> {
    let (mut number, mut lossless) = (0, false);
    // SAFETY: both places are writable.
    let got = unsafe { sys::napi_get_value_bigint_int64(env, value, &raw mut number, &raw mut lossless) };
    check(got, "a bigint is wanted")?;
    if lossless { Ok(number) } else { Err(Failure::argument("a number of 64 bits is wanted")) }
}

/// The number in a Number, if it is one from 0 to 2^32 - 1.
pub(crate) fn u32(env: sys::napi_env, value: sys::napi_value) -> Result<u32, Failure> {
    let mut number = 0.0;
    // SAFETY: the place is writable.
    let got = unsafe { sys::napi_get_value_double(env, value, &raw mut number) };
    // A fraction, a negative number or one that is too large does not come back as it was.
    if got == sys::Status::napi_ok && f64::from(number as u32) == number {
        return Ok(number as u32);
    }
    Err(Failure::argument("a whole number from 0 to 4294967295 is wanted"))
}

/// Whether a value is undefined.
pub(crate) fn is_undefined(env: sys::napi_env, value: sys::napi_value) -> bool {
    kind(env, value) == sys::ValueType::napi_undefined
}

/// The type of a value, as `typeof` gives it.
pub(crate) fn kind(env: sys::napi_env, value: sys::napi_value) -> sys::napi_valuetype {
    let mut kind = sys::ValueType::napi_undefined;
    // SAFETY: the place is writable; a value always has a type.
    unsafe { sys::napi_typeof(env, value, &raw mut kind) };
    kind
}

/// A property of an object.
pub(crate) fn property(
    env: sys::napi_env,
    object: sys::napi_value,
    name: &CStr,
) -> Result<sys::napi_value, Failure> {
    let mut value = null_mut();
    // SAFETY: the name ends in NUL, and the place is writable.
    let got = unsafe { sys::napi_get_named_property(env, object, name.as_ptr(), &raw mut value) };
    check(got, "an object is wanted")?;
    Ok(value)
}

/// The names of an object's properties.
pub(crate) fn names(env: sys::napi_env, object: sys::napi_value) -> Result<Vec<String>, Failure> {
    let mut names = null_mut();
    // SAFETY: the place is writable.
    let got = unsafe { sys::napi_get_property_names(env, object, &raw mut names) };
    check(got, "an object is wanted")?;
    // SAFETY: the environment is that of the call that runs.
    Ok(unsafe { Vec::from_napi_value(env, names) }?)
}

/// Sets a property of an object.
pub(crate) fn set(
    env: sys::napi_env,
    object: sys::napi_value,
    name: &str,
    value: sys::napi_value,
) -> Result<(), Failure> {
    let mut key = null_mut();
    // SAFETY: the name is readable, and the place writable.
    unsafe {
        check(sys::napi_create_string_utf8(env, text(name), length(name), &raw mut key), "no memory")?;
        check(sys::napi_set_property(env, object, key, value), "an object is wanted")
    }
}

fn text(text: &str) -> *const c_char {
    text.as_ptr().cast()
}

fn length(text: &str) -> isize {
    text.len().cast_signed()
}

/// Calls a function, as a method of nothing.
pub(crate) fn call(
    env: sys::napi_env,
    function: sys::napi_value,
    arguments: &[sys::napi_value],
) -> Result<sys::napi_value, Failure> {
    let mut receiver = null_mut();
    let mut answer = null_mut();
    // SAFETY: the arguments are readable, and the places writable.
    unsafe {
        check(sys::napi_get_undefined(env, &raw mut receiver), "no memory")?;
        let called = sys::napi_call_function(
            env,
            receiver,
            function,
            arguments.len(),
            if arguments.is_empty() { null() } else { arguments.as_ptr() },
            &raw mut answer,
        );
        check(called, "a function is wanted")?;
    }
    Ok(answer)
}

/// Values that are made while this lives are let go with it.
pub(crate) struct Scope {
    env: sys::napi_env,
    scope: sys::napi_handle_scope,
}

impl Scope {
    pub(crate) fn open(env: sys::napi_env) -> Self {
        let mut scope = null_mut();
        // SAFETY: the place is writable. It fails only for an environment that is gone.
        unsafe { sys::napi_open_handle_scope(env, &raw mut scope) };
        Self { env, scope }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // SAFETY: scopes are dropped in the reverse of the order in which they were opened, as Rust drops values.
        unsafe { sys::napi_close_handle_scope(self.env, self.scope) };
    }
}

/// Keeps a value until this is dropped.
pub(crate) struct Reference {
    env: sys::napi_env,
    reference: sys::napi_ref,
}

impl Reference {
    /// Keeps an object or a function.
    pub(crate) fn new(env: sys::napi_env, value: sys::napi_value) -> Result<Self, Failure> {
        let mut reference = null_mut();
        // SAFETY: the place is writable.
        let made = unsafe { sys::napi_create_reference(env, value, 1, &raw mut reference) };
        check(made, "an object is wanted")?;
        Ok(Self { env, reference })
    }

    /// Keeps any value, a number or a text too, inside an array.
    pub(crate) fn within(env: sys::napi_env, value: sys::napi_value) -> Result<Self, Failure> {
        let mut array = null_mut();
        // SAFETY: the place is writable; index 0 of an array can be set.
        unsafe {
            check(sys::napi_create_array_with_length(env, 1, &raw mut array), "no memory")?;
            check(sys::napi_set_element(env, array, 0, value), "no memory")?;
        }
        Self::new(env, array)
    }

    pub(crate) fn value(&self) -> sys::napi_value {
        let mut value = null_mut();
        // SAFETY: the reference is live, and strong, so there is a value.
        unsafe { sys::napi_get_reference_value(self.env, self.reference, &raw mut value) };
        value
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: it was created here, and is deleted once. The environment outlives what it refers to.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}

/// The first element of an array.
pub(crate) fn first(env: sys::napi_env, array: sys::napi_value) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: the array is one of `Reference::within`.
    unsafe { sys::napi_get_element(env, array, 0, &raw mut value) };
    value
}

/// A value that is one already.
pub(crate) struct Raw(pub(crate) sys::napi_value);

impl ToNapiValue for Raw {
    unsafe fn to_napi_value(_env: sys::napi_env, value: Self) -> napi::Result<sys::napi_value> {
        Ok(value.0)
    }
}

/// An empty object.
pub(crate) fn object(env: sys::napi_env) -> Result<sys::napi_value, Failure> {
    let mut object = null_mut();
    // SAFETY: the place is writable.
    check(unsafe { sys::napi_create_object(env, &raw mut object) }, "no memory for an object")?;
    Ok(object)
}

/// An array of values.
pub(crate) fn array(env: sys::napi_env, values: &[sys::napi_value]) -> Result<Raw, Failure> {
    let mut array = null_mut();
    // SAFETY: the place is writable; each index of the new array can be set.
    unsafe {
        let made = sys::napi_create_array_with_length(env, values.len(), &raw mut array);
        check(made, "no memory for an array")?;
        for (index, value) in (0..).zip(values) {
            check(sys::napi_set_element(env, array, index, *value), "no memory for an array")?;
        }
    }
    Ok(Raw(array))
}
