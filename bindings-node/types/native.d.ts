/** Bytes that can be passed in: any view of them, or all of a buffer. */
export type Data = ArrayBufferView | ArrayBuffer;
