//! The `message` table.

mod access;

use pintle_abi_core as abi;
use pintle_abi_core::{Bytes, MessageApi, Plugin, rules, status};

use crate::base::answer::Answer;
use crate::base::domain::KERNEL;
use crate::dispatch::caller::Caller;
use crate::dispatch::message::access;
use crate::object::message::{Access, Message};
use crate::table::guard::{Out, answer, enter, enter_quick, out, slots};
use crate::table::message::access::{Copying, Found, quick, refuse, slots_of_one};

pub(crate) static TABLE: MessageApi = {
    slots! {
        message:
        edit(handle: abi::Message, to: *mut abi::Message) = EDIT;
        clone(handle: abi::Message, capacity: usize, to: *mut abi::Message) = CLONE;
    }
    slots_of_one! {
        retain() = RETAIN;
        rewind() = REWIND;
        length(to: *mut usize) = LENGTH;
        view(to: *mut Bytes) = VIEW;
        reserve(length: usize, to: *mut *mut u8) = RESERVE;
        commit(length: usize) = COMMIT;
        view_mut(to: *mut *mut u8, to_length: *mut usize) = VIEW_MUT;
        clear() = CLEAR;
    }
    MessageApi {
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
    }
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
        let worker = caller.worker();
        let _locked = caller.lock();
        let index = caller.kernel.acquire_message(&caller, worker, capacity)?;
        to.write(caller.kernel.messages.handle(index));
        Ok(())
    })
}

fn retain(found: &Found<'_>) -> Answer {
    found.caller.kernel.messages.keep(found.caller.instance, found.index)
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
        kernel.give_back(caller.instance, message)
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

fn rewind(found: &Found<'_>) -> Answer {
    found.message.rewind();
    Ok(())
}

fn length(found: &Found<'_>, to: Out<usize>) -> Answer {
    to.write(found.message.length());
    Ok(())
}

fn view(found: &Found<'_>, to: Out<Bytes>) -> Answer {
    to.write(found.message.bytes());
    Ok(())
}

fn reserve(found: &Found<'_>, length: usize, to: Out<*mut u8>) -> Answer {
    to.write(found.message.reserve(length)?);
    Ok(())
}

fn commit(found: &Found<'_>, length: usize) -> Answer {
    found.message.commit(length)
}

fn edit(caller: &Caller<'_>, handle: abi::Message, to: *mut abi::Message) -> Answer {
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
            // The message is a copy that this filter has made before, and somebody holds a reference to it. The
            // chain will only see the new copy, so the pin on the old one goes.
            kernel.unpin(Access::Kernel, index);
        }
        copy
    };
    kernel.messages.at(edited).unseal();
    to.write(kernel.messages.handle(edited));
    Ok(())
}

fn view_mut(found: &Found<'_>, to: Out<*mut u8>, to_length: Out<usize>) -> Answer {
    let Bytes { data, length } = found.message.show()?;
    to.write(data.cast_mut());
    to_length.write(length);
    Ok(())
}

fn clear(found: &Found<'_>) -> Answer {
    found.message.clear()
}

fn clone(caller: &Caller<'_>, handle: abi::Message, capacity: usize, to: *mut abi::Message) -> Answer {
    let to = out(to)?;
    let kernel = caller.kernel;
    let worker = caller.worker();
    let locked = caller.lock();
    let index = kernel.find_message(caller.domain, handle)?;
    let from = kernel.messages.at(index);
    let length = from.length();
    let copy = kernel.acquire_message(caller, worker, capacity.max(length))?;
    let message = kernel.messages.at(copy);
    from.pin();
    message.pin();
    drop(locked);
    kernel.messages.copy_payload(index, copy);
    let locked = caller.lock();
    message.end_copy(length);
    kernel.unpin(access(&locked), copy);
    kernel.unpin(access(&locked), index);
    to.write(kernel.messages.handle(copy));
    Ok(())
}
