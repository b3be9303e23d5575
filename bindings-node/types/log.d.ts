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
