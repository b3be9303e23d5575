import { Status } from "./constants.js";

/** Who defines a code: the kernel, the host, a dialect or a plugin. */
export type Origin = "kernel" | "host" | "dialect" | "plugin";

function originOf(code: number): Origin {
  if (code >= 10_000) return "plugin";
  if (code >= 2000) return "dialect";
  return code >= 1000 ? "host" : "kernel";
}

/** Whether a status is an error: 0 to 99 are none. */
export function isError(status: number): boolean {
  return status < 0 || status >= 100;
}

/** An error that a host, a plugin or a service returned. */
export class PintleError extends Error {
  /** The status: one of {@link Status}, or from 10000 on one that a plugin defines. */
  readonly code: number;
  /** The name of the status, such as `E_STALE`; empty for one that a plugin defines. */
  readonly status: string;
  /** The name of the instance that the error is about, if it is about one. */
  readonly plugin: string | undefined;

  constructor(code: number, text: string, plugin?: string) {
    super(plugin === undefined ? text : `${plugin}: ${text}`);
    this.code = code;
    this.status = statusName(code);
    this.plugin = plugin;
  }

  /** Who defines the code. */
  get origin(): Origin {
    return originOf(this.code);
  }

  override get name(): string {
    return this.constructor.name;
  }
}

/** An argument is invalid. */
export class ArgumentError extends PintleError {}
/** A handle that no object of this host ever had, or one of another kind. */
export class HandleError extends PintleError {}
/** The object has ended. */
export class StaleError extends PintleError {}
/** The call is not possible in the present state of the object. */
export class StateError extends PintleError {}
/** The call was made on another thread than the host's. */
export class WrongThreadError extends PintleError {}
/** Only the owner may do this. */
export class NotOwnerError extends PintleError {}
/** Nested too deep, or called from inside a callback. */
export class ReentrantError extends PintleError {}
/** A limit given at start is reached. */
export class CapacityError extends PintleError {}
/** A queue is full: try again later. */
export class AgainError extends PintleError {}
/** The object was closed or stopped. */
export class ClosedError extends PintleError {}
/** The instance panicked or threw earlier and takes no more calls. */
export class PoisonedError extends PintleError {}
/** There is nothing of that name, number or index. */
export class NotFoundError extends PintleError {}
/** The host or the plugin does not have this feature. */
export class UnsupportedError extends PintleError {}
/** The plugin's descriptor does not ask for this. */
export class PermissionDeniedError extends PintleError {}
/** The request was cancelled, or its session has ended. */
export class CancelledError extends PintleError {}
/** The wait took longer than its timeout. */
export class TimeoutError extends PintleError {}
/** The operating system returned an error. */
export class IoError extends PintleError {}
/** A file that is not a plugin for this host. */
export class LoadError extends PintleError {
  /** The file. */
  path = "";
}
/** A service answered a request with an exception, whose code and text these are. */
export class ServiceError extends PintleError {}
/** A plugin returned a status of its own. */
export class PluginError extends PintleError {}

type ErrorClass = new (code: number, text: string, plugin?: string) => PintleError;

const FAMILIES: readonly (readonly [ErrorClass, ...number[]])[] = [
  [ArgumentError, Status.E_ARGUMENT],
  [HandleError, Status.E_HANDLE, Status.E_KIND, Status.E_FOREIGN],
  [StaleError, Status.E_STALE],
  [StateError, Status.E_STATE, Status.E_SEALED, Status.E_EXISTS],
  [WrongThreadError, Status.E_WRONG_THREAD],
  [NotOwnerError, Status.E_NOT_OWNER],
  [ReentrantError, Status.E_REENTRANT],
  [CapacityError, Status.E_CAPACITY],
  [AgainError, Status.E_AGAIN],
  [ClosedError, Status.E_CLOSED],
  [PoisonedError, Status.E_POISONED, Status.E_PANIC],
  [NotFoundError, Status.E_NOT_FOUND, Status.E_UNDERFLOW],
  [UnsupportedError, Status.E_UNSUPPORTED],
  [PermissionDeniedError, Status.E_PERMISSION],
  [CancelledError, Status.E_CANCELLED],
  [TimeoutError, Status.E_TIMEOUT],
  [IoError, Status.E_IO],
];

const CLASSES = new Map<number, ErrorClass>(
  FAMILIES.flatMap(([errorClass, ...codes]) => codes.map((code) => [code, errorClass] as const)),
);

const NAMES = new Map<number, string>(Object.entries(Status).map(([name, code]) => [code, name]));

function statusName(code: number): string {
  return NAMES.get(code) ?? "";
}

/** @internal The error that stands for a status. */
export function errorOf(code: number, text: string, plugin?: string): PintleError {
  const isOfLoading = code >= Status.E_NO_FILE && code <= Status.E_SLOT;
  const errorClass = CLASSES.get(code) ?? (isOfLoading ? LoadError : PluginError);
  return new errorClass(code, text, plugin);
}

/** @internal The error that a call on a closed object throws. */
export function closed(what: string): ClosedError {
  return new ClosedError(Status.E_CLOSED, `${what} is closed`);
}
