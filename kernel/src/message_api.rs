//! The `message` table.

use pintle_abi_core::{Bytes, Message, MessageApi, Plugin, rules, status};

use crate::guard::{Answer, Caller, KERNEL, answer, enter, out};
use crate::message::Body;
use crate::slab::NIL;
use crate::trace;

pub(crate) static TABLE: MessageApi = MessageApi {
    size: size_of::<MessageApi>() as u32,
    reserved: 0,
    acquire,
    retain,
    release,
    write,
    read,
    rewind,
    length,
    view,
    reserve,
    commit,
    edit,
    view_mut,
    clear,
    clone,
};

fn writable(body: &Body) -> Answer {
    if body.is_sealed() { Err(status::E_SEALED) } else { Ok(()) }
}

fn room(body: &Body, length: usize) -> Answer {
    if length <= (body.capacity.get() - body.length.get()) as usize {
        Ok(())
    } else {
        Err(status::E_CAPACITY)
    }
}

fn source<T>(data: *const T, length: usize) -> Answer {
    if data.is_null() && length != 0 { Err(status::E_ARGUMENT) } else { Ok(()) }
}

unsafe extern "C" fn acquire(plugin: *mut Plugin, capacity: usize, to: *mut Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::ACQUIRE) }?;
        let to = out(to)?;
        let kernel = caller.kernel;
        let acquired = if caller.domain == KERNEL {
            kernel.acquire_message(&caller, capacity)?
        } else {
            acquire_elsewhere(&caller, capacity)?
        };
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(kernel.messages.handle(acquired)) };
        Ok(())
    })
}

#[cold]
#[inline(never)]
fn acquire_elsewhere(caller: &Caller<'_>, capacity: usize) -> Answer<u32> {
    let _locked = caller.kernel.shared.lock();
    caller.kernel.acquire_message(caller, capacity)
}

unsafe extern "C" fn retain(plugin: *mut Plugin, message: Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::RETAIN) }?;
        caller.kernel.with_message(&caller, message, |index, _| caller.kernel.keep(caller.record, index))
    })
}

unsafe extern "C" fn release(plugin: *mut Plugin, message: Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::RELEASE) }?;
        let kernel = caller.kernel;
        if caller.domain == KERNEL {
            let index = kernel.messages.find(message)?;
            if kernel.messages.at(index).domain() == KERNEL {
                return kernel.spend(caller.record, KERNEL, index);
            }
        }
        release_elsewhere(&caller, message)
    })
}

/// The lock guards every message that is not the kernel's, whoever calls.
#[cold]
#[inline(never)]
fn release_elsewhere(caller: &Caller<'_>, message: Message) -> Answer {
    let kernel = caller.kernel;
    let _locked = kernel.shared.lock();
    let index = kernel.messages.find(message)?;
    let domain = kernel.messages.at(index).domain();
    if domain == KERNEL {
        kernel.return_message(caller.record, index)
    } else {
        kernel.spend(caller.record, domain, index)
    }
}

unsafe extern "C" fn write(plugin: *mut Plugin, message: Message, data: *const u8, length: usize) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::WRITE) }?;
        source(data, length)?;
        caller.kernel.with_message(&caller, message, |_, body| {
            writable(body)?;
            room(body, length)?;
            let at = body.length.get();
            // SAFETY: there is room for `length` bytes behind the payload, and the caller's are readable. `copy`, for
            // a plugin may write a message to itself.
            unsafe { core::ptr::copy(data, body.data.get().add(at as usize), length) };
            body.length.set(at + length as u32);
            body.reserved.set(0);
            Ok(())
        })
    })
}

unsafe extern "C" fn read(plugin: *mut Plugin, message: Message, data: *mut u8, length: usize) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::READ) }?;
        source(data, length)?;
        caller.kernel.with_message(&caller, message, |_, body| {
            let at = body.position.get();
            if length > (body.length.get() - at) as usize {
                return Err(status::E_UNDERFLOW);
            }
            // SAFETY: that many bytes are left, and the caller's place is writable for them.
            unsafe { core::ptr::copy(body.data.get().add(at as usize), data, length) };
            body.position.set(at + length as u32);
            Ok(())
        })
    })
}

unsafe extern "C" fn rewind(plugin: *mut Plugin, message: Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::REWIND) }?;
        caller.kernel.with_message(&caller, message, |_, body| {
            body.position.set(0);
            Ok(())
        })
    })
}

unsafe extern "C" fn length(plugin: *mut Plugin, message: Message, to: *mut usize) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::LENGTH) }?;
        let to = out(to)?;
        caller.kernel.with_message(&caller, message, |_, body| {
            // SAFETY: an out-pointer is NULL, which was refused, or writable.
            unsafe { to.write(body.length.get() as usize) };
            Ok(())
        })
    })
}

unsafe extern "C" fn view(plugin: *mut Plugin, message: Message, to: *mut Bytes) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::VIEW) }?;
        let to = out(to)?;
        caller.kernel.with_message(&caller, message, |_, body| {
            // SAFETY: an out-pointer is NULL, which was refused, or writable.
            unsafe { to.write(Bytes { data: body.data.get(), length: body.length.get() as usize }) };
            Ok(())
        })
    })
}

unsafe extern "C" fn reserve(plugin: *mut Plugin, message: Message, length: usize, to: *mut *mut u8) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::RESERVE) }?;
        let to = out(to)?;
        caller.kernel.with_message(&caller, message, |_, body| {
            writable(body)?;
            room(body, length)?;
            body.reserved.set(length as u32);
            // SAFETY: an out-pointer is NULL, which was refused, or writable; the payload's end is within it.
            unsafe { to.write(body.data.get().add(body.length.get() as usize)) };
            Ok(())
        })
    })
}

unsafe extern "C" fn commit(plugin: *mut Plugin, message: Message, length: usize) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::COMMIT) }?;
        caller.kernel.with_message(&caller, message, |_, body| {
            writable(body)?;
            if body.reserved.get() == 0 || length > body.reserved.get() as usize {
                return Err(status::E_STATE);
            }
            body.length.set(body.length.get() + length as u32);
            body.reserved.set(0);
            Ok(())
        })
    })
}

unsafe extern "C" fn edit(plugin: *mut Plugin, message: Message, to: *mut Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::EDIT) }?;
        let to = out(to)?;
        let kernel = caller.kernel;
        let index = kernel.find_message(caller.domain, message)?;
        let frame = kernel.top_frame().ok_or(status::E_STATE)?;
        if frame.filtering.get() == NIL
            || frame.filtering.get() != index
            || trace::word_record(frame.word.get()) != caller.record.index
        {
            return Err(status::E_STATE);
        }
        let body = kernel.messages.at(index);
        let edited = if body.is_chains_own() {
            index
        } else {
            let copy = kernel.messages.copy(index, KERNEL, KERNEL, body.capacity.get() as usize)?;
            kernel.messages.at(copy).give_to_chain();
            frame.filtering.set(copy);
            copy
        };
        kernel.messages.at(edited).unseal();
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(kernel.messages.handle(edited)) };
        Ok(())
    })
}

unsafe extern "C" fn view_mut(
    plugin: *mut Plugin,
    message: Message,
    to: *mut *mut u8,
    to_length: *mut usize,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::VIEW_MUT) }?;
        let (to, to_length) = (out(to)?, out(to_length)?);
        caller.kernel.with_message(&caller, message, |_, body| {
            writable(body)?;
            // SAFETY: out-pointers are NULL, which was refused, or writable.
            unsafe {
                to.write(body.data.get());
                to_length.write(body.length.get() as usize);
            }
            Ok(())
        })
    })
}

unsafe extern "C" fn clear(plugin: *mut Plugin, message: Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::CLEAR) }?;
        caller.kernel.with_message(&caller, message, |_, body| {
            writable(body)?;
            body.length.set(0);
            body.position.set(0);
            body.reserved.set(0);
            Ok(())
        })
    })
}

unsafe extern "C" fn clone(plugin: *mut Plugin, message: Message, capacity: usize, to: *mut Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::CLONE) }?;
        let to = out(to)?;
        let kernel = caller.kernel;
        kernel.with_message(&caller, message, |_, from| {
            let length = from.length.get();
            let copy = kernel.acquire_message(&caller, capacity.max(length as usize))?;
            let body = kernel.messages.at(copy);
            // SAFETY: both payloads are at least that long and apart from each other.
            unsafe { core::ptr::copy_nonoverlapping(from.data.get(), body.data.get(), length as usize) };
            body.length.set(length);
            // SAFETY: an out-pointer is NULL, which was refused, or writable.
            unsafe { to.write(kernel.messages.handle(copy)) };
            Ok(())
        })
    })
}
