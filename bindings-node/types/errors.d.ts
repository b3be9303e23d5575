/** Who defines a code: the kernel, the host, a dialect or a plugin. */
export type Origin = "kernel" | "host" | "dialect" | "plugin";
/** Whether a status is an error: 0 to 99 are none. */
export declare function isError(status: number): boolean;
/** An error that a host, a plugin or a service returned. */
export declare class PintleError extends Error {
    /** The status: one of {@link Status}, or from 10000 on one that a plugin defines. */
    readonly code: number;
    /** The name of the status, such as `E_STALE`; empty for one that a plugin defines. */
    readonly status: string;
    /** The name of the instance that the error is about, if it is about one. */
    readonly plugin: string | undefined;
    constructor(code: number, text: string, plugin?: string);
    /** Who defines the code. */
    get origin(): Origin;
    get name(): string;
}
/** An argument is invalid. */
export declare class ArgumentError extends PintleError {
}
/** A handle that no object of this host ever had, or one of another kind. */
export declare class HandleError extends PintleError {
}
/** The object has ended. */
export declare class StaleError extends PintleError {
}
/** The call is not possible in the present state of the object. */
export declare class StateError extends PintleError {
}
/** The call was made on another thread than the host's. */
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
/** The object was closed or stopped. */
export declare class ClosedError extends PintleError {
}
/** The instance panicked or threw earlier and takes no more calls. */
export declare class PoisonedError extends PintleError {
}
/** There is nothing of that name, number or index. */
export declare class NotFoundError extends PintleError {
}
/** The host or the plugin does not have this feature. */
export declare class UnsupportedError extends PintleError {
}
/** The plugin's descriptor does not ask for this. */
export declare class PermissionDeniedError extends PintleError {
}
/** The request was cancelled, or its session has ended. */
export declare class CancelledError extends PintleError {
}
/** The wait took longer than its timeout. */
export declare class TimeoutError extends PintleError {
}
/** The operating system returned an error. */
export declare class IoError extends PintleError {
}
/** A file that is not a plugin for this host. */
export declare class LoadError extends PintleError {
    /** The file. */
    path: string;
}
/** A service answered a request with an exception, whose code and text these are. */
export declare class ServiceError extends PintleError {
}
/** A plugin returned a status of its own. */
export declare class PluginError extends PintleError {
}
