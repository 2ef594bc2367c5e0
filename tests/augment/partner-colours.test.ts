/** The colours of a partner: taken where they are asked for, and in the opposite order where it is the opposite. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inColoursOf } from "../../src/augment/index.js";
import { fromTypedArray, scope, type Tensor } from "../../src/torch/index.js";
import { numbers } from "../support/tensors.js";

const side = 16;

/** Images [1, C, 16, 16] from values of pixels. */
function image(channels: number, value: (pixel: number, channel: number) => number): Tensor {
  const values = Float32Array.from({ length: channels * side * side }, (_, i) =>
    value(i % (side * side), Math.floor(i / (side * side))),
  );
  return fromTypedArray(values, [1, channels, side, side]);
}

/** A fifth of the pixels stands out from a slightly uneven ground. */
const isSpot = (pixel: number) => pixel % 5 === 0;
const scene = (ground: number, spot: number) => image(3, (pixel) => (isSpot(pixel) ? spot : ground) + (pixel % 7) / 4);

const marked = image(3, () => -1);

const isMarked = (result: Tensor) => numbers(result).every((value) => value === -1);

describe("inColoursOf", () => {
  it("leaves images of one polarity to their other treatment, whatever exposure and contrast", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 20, max: 120, noNaN: true })),
        fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 20, max: 120, noNaN: true })),
        fc.boolean(),
        ([ground, contrast], [otherGround, otherContrast], bright) => {
          scope(() => {
            const sign = bright ? 1 : -1;
            const [own, theirs] = [
              scene(120 + ground, 120 + ground + sign * contrast),
              scene(120 + otherGround, 120 + otherGround + sign * otherContrast),
            ];
            expect(isMarked(inColoursOf(own, theirs, marked))).toBe(true);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it("gives what is bright the colours of what is dark there", () => {
    scope(() => {
      const fluorescence = scene(5, 80);
      const [violet, pink] = [
        [90, 40, 150],
        [230, 180, 220],
      ];
      const stain = image(3, (pixel, channel) => (isSpot(pixel + 3) ? violet : pink)[channel]);
      const result = numbers(inColoursOf(fluorescence, stain, marked));
      const mean = (channel: number, spot: boolean) => {
        const values = result
          .slice(channel * side * side, (channel + 1) * side * side)
          .filter((_, i) => isSpot(i) === spot);
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      for (const channel of [0, 1, 2]) {
        expect(Math.abs(mean(channel, true) - violet[channel])).toBeLessThan(8);
        expect(Math.abs(mean(channel, false) - pink[channel])).toBeLessThan(8);
      }
    });
  });

  it("gives pixels of one value one colour, and colours of the partner alone", () => {
    scope(() => {
      const flat = image(1, (pixel) => (isSpot(pixel) ? 100 : 10));
      const partner = image(1, (pixel) => (isSpot(pixel) ? 20 : 150 + (pixel % 40)));
      const result = numbers(inColoursOf(flat, partner, marked.narrow(1, 0, 1)));
      expect(new Set(result).size).toBe(2);
      for (const value of result) {
        expect(value).toBeGreaterThanOrEqual(20);
        expect(value).toBeLessThanOrEqual(189);
      }
    });
  });

  it("sees nothing in the black corners of a rotated view, and takes no colour from them", () => {
    const [row, column] = [(pixel: number) => Math.floor(pixel / side), (pixel: number) => pixel % side];
    const isCorner = (pixel: number) => {
      const fromEdge = (place: number) => Math.min(place, side - 1 - place);
      return fromEdge(row(pixel)) + fromEdge(column(pixel)) < 4;
    };
    const rotated = (ground: number, spot: number) =>
      image(3, (pixel) => (isCorner(pixel) ? 0 : (isSpot(pixel) ? spot : ground) + (pixel % 7) / 4));
    scope(() => {
      const [own, partner] = [rotated(160, 110), rotated(60, 130)];
      const result = numbers(inColoursOf(own, partner, marked));
      expect(isMarked(inColoursOf(own, rotated(200, 170), marked))).toBe(true);
      expect(Math.min(...result)).toBeGreaterThanOrEqual(60);
    });
  });

  it("gives images of one polarity their partner's tint where it is asked for, but grey ones, and leaves their brightness", () => {
    scope(() => {
      const own = image(3, (pixel, channel) => (isSpot(pixel) ? [90, 60, 70] : [9, 3, 6])[channel]).repeat([
        2, 1, 1, 1,
      ]);
      const partners = image(3, (pixel, channel) => (isSpot(pixel + 3) ? [250, 240, 110] : [40, 20, 30])[channel]);
      const asked = fromTypedArray(Uint8Array.of(0, 1), [2]).gt(0);
      const result = inColoursOf(own, partners.repeat([2, 1, 1, 1]), own.mul(2), asked);
      expect(numbers(result.narrow(0, 0, 1))).toEqual(numbers(own.narrow(0, 0, 1).mul(2)));
      const greyOnes = scene(5, 80).repeat([2, 1, 1, 1]);
      const left = inColoursOf(greyOnes, partners.repeat([2, 1, 1, 1]), greyOnes.mul(2), asked);
      expect(numbers(left)).toEqual(numbers(greyOnes.mul(2)));
      const values = numbers(result.narrow(0, 1, 1));
      const before = numbers(own.narrow(0, 1, 1).mul(2));
      const pixels = side * side;
      const brightness = (all: readonly number[], pixel: number) =>
        (all[pixel] + all[pixel + pixels] + all[pixel + 2 * pixels]) / 3;
      const tints = { bright: [50, 40, -90], dark: [10, -10, 0] };
      for (let pixel = 0; pixel < pixels; pixel++) {
        expect(Math.abs(brightness(values, pixel) - brightness(before, pixel))).toBeLessThan(1e-3);
        const tint = [0, 1, 2].map((channel) => values[pixel + channel * pixels] - brightness(values, pixel));
        const expected = isSpot(pixel) ? tints.bright : tints.dark;
        tint.forEach((one, channel) => {
          expect(Math.abs(one - expected[channel])).toBeLessThan(30);
        });
      }
    });
  });

  it("decides for each image by itself, in planes and volumes, and copes with an image of one value", () => {
    scope(() => {
      const own = scene(5, 80).repeat([2, 1, 1, 1]);
      const partners = scene(200, 90);
      const both = partners.repeat([2, 1, 1, 1]);
      both.narrow(0, 1, 1).copy_(scene(30, 60));
      const result = inColoursOf(own, both, marked.repeat([2, 1, 1, 1]));
      expect(isMarked(result.narrow(0, 0, 1))).toBe(false);
      expect(isMarked(result.narrow(0, 1, 1))).toBe(true);
      const volume = (images: Tensor) => images.reshape([1, 3, 4, 8, 8]);
      const deep = numbers(inColoursOf(volume(scene(5, 80)), volume(partners), volume(marked)));
      expect(Math.min(...deep)).toBeGreaterThanOrEqual(Math.min(...numbers(partners)));
      expect(Math.max(...deep)).toBeLessThanOrEqual(Math.max(...numbers(partners)));
      expect(isMarked(inColoursOf(volume(scene(5, 80)), volume(scene(30, 60)), volume(marked)))).toBe(true);
      const black = image(3, () => 0);
      expect(numbers(inColoursOf(black, partners, marked)).every(Number.isFinite)).toBe(true);
    });
  });
});
