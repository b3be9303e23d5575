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
