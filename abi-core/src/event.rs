//! `pintle.event/1`, reserved: news that anybody may hear.
//!
//! No host offers it yet: `extension` answers `E_UNSUPPORTED`.

use core::ffi::{c_char, c_void};

use crate::{Bytes, Instance, Plugin, Text, Topic};

/// The id of [`EventApi`], for `extension`.
pub const EVENT_ID: &core::ffi::CStr = c"pintle.event/1";

/// Flag of [`TopicOptions`], when the queue is full: `publish` is refused with `E_AGAIN`. Not with another `TOPIC_DROP_` flag.
pub const TOPIC_REFUSE: u32 = 0;
/// Flag of [`TopicOptions`], when the queue is full: the oldest event of this topic that waits is dropped and counted.
pub const TOPIC_DROP_OLDEST: u32 = 1;
/// Flag of [`TopicOptions`], when the queue is full: the new event is dropped and counted, and `publish` is `OK`.
pub const TOPIC_DROP_NEWEST: u32 = 2;

/// Flag of `subscribe`: every topic whose name begins with the text, those too that are opened later.
pub const SUBSCRIBE_PREFIX: u32 = 1;

/// Topic of the host: a plugin. The subject is its instance, the text its name.
pub const EVENT_PLUGIN: &core::ffi::CStr = c"pintle.plugin";
/// Topic of the host: a socket. The subject is its handle, the text its address.
pub const EVENT_SOCKET: &core::ffi::CStr = c"pintle.socket";
/// Topic of the host: a session. The subject is its handle, the text its user.
pub const EVENT_SESSION: &core::ffi::CStr = c"pintle.session";
/// Topic of the host: a service. The subject is its plugin's instance, the number its id.
pub const EVENT_SERVICE: &core::ffi::CStr = c"pintle.service";
/// Topic of the host: a table as a whole; single keys are watched. The number is its version, the text its name.
pub const EVENT_TABLE: &core::ffi::CStr = c"pintle.table";
/// Topic of the host: settings. The subject is the instance, the text the names of those that changed.
pub const EVENT_SETTINGS: &core::ffi::CStr = c"pintle.settings";
/// Topic of the host: maintenance. The number is when it ends, in nanoseconds on the host's clock, or `NEVER`.
pub const EVENT_MAINTENANCE: &core::ffi::CStr = c"pintle.maintenance";
/// Topic of the host: a line of the log. The subject is who wrote it, the number its level, the text the line.
pub const EVENT_LOG: &core::ffi::CStr = c"pintle.log";
/// Topic of the host: a group of sessions. The subject is the session, the text the group's name.
pub const EVENT_GROUP: &core::ffi::CStr = c"pintle.group";

/// What has happened: it is there.
pub const HAPPENED_BEGUN: u32 = 1;
/// What has happened: it works now: a socket listens, a session's user is known, a session entered a group.
pub const HAPPENED_STARTED: u32 = 2;
/// What has happened: it is other than it was.
pub const HAPPENED_CHANGED: u32 = 3;
/// What has happened: it comes to rest: a plugin stops, a session left a group.
pub const HAPPENED_STOPPED: u32 = 4;
/// What has happened: it failed: a plugin was poisoned, settings were refused.
pub const HAPPENED_FAILED: u32 = 5;
/// What has happened: it is gone.
pub const HAPPENED_ENDED: u32 = 6;

/// The layout of [`HostEvent`], as `topic->layout`.
pub const LAYOUT_HOST_EVENT: u64 = 1;

/// The payload of every topic of the host: this struct, and the bytes of its text behind it. It has no pointer, so that it
/// can be queued, kept and sent.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HostEvent {
    /// Bytes of this struct, without the text.
    pub size: u32,
    /// One of the `HAPPENED_` constants.
    pub happened: u32,
    /// What it happened to: the bits of a handle, which may be stale by now; 0 if there is none.
    pub subject: u64,
    /// A number whose meaning is the topic's.
    pub number: u64,
    /// Bytes of UTF-8 behind this struct.
    pub text_length: u32,
    /// Zero.
    pub reserved: u32,
}

/// How a topic is opened. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TopicOptions {
    /// `sizeof` this struct; set by the caller.
    pub size: u32,
    /// One of the `TOPIC_` flags.
    pub flags: u32,
    /// Events of this topic that may wait; 0 for what the host allows.
    pub queue: u32,
    /// The largest payload, in bytes; 0 for what the host allows.
    pub payload_max: u32,
    /// A number of the author's for the payload's layout, so that a subscriber knows what it reads; 0: bytes.
    pub layout: u64,
    /// UTF-8, parts separated by `.`. Names that begin with `pintle.` are the host's. `[call]`
    pub name: Text,
}

/// Who listens, to be read in place before anything is made up for them. `[instance]`
#[repr(C)]
#[derive(Debug)]
pub struct Listeners {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// How many listen now; the host changes it at any time. One plain load on any thread: while it is 0, nothing need be
    /// published or called.
    pub count: u32,
}

/// One event. `[call]`
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct EventInfo {
    /// Bytes of this struct that the host fills.
    pub size: u32,
    /// Events of this topic that were dropped for this subscriber right before.
    pub lost: u32,
    /// The topic.
    pub topic: Topic,
    /// Who published it; zero for the host.
    pub publisher: Instance,
    /// When it was published, in nanoseconds on the host's clock.
    pub time: u64,
    /// Counts the events of this topic, from 1; those that were dropped too.
    pub sequence: u64,
    /// The layout that the topic was opened with.
    pub layout: u64,
    /// The topic's name. `[call]`
    pub name: Text,
    /// The payload, aligned to 8. `[call]`
    pub payload: Bytes,
}

/// Events: published under a topic, heard by every subscriber in a later turn. Nobody can alter or stop one; what can is a hook.
///
/// Events of one topic come in the order of their publication; each is told to its subscribers by priority, and to its
/// publisher too if it subscribed.
///
/// Errors common to all slots that take a topic: `E_HANDLE`, `E_STALE`, `E_KIND`, `E_FOREIGN`, and `E_NOT_OWNER`: another
/// instance opened it.
#[repr(C)]
pub struct EventApi {
    /// Bytes of this table that the host fills.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Opens a topic to publish under. `out_listeners` (may be NULL) receives where to read whether somebody listens
    /// `[instance]`. Several instances may open one name with the same options, each with a handle of its own.
    ///
    /// `E_ARGUMENT`: NULL, a size that is too small, unknown flags, or a name that is empty or not UTF-8. `E_LAYOUT`: another
    /// instance opened it with another layout; the text names it. `E_PERMISSION`: the name begins with `pintle.`.
    /// `E_EXISTS`: this instance has it open. `E_CAPACITY`: too many topics.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub open: unsafe extern "C" fn(
        plugin: *mut Plugin,
        options: *const TopicOptions,
        out: *mut Topic,
        out_listeners: *mut *const Listeners,
    ) -> i32,
    /// Closes a topic; what waits is still told.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub close: unsafe extern "C" fn(plugin: *mut Plugin, handle: Topic) -> i32,
    /// Publishes: the payload is copied to the queue. If nobody listens, nothing is done.
    ///
    /// `E_ARGUMENT`: NULL with a length that is not 0. `E_CAPACITY`: a payload too large. `E_AGAIN`: the queue is full, and the topic
    /// was opened with `TOPIC_REFUSE`.
    ///
    /// `[thread: any] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub publish:
        unsafe extern "C" fn(plugin: *mut Plugin, handle: Topic, payload: *const u8, length: usize) -> i32,
    /// Calls `run` for every event of a topic, or with `SUBSCRIBE_PREFIX` of all whose names begin with `name`; nobody need
    /// have opened it yet. One subscription of this instance for each name and kind.
    ///
    /// `E_ARGUMENT`: `run` is NULL, an unknown flag, or a name that is not UTF-8. `E_EXISTS`: subscribed already.
    /// `E_CAPACITY`: too many.
    ///
    /// `[thread: kernel] [state: running] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub subscribe: unsafe extern "C" fn(
        plugin: *mut Plugin,
        name: *const c_char,
        name_length: usize,
        flags: u32,
        run: Option<
            unsafe extern "C" fn(plugin: *mut Plugin, data: *mut c_void, info: *const EventInfo) -> i32,
        >,
        data: *mut c_void,
    ) -> i32,
    /// Ends a subscription: it is not called again, not for what waits either.
    ///
    /// `E_NOT_FOUND`: there is none of this name and kind.
    ///
    /// `[thread: kernel] [state: live] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub unsubscribe:
        unsafe extern "C" fn(plugin: *mut Plugin, name: *const c_char, name_length: usize, flags: u32) -> i32,
}
