//! The `message` table.

mod access;

use pintle_abi_core as abi;
use pintle_abi_core::{Bytes, MessageApi, Plugin, rules, status};

use crate::base::domain::KERNEL;
use crate::base::handle;
use crate::dispatch::caller::Caller;
use crate::dispatch::message::access;
use crate::object::message::{Access, Message};
use crate::table::guard::{answer, enter, enter_quick, out};
use crate::table::message::access::{Copying, on, quick, refuse};

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

unsafe extern "C" fn acquire(plugin: *mut Plugin, capacity: usize, to: *mut abi::Message) -> i32 {
    // SAFETY: the plugin passes its own pointer.
    if let Some(caller) = unsafe { enter_quick(plugin, &rules::message::ACQUIRE) }
        && !to.is_null()
        && let Some(message) =
            caller.kernel.messages.acquire_quick(&caller.kernel.frames, caller.instance, capacity)
    {
        // SAFETY: not NULL, so writable.
        unsafe { to.write(message) };
        return status::OK;
    }
    // SAFETY: as above.
    unsafe { acquire_slowly(plugin, capacity, to) }
}

#[cold]
#[inline(never)]
unsafe fn acquire_slowly(plugin: *mut Plugin, capacity: usize, to: *mut abi::Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::ACQUIRE) }?;
        let to = out(to)?;
        let _locked = caller.lock();
        let index = caller.kernel.acquire_message(&caller, capacity)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.kernel.messages.handle(index)) };
        Ok(())
    })
}

unsafe extern "C" fn retain(plugin: *mut Plugin, message: abi::Message) -> i32 {
    let run =
        move |caller: &Caller<'_>, index, _: &Message| caller.kernel.messages.keep(caller.instance, index);
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, &rules::message::RETAIN, message, run) }
}

unsafe extern "C" fn release(plugin: *mut Plugin, message: abi::Message) -> i32 {
    // SAFETY: the plugin passes its own pointer.
    if let Some((caller, index, found)) = unsafe { quick(plugin, &rules::message::RELEASE, message) }
        && caller.kernel.messages.release_quick(&caller.kernel.frames, caller.instance, index, found)
    {
        return status::OK;
    }
    // SAFETY: as above.
    unsafe { release_slowly(plugin, message) }
}

#[cold]
#[inline(never)]
unsafe fn release_slowly(plugin: *mut Plugin, message: abi::Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::RELEASE) }?;
        let kernel = caller.kernel;
        if caller.domain == KERNEL {
            let index = kernel.messages.find(message)?;
            if kernel.messages.at(index).domain() == KERNEL {
                return kernel.spend(caller.instance, Access::Kernel, index);
            }
        }
        // The lock guards every message that is not the kernel's, whoever calls.
        let locked = kernel.shared.lock();
        let index = kernel.messages.find(message)?;
        if kernel.messages.at(index).domain() == KERNEL {
            kernel.messages.give_back(&locked, caller.instance, index, handle::life(message.bits))
        } else {
            kernel.spend(caller.instance, Access::Locked(&locked), index)
        }
    })
}

unsafe extern "C" fn write(plugin: *mut Plugin, handle: abi::Message, data: *const u8, length: usize) -> i32 {
    let rule = &rules::message::WRITE;
    if data.is_null() && length != 0 {
        // SAFETY: the plugin passes its own pointer.
        return unsafe { refuse(plugin, rule) };
    }
    let copying = Copying {
        begin: move |message: &Message| message.begin_write(length),
        // SAFETY: there is room for `length` bytes behind the payload, and the caller's are readable. `copy`, for a plugin
        // may write a message to itself.
        copy: move |to: *mut u8| unsafe { core::ptr::copy(data, to, length) },
        finish: move |message: &Message| message.end_write(length),
    };
    // SAFETY: the plugin passes its own pointer.
    unsafe { copying.run(plugin, rule, handle) }
}

unsafe extern "C" fn read(plugin: *mut Plugin, handle: abi::Message, data: *mut u8, length: usize) -> i32 {
    let rule = &rules::message::READ;
    if data.is_null() && length != 0 {
        // SAFETY: the plugin passes its own pointer.
        return unsafe { refuse(plugin, rule) };
    }
    let copying = Copying {
        begin: move |message: &Message| message.begin_read(length),
        // SAFETY: that many bytes are left, and the caller's place is writable for them.
        copy: move |from: *mut u8| unsafe { core::ptr::copy(from, data, length) },
        finish: move |message: &Message| message.end_read(length),
    };
    // SAFETY: the plugin passes its own pointer.
    unsafe { copying.run(plugin, rule, handle) }
}

unsafe extern "C" fn rewind(plugin: *mut Plugin, handle: abi::Message) -> i32 {
    let run = move |_: &Caller<'_>, _, message: &Message| {
        message.rewind();
        Ok(())
    };
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, &rules::message::REWIND, handle, run) }
}

unsafe extern "C" fn length(plugin: *mut Plugin, handle: abi::Message, to: *mut usize) -> i32 {
    let rule = &rules::message::LENGTH;
    if to.is_null() {
        // SAFETY: the plugin passes its own pointer.
        return unsafe { refuse(plugin, rule) };
    }
    let run = move |_: &Caller<'_>, _, message: &Message| {
        // SAFETY: not NULL, so writable.
        unsafe { to.write(message.length()) };
        Ok(())
    };
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, rule, handle, run) }
}

unsafe extern "C" fn view(plugin: *mut Plugin, handle: abi::Message, to: *mut Bytes) -> i32 {
    let rule = &rules::message::VIEW;
    if to.is_null() {
        // SAFETY: the plugin passes its own pointer.
        return unsafe { refuse(plugin, rule) };
    }
    let run = move |_: &Caller<'_>, _, message: &Message| {
        // SAFETY: not NULL, so writable.
        unsafe { to.write(message.bytes()) };
        Ok(())
    };
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, rule, handle, run) }
}

unsafe extern "C" fn reserve(
    plugin: *mut Plugin,
    handle: abi::Message,
    length: usize,
    to: *mut *mut u8,
) -> i32 {
    let rule = &rules::message::RESERVE;
    if to.is_null() {
        // SAFETY: the plugin passes its own pointer.
        return unsafe { refuse(plugin, rule) };
    }
    let run = move |_: &Caller<'_>, _, message: &Message| {
        let at = message.reserve(length)?;
        // SAFETY: not NULL, so writable.
        unsafe { to.write(at) };
        Ok(())
    };
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, rule, handle, run) }
}

unsafe extern "C" fn commit(plugin: *mut Plugin, handle: abi::Message, length: usize) -> i32 {
    let run = move |_: &Caller<'_>, _, message: &Message| message.commit(length);
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, &rules::message::COMMIT, handle, run) }
}

unsafe extern "C" fn edit(plugin: *mut Plugin, handle: abi::Message, to: *mut abi::Message) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::EDIT) }?;
        let to = out(to)?;
        let kernel = caller.kernel;
        let index = kernel.find_message(caller.domain, handle)?;
        let frame = kernel.frames.top().ok_or(status::E_STATE)?;
        if index != frame.filtering() || !frame.is_in(caller.instance.index()) {
            return Err(status::E_STATE);
        }
        let message = kernel.messages.at(index);
        let edited = if message.is_chains_own() {
            frame.note_edit();
            index
        } else {
            let copy = kernel.messages.copy(index, KERNEL, message.capacity())?;
            kernel.messages.at(copy).give_to_chain();
            if frame.replace_filtering(copy) {
                // Somebody keeps the first copy of this filter; the chain will never see it.
                kernel.unpin(Access::Kernel, index);
            }
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
    handle: abi::Message,
    to: *mut *mut u8,
    to_length: *mut usize,
) -> i32 {
    let rule = &rules::message::VIEW_MUT;
    if to.is_null() || to_length.is_null() {
        // SAFETY: the plugin passes its own pointer.
        return unsafe { refuse(plugin, rule) };
    }
    let run = move |_: &Caller<'_>, _, message: &Message| {
        let Bytes { data, length } = message.show()?;
        // SAFETY: not NULL, so writable.
        unsafe {
            to.write(data.cast_mut());
            to_length.write(length);
        }
        Ok(())
    };
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, rule, handle, run) }
}

unsafe extern "C" fn clear(plugin: *mut Plugin, handle: abi::Message) -> i32 {
    let run = move |_: &Caller<'_>, _, message: &Message| message.clear();
    // SAFETY: the plugin passes its own pointer.
    unsafe { on(plugin, &rules::message::CLEAR, handle, run) }
}

unsafe extern "C" fn clone(
    plugin: *mut Plugin,
    handle: abi::Message,
    capacity: usize,
    to: *mut abi::Message,
) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rules::message::CLONE) }?;
        let to = out(to)?;
        let kernel = caller.kernel;
        let locked = caller.lock();
        let index = kernel.find_message(caller.domain, handle)?;
        let from = kernel.messages.at(index);
        let length = from.length();
        let copy = kernel.acquire_message(&caller, capacity.max(length))?;
        let message = kernel.messages.at(copy);
        from.pin();
        message.pin();
        drop(locked);
        kernel.messages.copy_payload(index, copy);
        let locked = caller.lock();
        message.end_copy(length);
        kernel.unpin(access(&locked), copy);
        kernel.unpin(access(&locked), index);
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(kernel.messages.handle(copy)) };
        Ok(())
    })
}
