//! Functions for JavaScript that belong to a native object: a call costs no more than it does in C.

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{NonNull, null_mut};
use std::rc::Rc;

use napi::bindgen_prelude::{FromNapiValue, ToNapiValue};
use napi::sys;
use pintle_host::Error;
use pintle_host::abi::status;

use crate::failure::Failure;
use crate::value;

/// The most arguments that a function takes.
pub(crate) const ARGUMENTS: usize = 6;

/// A call from JavaScript. Arguments that were not given are undefined.
pub(crate) struct Call {
    pub(crate) env: sys::napi_env,
    /// How many were given.
    count: usize,
    arguments: [sys::napi_value; ARGUMENTS],
}

impl Call {
    /// Reads a call with at most `N` arguments: besides it, what it is a method of, and the data of the function.
    #[inline(always)]
    pub(crate) fn read<const N: usize>(
        env: sys::napi_env,
        info: sys::napi_callback_info,
    ) -> (Self, sys::napi_value, *mut c_void) {
        const { assert!(N <= ARGUMENTS) };
        let mut call = Self { env, count: N, arguments: [null_mut(); ARGUMENTS] };
        let (mut this, mut data) = (null_mut(), null_mut());
        // SAFETY: the places are writable, for as many arguments as `count` says; those that are not given become
        // undefined.
        unsafe {
            let arguments = call.arguments.as_mut_ptr();
            sys::napi_get_cb_info(env, info, &raw mut call.count, arguments, &raw mut this, &raw mut data);
        }
        (call, this, data)
    }

    /// An argument as it is.
    pub(crate) fn value(&self, index: usize) -> sys::napi_value {
        self.arguments[index]
    }

    /// An argument, converted as napi-rs does.
    pub(crate) fn get<T: FromNapiValue>(&self, index: usize) -> Result<T, Failure> {
        // SAFETY: the environment and the value are those of this call.
        Ok(unsafe { T::from_napi_value(self.env, self.arguments[index]) }?)
    }

    /// A number without a sign.
    pub(crate) fn u32(&self, index: usize) -> Result<u32, Failure> {
        value::u32(self.env, self.arguments[index])
    }

    /// A number without a sign, or 0 if none was given.
    pub(crate) fn u32_or_0(&self, index: usize) -> Result<u32, Failure> {
        if index >= self.count || value::is_undefined(self.env, self.arguments[index]) {
            return Ok(0);
        }
        self.u32(index)
    }

    /// A handle, or another number of 64 bits.
    pub(crate) fn u64(&self, index: usize) -> Result<u64, Failure> {
        value::u64(self.env, self.arguments[index])
    }
}

/// A function of at most `N` arguments that runs `run` on `object`, which it keeps.
pub(crate) fn function<const N: usize, T, R, F>(
    env: sys::napi_env,
    name: &str,
    object: Rc<T>,
    _run: F,
) -> Result<sys::napi_value, Failure>
where
    T: 'static,
    R: ToNapiValue,
    F: Fn(&Rc<T>, &Call) -> Result<R, Failure> + Copy + 'static,
{
    let data = Rc::into_raw(object).cast_mut().cast::<c_void>();
    let mut function = null_mut();
    // SAFETY: the name is readable, the place writable; the data is of the type that both functions expect, and lives
    // until the finalizer takes it back.
    unsafe {
        let (start, length) = (name.as_ptr().cast(), name.len().cast_signed());
        let made =
            sys::napi_create_function(env, start, length, Some(enter::<N, T, R, F>), data, &raw mut function);
        value::check(made, "no memory for a function")?;
        let kept = sys::napi_add_finalizer(env, function, data, Some(finalize::<T>), null_mut(), null_mut());
        value::check(kept, "no memory for a function")?;
    }
    Ok(function)
}

/// Adds a function to an object.
pub(crate) fn add<T, R, F>(
    env: sys::napi_env,
    to: sys::napi_value,
    name: &str,
    object: &Rc<T>,
    run: F,
) -> Result<(), Failure>
where
    T: 'static,
    R: ToNapiValue,
    F: Fn(&Rc<T>, &Call) -> Result<R, Failure> + Copy + 'static,
{
    let function = function::<ARGUMENTS, _, _, _>(env, name, object.clone(), run)?;
    value::set(env, to, name, function)
}

unsafe extern "C" fn enter<const N: usize, T, R, F>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value
where
    R: ToNapiValue,
    F: Fn(&Rc<T>, &Call) -> Result<R, Failure> + Copy,
{
    let (call, _, data) = Call::read::<N>(env, info);
    // SAFETY: the data is what `function` made of its object, which the function that is being called keeps.
    let object = ManuallyDrop::new(unsafe { Rc::from_raw(data.cast_const().cast::<T>()) });
    answer::<T, R, F>(&call, &object)
}

/// Runs the function of a type that has no size, and gives JavaScript what it answers.
#[inline(always)]
pub(crate) fn answer<T, R, F>(call: &Call, object: &Rc<T>) -> sys::napi_value
where
    R: ToNapiValue,
    F: Fn(&Rc<T>, &Call) -> Result<R, Failure> + Copy,
{
    const { assert!(size_of::<F>() == 0, "what it is bound to is its object, not what a closure captures") };
    // SAFETY: a type without a size has nothing to set up, and this one can be copied: whoever names it had a value of it.
    let run = unsafe { NonNull::<F>::dangling().read() };
    let run = || run(object, call).and_then(|answer| value::of(call.env, answer));
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(answer)) => return answer,
        Ok(Err(failure)) => failure.throw(call.env),
        Err(_) => Failure::from(bug()).throw(call.env),
    }
    null_mut()
}

#[cold]
fn bug() -> Error {
    let text =
        "the addon panicked; this is a bug of Pintle's, and what it says stands on the standard error output";
    Error { code: status::E_PANIC, plugin: None, text: text.to_owned() }
}

/// Drops the share in an object that JavaScript had.
pub(crate) unsafe extern "C" fn finalize<T>(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the data is what an `Rc` was made into, and what had it is gone.
    drop(unsafe { Rc::from_raw(data.cast_const().cast::<T>()) });
}
