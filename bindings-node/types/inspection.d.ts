/** The type of a setting. A range includes both its ends. */
export type SettingType = {
    type: "bool";
    default: boolean | null;
} | {
    type: "int" | "number";
    least: number | null;
    most: number | null;
    default: number | null;
} | {
    type: "text";
    default: string | null;
} | {
    type: "choice";
    words: string[];
    default: string | null;
} | {
    type: "texts";
    default: string[] | null;
} | {
    type: "unknown";
    word: string;
};
/** One setting that a plugin declares. If its default is null, the plugin decides. */
export type Setting = SettingType & {
    /** The name of the setting in a configuration. */
    name: string;
    /** Whether a configuration must have the setting. */
    required: boolean;
    /** One sentence. */
    description: string;
};
/** The description that a plugin gives of itself. */
export interface Descriptor {
    /** The id of the plugin, in reverse domain notation. It never changes. */
    id: string;
    /** A name for people. */
    name: string;
    /** The plugin's own version. */
    version: string;
    /** The maker of the plugin. */
    vendor: string;
    /** One sentence. */
    description: string;
    /** An SPDX expression. */
    licence: string;
    /** The address of a page about the plugin. */
    url: string;
    /** The major version of the ABI that the plugin was built for. */
    abiMajor: number;
    /** The newest minor version of the ABI that the plugin knows. */
    abiMinor: number;
    /** The least minor version of the ABI that its host must have. */
    abiMinorLeast: number;
    /** The size of a pointer in bytes. */
    pointerWidth: number;
    /** Whether it was built for a little-endian processor. */
    littleEndian: boolean;
    /** The layout of its tables. */
    fingerprint: bigint;
    /** The names of the flags that the plugin sets, such as `UNLOAD_SAFE`. */
    flags: string[];
    /** Ids of the interfaces without which the plugin cannot run. */
    needs: string[];
    /** Ids of the interfaces that the plugin offers to others. */
    offers: string[];
    /** Numbers of the services that the plugin may declare. */
    services: number[];
    /** The settings that the configuration of an instance may have. */
    settings: Setting[];
}
/** What the headers of a library say. */
export interface Report {
    /** The processor that the library was built for. */
    machine: string;
    /** The callbacks that the plugin has; null if it fills them in only when it runs. */
    callbacks: string[] | null;
    /** The symbols that the library exports. */
    exports: string[];
    /** The symbols that the library needs from others. */
    imports: string[];
    /** The libraries that this one needs. */
    libraries: string[];
    /** The folders in which it looks for them, if it names any. */
    searchPath: string | null;
    /** Symbols that are unique in the process, which pins the library. */
    uniqueSymbols: string[];
    /** Whether the library registers destructors of thread-local variables. */
    threadDestructors: boolean;
    /** How many functions run when it is loaded, before any check of Pintle's. */
    constructors: number;
    /** Whether the library asks for an executable stack. */
    executableStack: boolean;
    /** The bytes of thread-local storage that the library needs in the part that is set aside when a process starts; 0 for none. */
    staticTls: number;
    /** Whether the library was linked so that it is never unmapped. */
    neverUnmapped: boolean;
}
/** One reason why a file is refused or stays mapped, and its cure. */
export interface Finding {
    /** The reason. */
    rule: string;
    /** What a person can do about it. */
    cure: string;
}
/** What can be read from a file without running its code. */
export type Inspection = {
    /** The path that was given. */
    path: string;
    /** The description that the plugin gives of itself, if it can be read. */
    descriptor: Descriptor | null;
    /** What the headers of the file say, if they can be read. */
    report: Report | null;
} & ({
    verdict: "loads";
} | {
    verdict: "resident";
    reasons: Finding[];
} | ({
    verdict: "refused"; /** The status that loading the file would return. */
    code: number;
} & Finding));
/** Says whether a file would be loaded, and why not if it would not. It is neither mapped nor run. */
export declare function inspect(file: string): Inspection;
