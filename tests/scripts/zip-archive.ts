/**
 * Writes small zip archives for the tests of the zip reader, byte by byte, so that every field can be wrong.
 */
import { deflateRawSync } from "node:zlib";

/** One entry; the optional fields override what the writer would put there. */
export interface ZipEntry {
  name: string;
  content: Buffer;
  deflate?: boolean;
  crc?: number;
  size?: number;
  method?: number;
  flags?: number;
  zip64?: boolean;
}

/** CRC-32 by its definition, bit by bit. */
function slowCrc(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function record(fields: [size: 2 | 4 | 8, value: number][]): Buffer {
  return Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      if (size === 8) bytes.writeBigUInt64LE(BigInt(value));
      else bytes.writeUIntLE(value, 0, size);
      return bytes;
    }),
  );
}

/** The fields that local and central headers share. */
function shared(entry: ZipEntry, data: Buffer, extraLength: number): [2 | 4 | 8, number][] {
  const size = entry.size ?? entry.content.length;
  const tooBig = entry.zip64 === true;
  return [
    [2, 45],
    [2, entry.flags ?? 0],
    [2, entry.method ?? (entry.deflate === true ? 8 : 0)],
    [4, 0],
    [4, entry.crc ?? slowCrc(entry.content)],
    [4, tooBig ? 0xffffffff : data.length],
    [4, tooBig ? 0xffffffff : size],
    [2, Buffer.byteLength(entry.name)],
    [2, extraLength],
  ];
}

/** A whole archive; zip64 records are written when an entry asks for them. */
export function zipArchive(entries: ZipEntry[], comment = ""): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const data = entry.deflate === true ? deflateRawSync(entry.content) : entry.content;
    const name = Buffer.from(entry.name);
    const extra = entry.zip64
      ? record([
          [2, 1],
          [2, 16],
          [8, entry.content.length],
          [8, data.length],
        ])
      : Buffer.alloc(0);
    // A local extra field of another length than the directory's, as real archives have.
    const padding = Buffer.from([0xfe, 0xca, 1, 0, 0]);
    const local = Buffer.concat([
      record([[4, 0x04034b50], ...shared(entry, data, padding.length)]),
      name,
      padding,
      data,
    ]);
    const tail: [2 | 4, number][] = [
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ];
    central.push(record([[4, 0x02014b50], [2, 45], ...shared(entry, data, extra.length), ...tail]), name, extra);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const wide = entries.some((entry) => entry.zip64);
  const end64: [2 | 4 | 8, number][] = [
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, entries.length],
    [8, entries.length],
    [8, directory.length],
    [8, offset],
  ];
  const locator: [2 | 4 | 8, number][] = [
    [4, 0x07064b50],
    [4, 0],
    [8, offset + directory.length],
    [4, 1],
  ];
  const end = record([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, wide ? 0xffff : entries.length],
    [2, wide ? 0xffff : entries.length],
    [4, wide ? 0xffffffff : directory.length],
    [4, wide ? 0xffffffff : offset],
    [2, comment.length],
  ]);
  return Buffer.concat([
    ...locals,
    directory,
    ...(wide ? [record(end64), record(locator)] : []),
    end,
    Buffer.from(comment),
  ]);
}
