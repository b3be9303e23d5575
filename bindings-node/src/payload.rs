//! Bytes that JavaScript passes in.

use std::ptr::{null_mut, slice_from_raw_parts};

use napi::sys;
use pintle_host::abi::Message;

use crate::failure::Failure;
use crate::value;

/// Bytes that can be sent.
pub(crate) enum Payload<'a> {
    /// Bytes, which the host copies into a message.
    Bytes(&'a [u8]),
    /// A message, which is sent as it is.
    Message(Message),
}

/// A payload: a view of bytes, an array buffer, or a message.
#[inline]
pub(crate) fn payload<'a>(env: sys::napi_env, value: sys::napi_value) -> Result<Payload<'a>, Failure> {
    match array(env, value) {
        // SAFETY: that many bytes lie there.
        Some((data, length)) => Ok(Payload::Bytes(unsafe { slice(data, length) })),
        None => other(env, value),
    }
}

/// Bytes: any view of them, or an array buffer.
///
/// They are valid until JavaScript runs again, so the caller must have them copied before that.
pub(crate) fn bytes<'a>(env: sys::napi_env, value: sys::napi_value) -> Result<&'a [u8], Failure> {
    match payload(env, value)? {
        Payload::Bytes(bytes) => Ok(bytes),
        Payload::Message(_) => Err(wanted()),
    }
}

/// The memory of a typed array that can be written to. Valid until JavaScript runs again.
pub(crate) fn room(env: sys::napi_env, value: sys::napi_value) -> Result<(*mut u8, usize), Failure> {
    array(env, value).ok_or_else(wanted)
}

/// The bytes of a `Buffer` or another typed array.
#[inline]
fn array(env: sys::napi_env, value: sys::napi_value) -> Option<(*mut u8, usize)> {
    let (mut kind, mut data, mut length) = (0, null_mut(), 0);
    // SAFETY: the places are writable; what is no typed array is refused.
    unsafe {
        let (length, data) = (&raw mut length, &raw mut data);
        let got =
            sys::napi_get_typedarray_info(env, value, &raw mut kind, length, data, null_mut(), null_mut());
        if got != sys::Status::napi_ok {
            return None;
        }
    }
    Some((data.cast(), length * element(kind)?))
}

/// How many bytes an element takes, for the kinds that are known.
#[inline]
fn element(kind: sys::napi_typedarray_type) -> Option<usize> {
    match kind {
        sys::TypedarrayType::int8_array
        | sys::TypedarrayType::uint8_array
        | sys::TypedarrayType::uint8_clamped_array => Some(1),
        sys::TypedarrayType::int16_array | sys::TypedarrayType::uint16_array => Some(2),
        sys::TypedarrayType::int32_array
        | sys::TypedarrayType::uint32_array
        | sys::TypedarrayType::float32_array => Some(4),
        sys::TypedarrayType::float64_array
        | sys::TypedarrayType::bigint64_array
        | sys::TypedarrayType::biguint64_array => Some(8),
        _ => None,
    }
}

#[cold]
fn other<'a>(env: sys::napi_env, value: sys::napi_value) -> Result<Payload<'a>, Failure> {
    let (mut is_buffer, mut is_view) = (false, false);
    let (mut data, mut length) = (null_mut(), 0);
    // SAFETY: the places are writable; only what is a view is asked for its memory as one.
    unsafe {
        sys::napi_is_dataview(env, value, &raw mut is_view);
        if is_view {
            sys::napi_get_buffer_info(env, value, &raw mut data, &raw mut length);
            return Ok(Payload::Bytes(slice(data.cast(), length)));
        }
        sys::napi_is_arraybuffer(env, value, &raw mut is_buffer);
        if is_buffer {
            sys::napi_get_arraybuffer_info(env, value, &raw mut data, &raw mut length);
            return Ok(Payload::Bytes(slice(data.cast(), length)));
        }
    }
    if value::kind(env, value) != sys::ValueType::napi_object {
        return Err(wanted());
    }
    // A message gives its handle; a closed one throws.
    let handle = value::property(env, value, c"handle")?;
    let bits = value::u64(env, handle).map_err(|_| wanted())?;
    Ok(Payload::Message(Message { bits }))
}

#[cold]
fn wanted() -> Failure {
    Failure::argument("bytes are wanted: a Uint8Array or another view, an ArrayBuffer, or a Message")
}

/// # Safety
/// `length` bytes are readable until JavaScript runs again; with none, any pointer does.
unsafe fn slice<'a>(data: *const u8, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's.
    unsafe { &*slice_from_raw_parts(data, length) }
}
