/** Scanners that do not exist change how an image looks and nothing else; reverse classifiers tell right masks from wrong ones. */
import { describe, expect, it } from "vitest";
import { planar8bit, zScores } from "../../src/augment/index.js";
import { RandomStream } from "../../src/core/random.js";
import type { DecodedCase } from "../../src/data/decode.js";
import { makeGrid } from "../../src/grid/grid.js";
import { pixelFeatures, reverseDice } from "../../src/quality/reverse.js";
import { drawScanner, restyledLike, throughScanner } from "../../src/quality/scanner.js";
import { mean } from "../../src/statistics/mean.js";
import { liveTensors } from "../../src/torch/index.js";

const side = 24;

/** A bright disc on a dark ground with noise; the disc is the label. */
function picture(seed: number, [row, column]: readonly [number, number]): DecodedCase {
  const stream = new RandomStream(seed, "test.picture");
  const inside = (i: number) => Math.hypot(Math.floor(i / side) - row, (i % side) - column) < 5;
  const grid = makeGrid("picture", [side, side], null);
  const values = Array.from({ length: side * side }, (_, i) => (inside(i) ? 170 : 70) + 20 * stream.uniform());
  return {
    ...{ image: Uint8Array.from(values), channels: 1, wide: false, stored: grid, working: grid },
    label: Uint8Array.from(values, (_, i) => (inside(i) ? 1 : 0)),
  };
}

const one = picture(1, [11, 11]);
const other = picture(2, [13, 10]);

describe("a scanner", () => {
  it("keeps label and size, gives the same bytes again, and leaves no tensor", () => {
    const before = liveTensors();
    for (let index = 0; index < 32; index++) {
      const scanner = drawScanner(index, 32, 1, 1);
      const [first, second] = [0, 1].map(() => throughScanner(one, scanner, other, planar8bit));
      expect(first.image).toEqual(second.image);
      expect(first.image.length).toBe(one.image.length);
      expect(first.label).toBe(one.label);
    }
    expect(liveTensors()).toBe(before);
  });

  it("is the more severe the later it comes", () => {
    const change = (index: number) => {
      const { image } = throughScanner(one, drawScanner(index, 32, 1, 0), null, planar8bit);
      return mean(image.map((value, i) => Math.abs(value - one.image[i])));
    };
    const changes = Array.from({ length: 32 }, (_, index) => change(index));
    expect(changes[0]).toBeLessThan(6);
    expect(mean(changes.slice(16))).toBeGreaterThan(3 * mean(changes.slice(0, 6)));
  });

  it("shows z-scores in their own range, not rounded, and as bytes of that range would be", () => {
    const scores = { ...one, image: Float32Array.from(one.image, (value) => value / 50 - 2) };
    const [least, greatest] = [Math.min(...scores.image), Math.max(...scores.image)];
    for (const index of [3, 20, 31]) {
      const { image } = throughScanner(scores, drawScanner(index, 32, 1, 0), null, zScores);
      expect(image).toBeInstanceOf(Float32Array);
      expect(Math.min(...image)).toBeGreaterThanOrEqual(least);
      expect(Math.max(...image)).toBeLessThanOrEqual(greatest);
      expect(new Set(image).size).toBeGreaterThan(32);
    }
  });

  it("takes no style of an image of another size", () => {
    const style = { donor: 0, ratio: 1 };
    const scanner = { ...drawScanner(0, 32, 1, 0), style };
    const small = { ...other, working: makeGrid("small", [12, 12], null) };
    expect(throughScanner(one, scanner, small, planar8bit).image).toEqual(
      throughScanner(one, { ...scanner, style: null }, null, planar8bit).image,
    );
    expect(throughScanner(one, scanner, other, planar8bit).image).not.toEqual(
      throughScanner(one, scanner, null, planar8bit).image,
    );
  });
});

describe("an image restyled like another", () => {
  const inside = (i: number) => one.label![i] === 1;
  const contrast = ({ image }: DecodedCase) =>
    mean(image.filter((_, i) => inside(i))) - mean(image.filter((_, i) => !inside(i)));

  it("stays what it is in its own style, and takes the brightness of another", () => {
    expect(restyledLike(one, one, planar8bit)).toEqual(one);
    const dark = { ...other, image: other.image.map((value) => value / 2) };
    const shown = restyledLike(one, dark, planar8bit) as DecodedCase;
    expect(mean(shown.image)).toBeCloseTo(mean(dark.image), -0.5);
    expect(contrast(shown)).toBeGreaterThan(50);
    expect(shown.label).toBe(one.label);
  });

  it("turns dark and bright round where the other has them the other way", () => {
    const stained = { ...other, image: other.image.map((value) => 255 - value) };
    const shown = restyledLike(one, stained, planar8bit) as DecodedCase;
    expect(contrast(shown)).toBeLessThan(-80);
    expect(
      [Math.min(...shown.image), Math.max(...shown.image)].map(
        (value, i) => Math.abs(value - [Math.min(...stained.image), Math.max(...stained.image)][i]) < 12,
      ),
    ).toEqual([true, true]);
  });

  it("is none of another size", () => {
    expect(restyledLike(one, { ...other, working: makeGrid("small", [12, 12], null) }, planar8bit)).toBeUndefined();
  });
});

describe("reverseDice", () => {
  const references = [{ features: pixelFeatures(other), masks: [other.label as Uint8Array] }];
  const tried = (mask: Uint8Array) => reverseDice(pixelFeatures(one), mask, 0, references);

  it("is high for the right mask and low for one that holds something else", () => {
    const elsewhere = one.label!.map((_, i) => (i % side < 5 ? 1 : 0));
    expect(tried(one.label as Uint8Array)).toBeGreaterThan(0.8);
    expect(tried(elsewhere)).toBeLessThan(0.4);
  });

  it("is 0 for nothing and for everything, and undefined where no reference holds the part", () => {
    expect(tried(new Uint8Array(side * side))).toBe(0);
    expect(tried(new Uint8Array(side * side).fill(1))).toBe(0);
    const without = [{ ...references[0], masks: [new Uint8Array(side * side)] }];
    expect(reverseDice(pixelFeatures(one), one.label as Uint8Array, 0, without)).toBeNaN();
  });
});
