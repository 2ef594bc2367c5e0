/** Several named files as one message: the length of a JSON list of names and lengths, the list, the files. */

const lengthBytes = 4;

/** Puts files one after another. */
export function packFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const list = Buffer.from(JSON.stringify([...files].map(([name, { length }]) => [name, length])));
  const head = Buffer.alloc(lengthBytes);
  head.writeUInt32LE(list.length);
  return Buffer.concat([head, list, ...files.values()]);
}

/** The files of {@link packFiles}, as copies. */
export function unpackFiles(packed: Uint8Array): Map<string, Uint8Array> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const begin = lengthBytes + bytes.readUInt32LE();
  const list = JSON.parse(bytes.toString("utf8", lengthBytes, begin)) as [string, number][];
  let at = begin;
  return new Map(
    list.map(([name, length]) => {
      const file = new Uint8Array(bytes.subarray(at, at + length));
      at += length;
      return [name, file];
    }),
  );
}
