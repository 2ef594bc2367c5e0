/**
 * JSON with bytes behind it in one message, between the studio and its page: the JSON's length as a 32-bit number, little-endian,
 * 4 bytes of 0, the JSON in UTF-8 with spaces behind it up to a multiple of 8, so that numbers of any type may follow in place,
 * and the bytes.
 */

const headBytes = 8;
/** More is no head that these messages have. */
const mostJson = 2 ** 20;

/** What stands before the bytes. */
export function frameHead(head: unknown): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const bytes = new Uint8Array(headBytes + 8 * Math.ceil(json.length / 8)).fill(0x20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - headBytes, true);
  view.setUint32(4, 0, true);
  bytes.set(json, headBytes);
  return bytes;
}

/**
 * Takes a message apart; the bytes are a view.
 * @throws SyntaxError when it is none
 */
export function unframed(message: Uint8Array<ArrayBuffer>): { head: unknown; bytes: Uint8Array<ArrayBuffer> } {
  const { buffer, byteOffset, byteLength } = message;
  const length = byteLength < headBytes ? mostJson + 1 : new DataView(buffer, byteOffset).getUint32(0, true);
  if (length > mostJson || headBytes + length > byteLength) throw new SyntaxError("the message is not whole");
  const json = new TextDecoder("utf-8", { fatal: true }).decode(message.subarray(headBytes, headBytes + length));
  return { head: JSON.parse(json), bytes: message.subarray(headBytes + length) };
}
