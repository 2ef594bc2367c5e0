/** Small damage to the bytes of files. */
import type { RandomStream } from "../src/core/random.js";

const tellingBytes = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x40];
const tellingWords = [0, 0xffffffff, 0x7fffffff, 0x80000000, 65536, 65535, 1 << 20];

/** A copy with up to four changes, most of them in the first `header` bytes. */
export function mutated(bytes: Buffer, random: RandomStream, header: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let changes = random.integer(1, 4); changes > 0; changes--) {
    const at = random.integer(0, (random.bernoulli(2 / 3) ? Math.min(copy.length, header) : copy.length) - 1);
    const kind = random.integer(0, 3);
    if (kind === 0) copy[at] ^= 1 << random.integer(0, 7);
    else if (kind === 1) copy[at] = tellingBytes[random.integer(0, tellingBytes.length - 1)];
    else if (kind === 2 && at + 4 <= copy.length)
      copy.writeUInt32LE(tellingWords[random.integer(0, tellingWords.length - 1)], at);
    else copy[at] = random.integer(0, 255);
  }
  return copy;
}
