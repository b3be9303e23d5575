import { type Descriptor } from "./inspection.js";
import { Receipt } from "./receipt.js";
/** Options of loading a plugin. */
export interface LoadOptions {
    /** The name of the instance, unique in its host. Default: the plugin's id, with a number if another instance has it. */
    instance?: string;
    /** The configuration of the instance. */
    config?: string;
    /** Filters with a lower priority come first, equal ones in the order of loading. Default 0. */
    priority?: number;
}
/** Options of unloading a plugin. */
export interface UnloadOptions {
    /** How many milliseconds the plugin may take to stop. Default 5000. */
    timeout?: number;
}
/** An instance of a plugin. It is always represented by the same object. */
export declare class Plugin {
    #private;
    /** The handle of the instance. */
    readonly handle: bigint;
    /** The name of the instance in its host. */
    readonly name: string;
    /** The file that the plugin was loaded from, if it was loaded from one. */
    readonly path: string | undefined;
    /** The description that the plugin gives of itself. */
    readonly descriptor: Descriptor;
    private constructor();
    /** Asks the instance to stop and gives its receipt once it has. Throws a ClosedError if it has ended. */
    unload(options?: UnloadOptions): Promise<Receipt>;
    /** The receipt: so far while the instance is live, final once it has ended. */
    get receipt(): Receipt;
    /** Whether the instance has ended. */
    get closed(): boolean;
}
