/** A TIFF of any tags, byte order and size of places, with one uncompressed strip; shares no code with the readers. */

const typeBytes = { byte: 1, short: 2, long: 4, long8: 8 } as const;
const typeNumbers = { byte: 1, short: 3, long: 4, long8: 16 } as const;

type Tag = readonly [type: keyof typeof typeBytes, values: readonly number[]];

export interface TiffOptions {
  /** Big-endian, as Motorola wrote. */
  readonly motorola?: boolean;
  /** 64-bit places. */
  readonly big?: boolean;
  readonly bits?: 1 | 2 | 4 | 8 | 16;
  readonly channels?: number;
  /** PhotometricInterpretation; black is zero unless given. */
  readonly photometric?: number;
  /** Further tags by number, or others in place of the usual ones. */
  readonly tags?: Readonly<Record<number, Tag>>;
}

/** Samples packed into rows that begin at a byte. */
function packed(samples: ArrayLike<number>, rowSamples: number, bits: number, motorola: boolean): Buffer {
  const rowBytes = Math.ceil((rowSamples * bits) / 8);
  const data = Buffer.alloc(rowBytes * (samples.length / rowSamples));
  for (let i = 0; i < samples.length; i++) {
    const start = rowBytes * Math.floor(i / rowSamples);
    const bit = bits * (i % rowSamples);
    if (bits === 16 && motorola) data.writeUInt16BE(samples[i], start + bit / 8);
    else if (bits === 16) data.writeUInt16LE(samples[i], start + bit / 8);
    else data[start + Math.floor(bit / 8)] |= samples[i] << (8 - bits - (bit % 8));
  }
  return data;
}

/** A colour table as TIFF has it, all reds first, of 16 bits each. */
export function colourMap(bits: number, colourOf: (index: number) => readonly number[]): Tag {
  const entries = Array.from({ length: 2 ** bits }, (_, index) => colourOf(index));
  return ["short", [0, 1, 2].flatMap((channel) => entries.map((colour) => 257 * (colour[channel] ?? 0)))];
}

/** A TIFF of interleaved samples `[H, W, C]`. */
export function tiffFile(width: number, height: number, samples: ArrayLike<number>, options: TiffOptions = {}): Buffer {
  const { motorola = false, big = false, bits = 8, channels = 1, photometric = channels < 3 ? 1 : 2 } = options;
  const head = big ? 16 : 8;
  const place = big ? 8 : 4;
  const strip = packed(samples, width * channels, bits, motorola);
  const data = Buffer.concat([strip, Buffer.alloc(strip.length % 2)]);
  const tags: Record<number, Tag> = {
    256: ["long", [width]],
    257: ["long", [height]],
    258: ["short", Array.from({ length: channels }, () => bits)],
    259: ["short", [1]],
    262: ["short", [photometric]],
    273: ["long", [head]],
    277: ["short", [channels]],
    278: ["long", [height]],
    279: ["long", [strip.length]],
    ...options.tags,
  };
  const write = (target: Buffer, size: number, value: number, at: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    const ordered = bytes.subarray(0, size);
    if (motorola) ordered.reverse();
    ordered.copy(target, at);
  };
  const pieces = [data];
  let end = head + data.length;
  const append = (piece: Buffer) => {
    const even = Buffer.concat([piece, Buffer.alloc(piece.length % 2)]);
    pieces.push(even);
    end += even.length;
    return end - even.length;
  };
  const entries = Object.entries(tags).map(([tag, [type, values]]) => {
    const entry = Buffer.alloc(big ? 20 : 12);
    write(entry, 2, Number(tag), 0);
    write(entry, 2, typeNumbers[type], 2);
    write(entry, place, values.length, 4);
    const content = Buffer.alloc(values.length * typeBytes[type]);
    values.forEach((value, i) => {
      write(content, typeBytes[type], value, i * typeBytes[type]);
    });
    if (content.length <= place) content.copy(entry, 4 + place);
    else write(entry, place, append(content), 4 + place);
    return entry;
  });
  const count = Buffer.alloc(big ? 8 : 2);
  write(count, count.length, entries.length, 0);
  const header = Buffer.alloc(head);
  header.write(motorola ? "MM" : "II", "latin1");
  write(header, 2, big ? 43 : 42, 2);
  if (big) write(header, 2, 8, 4);
  write(header, place, end, big ? 8 : 4);
  return Buffer.concat([header, ...pieces, count, ...entries, Buffer.alloc(place)]);
}
