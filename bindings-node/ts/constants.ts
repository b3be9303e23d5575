/** Statuses: what every call to a plugin or host ends with. From 10000 on they are the plugins' own. */
export const Status = Object.freeze({
  /** Done. */
  OK: 0,
  /** A filter took the message. */
  CONSUMED: 1,
  /** Not finished yet. */
  PENDING: 2,
  /** An argument is not acceptable. */
  E_ARGUMENT: 100,
  /** Not a handle that a host ever gave out. */
  E_HANDLE: 101,
  /** The object is gone. */
  E_STALE: 102,
  /** A handle of another kind of object. */
  E_KIND: 103,
  /** A handle of another host. */
  E_FOREIGN: 104,
  /** Not legal in the present state. */
  E_STATE: 105,
  /** Not legal on this thread. */
  E_WRONG_THREAD: 106,
  /** Only the owner may do this. */
  E_NOT_OWNER: 107,
  /** Nested too deep, or called from inside a callback. */
  E_REENTRANT: 108,
  /** A limit given at start is reached. */
  E_CAPACITY: 109,
  /** A queue is full: try again later. */
  E_AGAIN: 110,
  /** It has been stopped or closed. */
  E_CLOSED: 111,
  /** The instance panicked or threw earlier. */
  E_POISONED: 112,
  /** Nothing of that name, number or index. */
  E_NOT_FOUND: 113,
  /** The other side does not offer this. */
  E_UNSUPPORTED: 114,
  /** The plugin's descriptor does not ask for this. */
  E_PERMISSION: 115,
  /** The message was passed on and cannot be written any more. */
  E_SEALED: 116,
  /** Fewer bytes are left than were asked for. */
  E_UNDERFLOW: 117,
  /** It exists already. */
  E_EXISTS: 118,
  /** Cancelled, or the session has ended. */
  E_CANCELLED: 119,
  /** A panic or exception was contained in a callback. */
  E_PANIC: 120,
  /** It did not stop in its time. */
  E_TIMEOUT: 121,
  /** The operating system refused. */
  E_IO: 1000,
  /** There is no such file. */
  E_NO_FILE: 1001,
  /** Not a shared library of this system. */
  E_NOT_A_LIBRARY: 1002,
  /** The file is cut short. */
  E_TRUNCATED: 1003,
  /** A shared library, but not a Pintle plugin. */
  E_NO_ENTRY: 1004,
  /** The descriptor is damaged. */
  E_DESCRIPTOR: 1005,
  /** Built for another major version of the ABI, or for a newer host. */
  E_VERSION: 1006,
  /** Built for another processor. */
  E_MACHINE: 1007,
  /** Built with other tables. */
  E_LAYOUT: 1008,
  /** The system's loader refused the file. */
  E_LINK: 1009,
  /** The descriptor in memory is not the one in the file. */
  E_MISMATCH: 1010,
  /** A callback that the plugin must offer is absent. */
  E_SLOT: 1011,
} as const);

/** How a channel carries messages. */
export const ChannelMode = Object.freeze({
  /** May be lost, and may overtake each other. */
  UNRELIABLE: 0,
  /** May be lost, but never overtake each other. */
  SEQUENCED: 1,
  /** Arrive, in order. */
  RELIABLE: 2,
} as const);

/** One of the modes of {@link ChannelMode}. */
export type ChannelMode = (typeof ChannelMode)[keyof typeof ChannelMode];

/** For {@link Limits.workers}: none; slow requests run in the loop. */
export const NO_WORKERS = 0;
