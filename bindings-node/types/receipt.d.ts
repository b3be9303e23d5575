/** What a plugin did in its life and left behind. */
export declare class Receipt {
    #private;
    /** How it ended: `live` if it has not; `forced` if it did not stop in its time; `abandoned` if one of its calls runs on. */
    readonly outcome: "live" | "stopped" | "forced" | "abandoned";
    /** Whether it panicked or threw. */
    readonly poisoned: boolean;
    /** What became of its image. */
    readonly image: "static" | "unmapped" | "resident";
    /** Callbacks, tasks, timers and watches that were run. */
    readonly calls: number;
    /** What it left behind and was cleaned up for it, by kind; empty if it gave everything back. */
    readonly left: Readonly<Record<string, number>>;
    /** Why its image stayed, or why it was abandoned; empty if neither is so. */
    readonly reason: string;
    /** Whether it stopped in time and gave everything back. */
    readonly clean: boolean;
    /** All of it in one sentence. */
    toString(): string;
}
