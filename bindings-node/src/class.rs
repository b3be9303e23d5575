//! Classes for JavaScript whose objects are native ones. Their methods are made once in an environment, not for each object.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{null, null_mut};
use std::rc::Rc;

use napi::bindgen_prelude::ToNapiValue;
use napi::sys;

use crate::failure::Failure;
use crate::function::{ARGUMENTS, Call, answer, finalize};
use crate::value::{self, Reference};

/// Gathers the methods of a class.
pub(crate) struct Methods<T> {
    properties: Vec<sys::napi_property_descriptor>,
    of: PhantomData<T>,
}

impl<T: 'static> Methods<T> {
    /// Adds a method.
    pub(crate) fn add<R, F>(&mut self, name: &'static CStr, _run: F)
    where
        R: ToNapiValue,
        F: Fn(&Rc<T>, &Call) -> Result<R, Failure> + Copy + 'static,
    {
        self.properties.push(sys::napi_property_descriptor {
            utf8name: name.as_ptr(),
            name: null_mut(),
            method: Some(enter::<T, R, F>),
            getter: None,
            setter: None,
            value: null_mut(),
            attributes: sys::PropertyAttributes::default,
            data: null_mut(),
        });
    }
}

/// A class of one environment.
pub(crate) struct Class<T> {
    constructor: Reference,
    of: PhantomData<T>,
}

impl<T: 'static> Class<T> {
    /// Defines a class with the methods that `add` adds.
    pub(crate) fn define(
        env: sys::napi_env,
        name: &CStr,
        add: impl FnOnce(&mut Methods<T>),
    ) -> Result<Self, Failure> {
        let mut methods = Methods { properties: Vec::new(), of: PhantomData };
        add(&mut methods);
        let (count, properties) = (methods.properties.len(), methods.properties.as_ptr());
        let mut class = null_mut();
        // SAFETY: the name and the properties are readable, their names live for ever, and the place is writable.
        let defined = unsafe {
            let (name, length) = (name.as_ptr(), name.count_bytes().cast_signed());
            let data = null_mut();
            sys::napi_define_class(
                env,
                name,
                length,
                Some(construct),
                data,
                count,
                properties,
                &raw mut class,
            )
        };
        value::check(defined, "no memory for a class")?;
        Ok(Self { constructor: Reference::new(env, class)?, of: PhantomData })
    }

    /// JavaScript's object for a native one, which it keeps.
    pub(crate) fn object(&self, env: sys::napi_env, native: Rc<T>) -> Result<sys::napi_value, Failure> {
        let mut object = null_mut();
        // SAFETY: the place is writable; the data is of the type that the class's methods and the finalizer expect.
        unsafe {
            let made = sys::napi_new_instance(env, self.constructor.value(), 0, null(), &raw mut object);
            value::check(made, "no memory for an object")?;
            let data = Rc::into_raw(native).cast_mut().cast();
            let wrapped = sys::napi_wrap(env, object, data, Some(finalize::<T>), null_mut(), null_mut());
            value::check(wrapped, "no memory for an object")?;
        }
        Ok(object)
    }
}

/// JavaScript makes an object by itself: there is nothing native behind it, and its methods say so.
unsafe extern "C" fn construct(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    Call::read::<0>(env, info).1
}

unsafe extern "C" fn enter<T, R, F>(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value
where
    R: ToNapiValue,
    F: Fn(&Rc<T>, &Call) -> Result<R, Failure> + Copy,
{
    let (call, this, _) = Call::read::<ARGUMENTS>(env, info);
    let mut data = null_mut();
    // SAFETY: the place is writable.
    if unsafe { sys::napi_unwrap(env, this, &raw mut data) } != sys::Status::napi_ok {
        Failure::argument("nothing native is behind this object").throw(env);
        return null_mut();
    }
    // SAFETY: Node calls a method on objects of its class only, and what these wrap is what `object` gave them. `this` keeps
    // it during the call.
    let object = ManuallyDrop::new(unsafe { Rc::from_raw(data.cast_const().cast::<T>()) });
    answer::<T, R, F>(&call, &object)
}
