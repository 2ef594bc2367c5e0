/**
 * Counter-based noise as a tensor program: the words of many `RandomStream`s at once, on any device, bit for bit those
 * that the streams themselves would give. The 64-bit products of Philox are exact in wrapping int64 arithmetic.
 */
import { streamKey } from "../core/random.js";
import { arange, type Device, type Pack, stack, type Tensor } from "../torch/index.js";
import type { StreamAddress } from "./draws.js";
import { perImage } from "./geometry/sampling.js";

const rounds = 10;
const multipliers = [0xd2511f53, 0xcd9e8d57];
const weyl = [0x9e3779b9, 0xbb67ae85];
const low32 = 0xffffffff;
const low16 = 0xffff;

/** Gives the first `4 · blocks` words of every stream, `[N, 4 · blocks]` int64 in [0, 2³²). */
function philoxWords(pack: Pack, addresses: readonly StreamAddress[], blocks: number): (device: Device) => Tensor {
  const keys = addresses.map(({ seed, purpose }) => streamKey(seed, purpose));
  const shape = [addresses.length, blocks];
  const counters = [
    addresses.map(({ index }) => index >>> 0),
    addresses.map(({ iteration }) => iteration >>> 0),
    addresses.map(({ iteration }) => Math.floor(iteration / 2 ** 32)),
  ];
  const roundKeys = Array.from({ length: rounds }, (_, round) =>
    weyl.map((step, word) => keys.map((key) => (key[word] + Math.imul(round, step)) >>> 0)),
  );
  // One unsigned 32-bit number per stream, [N, 1].
  const columns = [...counters, ...roundKeys.flat()].map((values) =>
    perImage(pack, BigInt64Array.from(values, BigInt), 2),
  );
  return (device) => {
    const sent = columns.map((column) => column());
    let c0 = arange(blocks, { dtype: "int64", device }).unsqueeze(0).expand(shape);
    let [c1, c2, c3] = sent.slice(0, counters.length).map((column) => column.expand(shape));
    for (let round = 0; round < rounds; round++) {
      const [key0, key1] = sent.slice(counters.length + 2 * round);
      const product0 = c0.mul(multipliers[0]);
      const product1 = c2.mul(multipliers[1]);
      c0 = product1.bitwiseRightShift(32).bitwiseXor(c1).bitwiseXor(key0).bitwiseAnd(low32);
      c2 = product0.bitwiseRightShift(32).bitwiseXor(c3).bitwiseXor(key1).bitwiseAnd(low32);
      c1 = product1.bitwiseAnd(low32);
      c3 = product0.bitwiseAnd(low32);
    }
    return stack([c0, c1, c2, c3], 2).reshape([addresses.length, 4 * blocks]);
  };
}

/**
 * Gives uniform noise in (−1, 1) with 16 random bits, `[N, count]` float64, row n from the n-th stream. Each word of the
 * stream gives two values, its upper half first; smoothed over hundreds of pixels, finer steps would make no difference.
 */
export function signedNoise(
  pack: Pack,
  addresses: readonly StreamAddress[],
  count: number,
): (device: Device) => Tensor {
  const wordsOn = philoxWords(pack, addresses, Math.ceil(count / 8));
  return (device) => {
    const words = wordsOn(device);
    return stack([words.bitwiseRightShift(16), words.bitwiseAnd(low16)], 2)
      .reshape([addresses.length, 2 * words.shape[1]])
      .narrow(1, 0, count)
      .to({ dtype: "float64" })
      .add_(0.5)
      .mul_(2 ** -15)
      .sub_(1);
  };
}
