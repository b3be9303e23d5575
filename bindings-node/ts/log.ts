/** The level of a line of the log. */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

/** A line of the log. */
export interface LogLine {
  level: LogLevel;
  /** The name of the instance that wrote the line; empty for the host itself. */
  plugin: string;
  /** The part of the plugin that the line names; may be empty. */
  target: string;
  text: string;
}

const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug", "trace"];

/** @internal The level that a number of the contract stands for. */
export function levelOf(level: number): LogLevel {
  return LEVELS[level - 1] ?? "trace";
}

/** @internal The default destination of a log: warnings and errors go to the console. */
export function writeToConsole({ level, plugin, target, text }: LogLine): void {
  if (level !== "error" && level !== "warn") return;
  const source = ["pintle", plugin, target].filter((part) => part !== "").join(".");
  console[level](`${source}: ${text}`);
}
