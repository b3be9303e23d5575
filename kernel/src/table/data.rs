//! The `data` table.

use core::ffi::c_void;

use pintle_abi_core::DataApi;

use crate::base::answer::Answer;
use crate::dispatch::caller::Caller;
use crate::table::guard::{out, table};

table! {
    DataApi, data:
    set(data: *mut c_void) = SET;
    get(to: *mut *mut c_void) = GET;
}

fn set(caller: &Caller<'_>, data: *mut c_void) -> Answer {
    caller.instance.set_data(data);
    Ok(())
}

fn get(caller: &Caller<'_>, to: *mut *mut c_void) -> Answer {
    let to = out(to)?;
    to.write(caller.instance.data());
    Ok(())
}
