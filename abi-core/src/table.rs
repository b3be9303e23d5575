//! `pintle.table/1`, reserved: named tables of bytes under keys, which the host keeps.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use core::ffi::{c_char, c_void};

use crate::{Bytes, Instance, Plugin, Table, Text};

/// The id of [`TableApi`], for `extension`.
pub const TABLE_ID: &core::ffi::CStr = c"pintle.table/1";

/// Durability of a table: in memory; it is empty when the host starts.
pub const TABLE_MEMORY: u32 = 0;
/// Durability of a table: what was written outlives the process, not the machine.
pub const TABLE_OS: u32 = 1;
/// Durability of a table: what was written before a `sync` that succeeded outlives the machine.
pub const TABLE_DISK: u32 = 2;

/// Flag of [`TableOptions`]: make the table if there is none. Without it: `E_NOT_FOUND`.
pub const TABLE_CREATE: u32 = 1;
/// Flag of [`TableOptions`]: refuse a table that is there already, with `E_EXISTS`.
pub const TABLE_NEW: u32 = 2;
/// Flag of [`TableOptions`]: read only; the table of another plugin then needs no leave to write.
pub const TABLE_READ_ONLY: u32 = 4;

/// Instead of a version: whichever the key has, or none.
pub const VERSION_ANY: u64 = u64::MAX;
/// Instead of a version: the key must not be there.
pub const VERSION_NONE: u64 = 0;

/// Kind of a change: a key gets a value.
pub const CHANGE_WRITE: u32 = 1;
/// Kind of a change: a key goes.
pub const CHANGE_ERASE: u32 = 2;
/// Kind of a change: all keys go that begin with `key`; an empty one empties the table.
pub const CHANGE_ERASE_PREFIX: u32 = 3;

/// Flag of [`TableScan`]: from the last key to the first.
pub const SCAN_BACKWARD: u32 = 1;
/// Flag of [`TableScan`]: begin behind `from`, so that a scan goes on where the last one stopped.
pub const SCAN_AFTER: u32 = 2;
/// Flag of [`TableScan`]: keys and versions only; values are empty.
pub const SCAN_KEYS: u32 = 4;

/// How a table is opened. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableOptions {
    /// `sizeof` this struct; set by the caller.
    pub size: u32,
    /// `TABLE_CREATE`, `TABLE_NEW`, `TABLE_READ_ONLY`.
    pub flags: u32,
    /// `TABLE_MEMORY`, `TABLE_OS` or `TABLE_DISK`; of a table that is there, at most what it was made with.
    pub durability: u32,
    /// The largest value, in bytes; 0 for what the host allows.
    pub value_max: u32,
    /// The most bytes of keys and values that this plugin may have in it; 0 for what the host allows.
    pub quota_bytes: u64,
    /// The most keys that this plugin may have in it; 0 for what the host allows.
    pub quota_keys: u64,
    /// UTF-8, parts separated by `/`. Names below `sys/` are the host's: read only. `[call]`
    pub name: Text,
}

/// What a table holds now. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableInfo {
    /// `sizeof` this struct; set by the caller.
    pub size: u32,
    /// `TABLE_READ_ONLY`, or 0.
    pub flags: u32,
    /// One of `TABLE_MEMORY`, `TABLE_OS`, `TABLE_DISK`.
    pub durability: u32,
    /// The largest value, in bytes.
    pub value_max: u32,
    /// Keys.
    pub keys: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
    /// The most bytes that this plugin may have in it.
    pub quota_bytes: u64,
    /// The most keys that this plugin may have in it.
    pub quota_keys: u64,
    /// The version of the newest change: any later one has a larger number.
    pub version: u64,
}

/// One key with its value.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableEntry {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// The version that the key got when it was written last: never 0, and larger with every change of the table.
    pub version: u64,
    /// The key. `[until-next]`
    pub key: Bytes,
    /// The value, in place: nothing was copied. `[until-next]`
    pub value: Bytes,
}

/// One change: part of a batch, or what a watch tells.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableChange {
    /// Bytes of this struct, set by whoever fills it; in an array the same for all, and the distance of one to the next.
    pub size: u32,
    /// One of the `CHANGE_` constants.
    pub kind: u32,
    /// The table.
    pub table: Table,
    /// In a batch: the version that the key must have, `VERSION_ANY` or `VERSION_NONE`; `VERSION_ANY` for a prefix. In a
    /// watch: the version that the change has.
    pub version: u64,
    /// Who changed it; zero in a batch.
    pub author: Instance,
    /// The key, or the prefix. `[call]`
    pub key: Bytes,
    /// The value; empty unless it is written. `[call]`
    pub value: Bytes,
}

/// Which keys a scan visits. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TableScan {
    /// `sizeof` this struct; set by the caller.
    pub size: u32,
    /// `SCAN_` flags.
    pub flags: u32,
    /// The most entries that are visited; 0 for all.
    pub limit: u64,
    /// Only keys that begin with it; empty for all. `[call]`
    pub prefix: Bytes,
    /// The first key of the range, whether it is there or not; empty for the first of all, or of the prefix. `[call]`
    pub from: Bytes,
    /// The key before which the range ends; empty for no end. `[call]`
    pub to: Bytes,
}

/// Tables that the host keeps: bytes under keys, in the order of the keys' bytes.
///
/// A table belongs to the plugin that made it. Who else may read or write it the host's administrator says, for each plugin and
/// table; a quota that is used up is `E_CAPACITY` and a missing leave `E_PERMISSION`, both with a text that names table, plugin and
/// limit. Tables below `sys/` show the state of the server by the same verbs, and are read only.
///
/// Errors common to all slots that take a table: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, and `E_NOT_OWNER`: another
/// instance has opened it by this handle. While the host keeps its tables closed for maintenance: `E_AGAIN`.
#[repr(C)]
pub struct TableApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Opens a table, or makes it. An instance closes what it opened, at the latest when it ends.
    ///
    /// `E_ARGUMENT`: NULL, a size that is too small, an unknown flag or durability, or a name that is empty or not UTF-8.
    /// `E_NOT_FOUND`, `E_EXISTS`: as the flags say. `E_PERMISSION`: this plugin may not. `E_CAPACITY`: too many tables are open.
    /// `E_IO`: the operating system refused.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub open: unsafe extern "C" fn(plugin: *mut Plugin, options: *const TableOptions, out: *mut Table) -> i32,
    /// Closes a table; its watches of this instance end.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub close: unsafe extern "C" fn(plugin: *mut Plugin, handle: Table) -> i32,
    /// What a table holds and may hold.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub info: unsafe extern "C" fn(plugin: *mut Plugin, handle: Table, out: *mut TableInfo) -> i32,
    /// Shows the value of a key in place. The view is good until this instance calls the table again, or its crossing returns.
    ///
    /// `E_NOT_FOUND`: no such key.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub read: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        key: *const u8,
        key_length: usize,
        out: *mut TableEntry,
    ) -> i32,
    /// Copies the value of a key to `buffer`; `out_length` receives its length, `out_version` (may be NULL) its version.
    ///
    /// `E_NOT_FOUND`: no such key. `E_CAPACITY`: the buffer is shorter than the value; `out_length` says what it takes.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub copy: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        key: *const u8,
        key_length: usize,
        buffer: *mut u8,
        capacity: usize,
        out_length: *mut usize,
        out_version: *mut u64,
    ) -> i32,
    /// Writes the value of a key if it has the version `expected`; `out_version` (may be NULL) receives the new one. This is
    /// also the compare-and-set.
    ///
    /// `E_STATE`: the key has another version. `E_NOT_FOUND`, `E_EXISTS`: it is not there, or is, against `expected`.
    /// `E_CAPACITY`: the value is too large, or the quota is used up. `E_PERMISSION`. What a hook refused with.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub write: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        key: *const u8,
        key_length: usize,
        value: *const u8,
        value_length: usize,
        expected: u64,
        out_version: *mut u64,
    ) -> i32,
    /// Erases a key if it has the version `expected`.
    ///
    /// `E_NOT_FOUND`: no such key. `E_STATE`: it has another version. `E_PERMISSION`. What a hook refused with.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub erase: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        key: *const u8,
        key_length: usize,
        expected: u64,
    ) -> i32,
    /// Makes all of `count` changes, to one table or several, or none of them. They are made in order, and a later one sees
    /// what an earlier one did. Tables of one batch have the same durability.
    ///
    /// `out_failed` (may be NULL) receives the index of the change that was refused. `E_ARGUMENT`: NULL, an unknown kind,
    /// sizes that differ, or durabilities that do. Else as `write` and `erase`.
    ///
    /// `[thread: kernel|worker] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub batch: unsafe extern "C" fn(
        plugin: *mut Plugin,
        changes: *const TableChange,
        count: usize,
        out_failed: *mut usize,
    ) -> i32,
    /// Calls `run` for each entry of a range, in order. `CONSUMED` from `run` ends the scan, which is then `OK`; an error ends
    /// it and is the answer. To go on later, scan with `SCAN_AFTER` from the last key that was seen: that key is the cursor, and
    /// it holds however the table has changed. What is written during a scan is seen or not; what is erased is not.
    ///
    /// `E_ARGUMENT`: NULL, a size that is too small, or an unknown flag.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub scan: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        scan: *const TableScan,
        run: Option<
            unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, entry: *const TableEntry) -> i32,
        >,
        data: *mut c_void,
    ) -> i32,
    /// Calls `run`, from a later turn, for every change of a key that begins with `prefix`, whoever makes it; a batch's come
    /// together, in order. One watch of this instance for each table and prefix.
    ///
    /// `E_ARGUMENT`: `run` is NULL. `E_EXISTS`: watched already. `E_CAPACITY`: too many.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub watch: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        prefix: *const u8,
        prefix_length: usize,
        run: Option<
            unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, change: *const TableChange) -> i32,
        >,
        data: *mut c_void,
    ) -> i32,
    /// Ends a watch: it is not called again.
    ///
    /// `E_NOT_FOUND`: there is none of this prefix.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub unwatch: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        prefix: *const u8,
        prefix_length: usize,
    ) -> i32,
    /// Calls `run`, from a later turn, once everything that was written to the table before is as durable as the table is,
    /// with `OK` or with why it is not: `E_IO`.
    ///
    /// `E_ARGUMENT`: `run` is NULL. `E_AGAIN`: too many wait.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub sync: unsafe extern "C" fn(
        plugin: *mut Plugin,
        handle: Table,
        run: Option<unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, status: i32) -> i32>,
        data: *mut c_void,
    ) -> i32,
    /// Calls `run` for the name of every table that begins with `prefix` and that this plugin may read, in order.
    /// `CONSUMED` ends the list.
    ///
    /// `E_ARGUMENT`: `run` is NULL.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub list: unsafe extern "C" fn(
        plugin: *mut Plugin,
        prefix: *const c_char,
        prefix_length: usize,
        run: Option<
            unsafe extern "C" fn(
                plugin: *mut Plugin,
                data: *mut c_void,
                name: *const c_char,
                name_length: usize,
            ) -> i32,
        >,
        data: *mut c_void,
    ) -> i32,
}
