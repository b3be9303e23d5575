/** Statuses: what every call to a plugin or host ends with. From 10000 on they are the plugins' own. */
export declare const Status: Readonly<{
    /** Done. */
    readonly OK: 0;
    /** A filter took the message. */
    readonly CONSUMED: 1;
    /** Not finished yet. */
    readonly PENDING: 2;
    /** An argument is not acceptable. */
    readonly E_ARGUMENT: 100;
    /** Not a handle that a host ever gave out. */
    readonly E_HANDLE: 101;
    /** The object is gone. */
    readonly E_STALE: 102;
    /** A handle of another kind of object. */
    readonly E_KIND: 103;
    /** A handle of another host. */
    readonly E_FOREIGN: 104;
    /** Not legal in the present state. */
    readonly E_STATE: 105;
    /** Not legal on this thread. */
    readonly E_WRONG_THREAD: 106;
    /** Only the owner may do this. */
    readonly E_NOT_OWNER: 107;
    /** Nested too deep, or called from inside a callback. */
    readonly E_REENTRANT: 108;
    /** A limit given at start is reached. */
    readonly E_CAPACITY: 109;
    /** A queue is full: try again later. */
    readonly E_AGAIN: 110;
    /** It has been stopped or closed. */
    readonly E_CLOSED: 111;
    /** The instance panicked or threw earlier. */
    readonly E_POISONED: 112;
    /** Nothing of that name, number or index. */
    readonly E_NOT_FOUND: 113;
    /** The other side does not offer this. */
    readonly E_UNSUPPORTED: 114;
    /** The plugin's descriptor does not ask for this. */
    readonly E_PERMISSION: 115;
    /** The message was passed on and cannot be written any more. */
    readonly E_SEALED: 116;
    /** Fewer bytes are left than were asked for. */
    readonly E_UNDERFLOW: 117;
    /** It exists already. */
    readonly E_EXISTS: 118;
    /** Cancelled, or the session has ended. */
    readonly E_CANCELLED: 119;
    /** A panic or exception was contained in a callback. */
    readonly E_PANIC: 120;
    /** It did not stop in its time. */
    readonly E_TIMEOUT: 121;
    /** The operating system refused. */
    readonly E_IO: 1000;
    /** There is no such file. */
    readonly E_NO_FILE: 1001;
    /** Not a shared library of this system. */
    readonly E_NOT_A_LIBRARY: 1002;
    /** The file is cut short. */
    readonly E_TRUNCATED: 1003;
    /** A shared library, but not a Pintle plugin. */
    readonly E_NO_ENTRY: 1004;
    /** The descriptor is damaged. */
    readonly E_DESCRIPTOR: 1005;
    /** Built for another major version of the ABI, or for a newer host. */
    readonly E_VERSION: 1006;
    /** Built for another processor. */
    readonly E_MACHINE: 1007;
    /** Built with other tables. */
    readonly E_LAYOUT: 1008;
    /** The system's loader refused the file. */
    readonly E_LINK: 1009;
    /** The descriptor in memory is not the one in the file. */
    readonly E_MISMATCH: 1010;
    /** A callback that the plugin must offer is absent. */
    readonly E_SLOT: 1011;
}>;
/** How a channel carries messages. */
export declare const ChannelMode: Readonly<{
    /** May be lost, and may overtake each other. */
    readonly UNRELIABLE: 0;
    /** May be lost, but never overtake each other. */
    readonly SEQUENCED: 1;
    /** Arrive, in order. */
    readonly RELIABLE: 2;
}>;
/** One of the modes of {@link ChannelMode}. */
export type ChannelMode = (typeof ChannelMode)[keyof typeof ChannelMode];
/** For {@link Limits.workers}: none; slow requests run in the loop. */
export declare const NO_WORKERS = 0;
