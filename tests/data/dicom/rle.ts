/** DICOM's RLE for tests: literal runs and repeats. */

function packBits(bytes: Uint8Array): number[] {
  const packed: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    let run = 1;
    while (run < 128 && at + run < bytes.length && bytes[at + run] === bytes[at]) run++;
    if (run > 1) packed.push(257 - run, bytes[at]);
    else packed.push(0, bytes[at]);
    at += run;
  }
  return packed.length % 2 ? [...packed, 128] : packed;
}

/** @param planes one of little-endian samples for each sample of a pixel */
export function rle(planes: readonly Uint8Array[], bytes: number): Buffer {
  const segments = planes.flatMap((plane) =>
    Array.from({ length: bytes }, (_, byte) => packBits(plane.filter((_, i) => i % bytes === bytes - 1 - byte))),
  );
  const head = Buffer.alloc(64);
  head.writeUInt32LE(segments.length, 0);
  segments.reduce((at, segment, i) => {
    head.writeUInt32LE(at, 4 + 4 * i);
    return at + segment.length;
  }, 64);
  return Buffer.concat([head, Buffer.from(segments.flat())]);
}
