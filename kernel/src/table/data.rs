//! The `data` table.

use core::ffi::c_void;

use pintle_abi_core::rules::data as rule;
use pintle_abi_core::{DataApi, Plugin};

use crate::table::guard::{answer, enter, out};

pub(crate) static TABLE: DataApi = DataApi { size: size_of::<DataApi>() as u32, reserved: 0, set, get };

unsafe extern "C" fn set(plugin: *mut Plugin, data: *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::SET) }?;
        caller.instance.set_data(data);
        Ok(())
    })
}

unsafe extern "C" fn get(plugin: *mut Plugin, to: *mut *mut c_void) -> i32 {
    answer(|| {
        // SAFETY: the plugin passes its own pointer.
        let caller = unsafe { enter(plugin, &rule::GET) }?;
        let to = out(to)?;
        // SAFETY: an out-pointer is NULL, which was refused, or writable.
        unsafe { to.write(caller.instance.data()) };
        Ok(())
    })
}
