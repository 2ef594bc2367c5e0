/** Draws depend on their key and nothing else, lie in the profile's ranges, and noise equals the streams' words. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openStream } from "../../src/augment/draws.js";
import { drawBoxes, drawStrong, drawTpRam, drawWeak, fundusProfile, mriProfile } from "../../src/augment/index.js";
import { signedNoise } from "../../src/augment/noise.js";
import { scope, sendTogether } from "../../src/torch/index.js";

const size = { height: 64, width: 48 };
const key = fc.record({
  seed: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  iteration: fc.integer({ min: 0, max: 100_000 }),
  purpose: fc.constantFrom("labelled", "unlabelled"),
});

const everything = (given: { seed: number; iteration: number; purpose: string; first?: number }, count: number) => ({
  weak: drawWeak(given, count, size, fundusProfile),
  strong: drawStrong(given, count, fundusProfile),
  boxes: drawBoxes(given, count, [size.height, size.width]),
  ratios: drawTpRam(given, count, 0.5),
});

describe("draws", () => {
  it("do not depend on the batch size or on which worker holds the image", () => {
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 6 }), (given, count) => {
        const whole = everything(given, 6);
        const begin = everything(given, count);
        const end = everything({ ...given, first: count }, 6 - count);
        for (const name of ["weak", "strong", "boxes", "ratios"] as const) {
          expect([...begin[name], ...end[name]]).toEqual(whole[name]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("differ between images, iterations, seeds and purposes", () => {
    const base = { seed: 1, iteration: 5, purpose: "labelled" };
    const [first, second] = drawStrong(base, 2, fundusProfile);
    const others = [
      second,
      ...[
        { ...base, seed: 2 },
        { ...base, iteration: 6 },
        { ...base, purpose: "unlabelled" },
      ].flatMap((other) => drawStrong(other, 1, fundusProfile)),
    ];
    for (const other of others) expect(other.brightness).not.toBe(first.brightness);
  });

  it("lie in the profile's ranges, each transform with probability one half", () => {
    const draws = drawWeak({ seed: 3, iteration: 0, purpose: "labelled" }, 2000, size, fundusProfile);
    for (const name of ["scaleCrop", "degrees", "flip", "elastic"] as const) {
      const share = draws.filter((draw) => draw[name] !== null).length / draws.length;
      expect(Math.abs(share - 0.5), name).toBeLessThan(0.05);
    }
    const crops = draws.flatMap(({ scaleCrop }) => scaleCrop ?? []);
    for (const { width, height, left, top } of crops) {
      expect(width >= size.width && width < 1.5 * size.width && height >= size.height).toBe(true);
      expect(left >= 0 && left + size.width <= width && top >= 0 && top + size.height <= height).toBe(true);
    }
    const degrees = new Set(draws.flatMap((draw) => draw.degrees ?? []));
    expect([Math.min(...degrees), Math.max(...degrees), degrees.size]).toEqual([-20, 20, 41]);
    const strong = drawStrong({ seed: 3, iteration: 0, purpose: "unlabelled" }, 2000, mriProfile);
    const brightness = strong.map((draw) => draw.brightness);
    expect(Math.min(...brightness)).toBeGreaterThanOrEqual(0.1);
    expect(Math.min(...brightness)).toBeLessThan(0.12);
    expect(Math.max(...brightness)).toBeGreaterThan(1.98);
    expect(Math.max(...brightness)).toBeLessThan(2);
  });

  it("mix styles up to the progress of training", () => {
    const mixing = { seed: 1, iteration: 9, purpose: "mixing" };
    expect(drawTpRam(mixing, 4, 0)).toEqual([0, 0, 0, 0]);
    const ratios = drawTpRam(mixing, 1000, 0.25);
    expect(Math.max(...ratios)).toBeGreaterThan(0.24);
    expect(Math.max(...ratios)).toBeLessThan(0.25);
  });

  it("refuse to shrink images", () => {
    const profile = { ...fundusProfile, scaleCrop: { probability: 1, scale: [0.5, 1.5] as const } };
    expect(() => drawWeak({ seed: 1, iteration: 0, purpose: "labelled" }, 1, size, profile)).toThrow(
      /scaleCrop.scale begins at 0.5; give factors of at least 1/,
    );
  });
});

describe("signedNoise", () => {
  it("is made of the words that the streams themselves give", () => {
    const address = fc.record({
      seed: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      purpose: fc.string(),
      iteration: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      index: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    });
    fc.assert(
      fc.property(
        fc.array(address, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        (streams, count) => {
          const got = scope(() => sendTogether("cpu", (pack) => signedNoise(pack, streams, count))("cpu").toNumbers());
          const want = streams.flatMap((one) => {
            const stream = openStream(one);
            const words = Array.from({ length: Math.ceil(count / 2) }, () => stream.uint32());
            const halves = words.flatMap((word) => [word >>> 16, word & 0xffff]);
            return halves.slice(0, count).map((half) => (half + 0.5) / 2 ** 15 - 1);
          });
          expect([...got]).toEqual(want);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is uniform in (−1, 1)", () => {
    const noise = scope(() =>
      sendTogether("cpu", (pack) => signedNoise(pack, [{ seed: 1, purpose: "n", iteration: 0, index: 0 }], 40_000))(
        "cpu",
      ).toNumbers(),
    );
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const square = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(square - 1 / 3)).toBeLessThan(0.01);
    expect(noise.every((value) => value > -1 && value < 1)).toBe(true);
  });
});
