import { addon } from "./native.js";

/** What a setting can be. Both ends of a range belong to it. */
export type SettingType =
  | { type: "bool"; default: boolean | null }
  | { type: "int" | "number"; least: number | null; most: number | null; default: number | null }
  | { type: "text"; default: string | null }
  | { /** One of the words. */ type: "choice"; words: string[]; default: string | null }
  | { type: "texts"; default: string[] | null }
  | { /** A type that this host does not know; the rest of its line is the description. */ type: "unknown"; word: string };

/** One setting that a plugin declares; a default of null: the plugin decides. */
export type Setting = SettingType & {
  /** Its name, by which a configuration sets it. */
  name: string;
  /** Whether a configuration must set it. */
  required: boolean;
  /** One sentence. */
  description: string;
};

/** What a plugin says of itself. */
export interface Descriptor {
  /** A reverse URI that names the plugin for ever. */
  id: string;
  /** A name for people. */
  name: string;
  /** The plugin's own version. */
  version: string;
  /** Who made it. */
  vendor: string;
  /** One sentence. */
  description: string;
  /** An SPDX expression. */
  licence: string;
  /** Where to read more. */
  url: string;
  /** The major version of the ABI that it was built for. */
  abiMajor: number;
  /** The newest minor version of the ABI that it knows. */
  abiMinor: number;
  /** The least minor version of a host that it can do with. */
  abiMinorLeast: number;
  /** Size of a pointer, in bytes. */
  pointerWidth: number;
  /** Whether it was built for a little-endian processor. */
  littleEndian: boolean;
  /** The layout of its tables. */
  fingerprint: bigint;
  /** What it promises and asks for, such as `UNLOAD_SAFE`. */
  flags: string[];
  /** Interfaces that it cannot do without. */
  needs: string[];
  /** Interfaces that it offers. */
  offers: string[];
  /** Service ids that it may declare. */
  services: number[];
  /** What the configuration of an instance may set. */
  settings: Setting[];
}

/** What the headers of a library say. */
export interface Report {
  /** The processor that it was built for. */
  machine: string;
  /** The callbacks that it offers; null if they are only filled in when it runs. */
  callbacks: string[] | null;
  /** The symbols that it exports. */
  exports: string[];
  /** The symbols that it needs from others. */
  imports: string[];
  /** The libraries that it needs. */
  libraries: string[];
  /** Where it looks for them, if it says so itself. */
  searchPath: string | null;
  /** Symbols that are unique in the process, which pins the library. */
  uniqueSymbols: string[];
  /** Whether it registers destructors of thread-local variables. */
  threadDestructors: boolean;
  /** How many functions run when it is loaded, before any check of Pintle's. */
  constructors: number;
  /** Whether it asks for an executable stack. */
  executableStack: boolean;
  /** Whether it was linked so that it is never unmapped. */
  neverUnmapped: boolean;
}

/** A rule, and what to do if it is in the way. */
export interface Finding {
  /** What is so. */
  rule: string;
  /** What a person can do about it. */
  cure: string;
}

/** Everything that a file tells without being run. */
export type Inspection = {
  /** The file, as it was named. */
  path: string;
  /** What it says of itself, if that can be read. */
  descriptor: Descriptor | null;
  /** What its headers say, if they can be read. */
  report: Report | null;
} & (
  | { /** It loads, and can be unmapped when its last instance is gone. */ verdict: "loads" }
  | { /** It loads, and stays mapped until the process ends. */ verdict: "resident"; reasons: Finding[] }
  | ({ /** It does not load. */ verdict: "refused"; /** The status that loading answers with. */ code: number } & Finding)
);

/** Says what would become of a file that is loaded. Nothing of it is mapped or run. */
export function inspect(file: string): Inspection {
  return camelCase(addon.inspect(file)) as Inspection;
}

/** @internal Gives the names that Rust has the form that JavaScript's have. */
export function camelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camelCase(member),
    ]),
  );
}
