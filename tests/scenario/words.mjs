// The words of the scenario that are not names: statuses, modes, bytes.
import { ChannelMode, Status } from "pintle";

/** The words of a line; a text keeps its quotes. */
export const split = (line) => line.match(/"[^"]*"|[^ ]+/g);

const nameIn = (constants, number) => Object.keys(constants).find((name) => constants[name] === number);

/** The word for a mode. */
export const ofMode = (mode) => nameIn(ChannelMode, mode);

/** The word for a status. */
export const ofStatus = (code) => nameIn(Status, code) ?? String(code);

/** The status that a word is for. */
export const toStatus = (word) => Status[word] ?? Number(word);

/** The bytes that a word is for. */
export function toBytes(word) {
    if (word.startsWith('"')) {
        return Buffer.from(word.slice(1, -1));
    }
    const [count, digits] = word.split("*");
    return digits ? Buffer.alloc(Number(count), digits, "hex") : Buffer.from(word, "hex");
}

/** The word for bytes. */
export function ofBytes(bytes) {
    const data = Buffer.from(bytes);
    if (data.length > 16 && data.every((byte) => byte === data[0])) {
        return `${data.length}*${data.toString("hex", 0, 1)}`;
    }
    const text = data.toString("latin1");
    return /^[ !#-~]*$/.test(text) ? `"${text}"` : data.toString("hex");
}
