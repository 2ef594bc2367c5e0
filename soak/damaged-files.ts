/** What the soaks of damaged images and volumes share: files cut at every byte and changed anywhere, each decoded. */
import { DataError } from "../src/core/errors.js";
import type { RandomStream } from "../src/core/random.js";
import { decodeHeader } from "../src/data/images/read-image.js";
import { voxelCount } from "../src/grid/grid.js";
import type { StoredImage } from "../src/grid/stored-image.js";
import type { SoakOptions, SoakReport } from "./soak.js";
import { Tries } from "./tries.js";

const tellingBytes = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x40];
const tellingWords = [0, 0xffffffff, 0x7fffffff, 0x80000000, 65536, 65535, 1 << 20];

/** What small files may take in memory beyond what the process has. */
const mostKilobytes = 512 * 1024;

export interface DamagedFiles {
  /** One file of every kind that is read. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Bytes that most of the damage is done to. */
  readonly headBytes: number;
  readonly mutations: number;
  /** Bytes between two truncations of a quick run; 41 unless given. */
  readonly quickStep?: number;
  /** Bytes that mean something in a text, for formats with such headers. */
  readonly words?: string;
  decode(bytes: Buffer, name: string): Promise<StoredImage>;
}

/** A copy with up to four changes, most of them in the header. */
function mutated(bytes: Buffer, random: RandomStream, { headBytes, words = "" }: DamagedFiles): Buffer {
  const copy = Buffer.from(bytes);
  for (let changes = random.integer(1, 4); changes > 0; changes--) {
    const at = random.integer(0, (random.bernoulli(2 / 3) ? Math.min(copy.length, headBytes) : copy.length) - 1);
    const kind = random.integer(0, words === "" ? 3 : 4);
    if (kind === 0) copy[at] ^= 1 << random.integer(0, 7);
    else if (kind === 1) copy[at] = tellingBytes[random.integer(0, tellingBytes.length - 1)];
    else if (kind === 2 && at + 4 <= copy.length)
      copy.writeUInt32LE(tellingWords[random.integer(0, tellingWords.length - 1)], at);
    else if (kind === 4) copy[at] = words.charCodeAt(random.integer(0, words.length - 1));
    else copy[at] = random.integer(0, 255);
  }
  return copy;
}

/** Damages files in every way. @param promise what has to hold, in words */
export async function damageFiles(
  promise: string,
  damaged: DamagedFiles,
  random: RandomStream,
  { quick, say }: Pick<SoakOptions, "quick" | "say">,
): Promise<SoakReport> {
  const { files, mutations, quickStep = 41 } = damaged;
  const names = [...files.keys()];
  const counts = { files: files.size, truncations: 0, mutations, decoded: 0, refused: 0 };
  const tries = new Tries(say);
  const before = process.resourceUsage().maxRSS;
  const attempt = (name: string, bytes: Buffer, what: string) =>
    tries.timed(`${name}, ${what}`, async () => {
      try {
        await decodeHeader(bytes, name).catch((error) => {
          if (!(error instanceof DataError)) throw error;
        });
        const { grid, channels, samples } = await damaged.decode(bytes, name);
        counts.decoded++;
        if (samples.length !== voxelCount(grid) * channels)
          tries.fail(`${name}, ${what}: has another size than it says`);
      } catch (error) {
        if (error instanceof DataError && error.message.startsWith(`${name}: `)) counts.refused++;
        else tries.fail(`${name}, ${what}: ${error}`);
      }
    });
  for (const [name, bytes] of files)
    for (let length = 0; length < bytes.length; length += quick ? quickStep : 1) {
      await attempt(name, bytes.subarray(0, length), `cut to ${length} bytes`);
      counts.truncations++;
    }
  say(`${counts.truncations} truncations, ${tries.failures.length} failures`);
  await tries.mutate(names, random, mutations, (name, what) =>
    attempt(name, mutated(files.get(name) as Buffer, random, damaged), what),
  );
  const peak = process.resourceUsage().maxRSS;
  if (peak - before > mostKilobytes) tries.fail(`memory grew by ${Math.round((peak - before) / 1024)} MB`);
  return {
    promise,
    counts: { ...counts, slowestMs: tries.slowestMs, peakMegabytes: Math.round(peak / 1024) },
    failures: tries.failures,
  };
}
