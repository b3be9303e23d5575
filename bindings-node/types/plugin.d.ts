import { type Descriptor } from "./inspection.js";
import { Receipt } from "./receipt.js";
/** How one plugin is loaded. */
export interface LoadOptions {
    /** The instance's name, unique in its host. Default: the plugin's id, with a number if it is taken. */
    instance?: string;
    /** What the plugin gets as its configuration. */
    config?: string;
    /** Lower comes first among the filters; equal ones in the order of loading. Default 0. */
    priority?: number;
}
/** How a plugin is unloaded. */
export interface UnloadOptions {
    /** How many milliseconds it may take. Default 5000. */
    timeout?: number;
}
/** An instance of a plugin. The same one is always the same object. */
export declare class Plugin {
    #private;
    /** Its handle. */
    readonly handle: bigint;
    /** Its name in its host. */
    readonly name: string;
    /** The file that it was loaded from, if it was. */
    readonly path: string | undefined;
    /** What it says of itself. */
    readonly descriptor: Descriptor;
    private constructor();
    /** Ends it: it is asked to stop, and what it left behind is told. One that has ended is a ClosedError. */
    unload(options?: UnloadOptions): Promise<Receipt>;
    /** What it did: so far, while it is live, and for good once it has ended. */
    get receipt(): Receipt;
    /** Whether it has ended. */
    get closed(): boolean;
}
