/** How much a line of the log matters. */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

/** A line of the log. */
export interface LogLine {
  level: LogLevel;
  /** The instance that wrote it; empty for the host itself. */
  plugin: string;
  /** The part of the plugin that it named; may be empty. */
  target: string;
  text: string;
}

const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug", "trace"];

/** @internal The level that a number of the contract stands for. */
export function levelOf(level: number): LogLevel {
  return LEVELS[level - 1] ?? "trace";
}

/** @internal What a host does with its log unless it is told: warnings and errors go to the console. */
export function writeToConsole({ level, plugin, target, text }: LogLine): void {
  if (level !== "error" && level !== "warn") return;
  const source = ["pintle", plugin, target].filter((part) => part !== "").join(".");
  console[level](`${source}: ${text}`);
}
