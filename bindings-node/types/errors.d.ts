/** Whose a code is: the kernel's, the host's, a dialect's, or a plugin's own. */
export type Origin = "kernel" | "host" | "dialect" | "plugin";
/** Whether a status is an error: 0 to 99 are none. */
export declare function isError(status: number): boolean;
/** Anything that a host, or a plugin in it, answers other than "done". */
export declare class PintleError extends Error {
    /** The status, see {@link Status}; or a plugin's own, from 10000 on. */
    readonly code: number;
    /** The name of the status, such as `E_STALE`; empty for a plugin's own. */
    readonly status: string;
    /** The name of the instance that it is about, if it is about one. */
    readonly plugin: string | undefined;
    constructor(code: number, text: string, plugin?: string);
    /** Whose the code is. */
    get origin(): Origin;
    get name(): string;
}
/** An argument is not acceptable. */
export declare class ArgumentError extends PintleError {
}
/** A handle that no object of this host ever had, or one of another kind. */
export declare class HandleError extends PintleError {
}
/** The object is gone. */
export declare class StaleError extends PintleError {
}
/** Not legal in the present state. */
export declare class StateError extends PintleError {
}
/** Called on another thread than the host's. */
export declare class WrongThreadError extends PintleError {
}
/** Only the owner may do this. */
export declare class NotOwnerError extends PintleError {
}
/** Nested too deep, or called from inside a callback. */
export declare class ReentrantError extends PintleError {
}
/** A limit given at start is reached. */
export declare class CapacityError extends PintleError {
}
/** A queue is full: try again later. */
export declare class AgainError extends PintleError {
}
/** It is closed, or has been stopped. */
export declare class ClosedError extends PintleError {
}
/** The instance panicked or threw earlier and takes no more calls. */
export declare class PoisonedError extends PintleError {
}
/** Nothing of that name, number or index. */
export declare class NotFoundError extends PintleError {
}
/** The other side does not offer this. */
export declare class UnsupportedError extends PintleError {
}
/** The plugin's descriptor does not ask for this. */
export declare class PermissionDeniedError extends PintleError {
}
/** Cancelled, or the session has ended. */
export declare class CancelledError extends PintleError {
}
/** It was not done in its time. */
export declare class TimeoutError extends PintleError {
}
/** The operating system refused. */
export declare class IoError extends PintleError {
}
/** A file that is not a plugin for this host. */
export declare class LoadError extends PintleError {
    /** The file. */
    path: string;
}
/** A service answered a request with an exception: code and text are the service's. */
export declare class ServiceError extends PintleError {
}
/** A status of a plugin's own. */
export declare class PluginError extends PintleError {
}
