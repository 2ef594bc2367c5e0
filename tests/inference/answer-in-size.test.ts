/** From a picture into a frame and back: what was seen returns to its place, and nothing else is anywhere. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Frame, intoFrame } from "../../src/grid/frame.js";
import { resizeNearest } from "../../src/grid/resize.js";
import { answerInSize } from "../../src/inference/answer-in-size.js";
import { fromTypedArray, scope } from "../../src/torch/index.js";

/** What a network that is sure of a label map on its frame says, as label map of the picture. */
function answeredBack(labels: Uint8Array, picture: readonly number[], frame: Frame, kind: "softmax" | "sigmoid") {
  const { height, width, mode } = frame;
  const pixels = height * width;
  const values = new Float32Array(2 * pixels);
  labels.forEach((value, i) => {
    if (kind === "softmax") values[value * pixels + i] = 1;
    else for (let k = 0; k < 2; k++) values[k * pixels + i] = (value >> k) & 1;
  });
  const rule = { kind, mode, wanted: true };
  return scope(() =>
    answerInSize(fromTypedArray(values, [1, 2, height, width]), { shape: picture, spacing: null }, rule),
  );
}

const side = fc.integer({ min: 1, max: 9 });

describe("answerInSize", () => {
  it("gives back the very label map where a frame is a padded multiple of the picture", () => {
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 1, max: 3 }),
        side,
        fc.boolean(),
        fc.infiniteStream(fc.nat(1)),
        (rows, columns, times, more, below, bits) => {
          const picture = [rows, columns];
          const labels = Uint8Array.from({ length: rows * columns }, () => bits.next().value);
          const frame: Frame = {
            height: times * rows + (below ? more : 0),
            width: times * columns + (below ? 0 : more),
            mode: "pad",
          };
          const framed = intoFrame(labels, { shape: picture, spacing: null }, frame, resizeNearest);
          expect(answeredBack(framed, picture, frame, "softmax").labels).toEqual(labels);
        },
      ),
    );
  });

  it("calls background what a cropped picture did not show", () => {
    fc.assert(
      fc.property(side, side, side, fc.boolean(), (rows, columns, more, below) => {
        const picture = [rows + (below ? more : 0), columns + (below ? 0 : more)];
        const frame: Frame = { height: rows, width: columns, mode: "crop" };
        const { labels, probabilities } = answeredBack(
          new Uint8Array(rows * columns).fill(1),
          picture,
          frame,
          "softmax",
        );
        const pixels = picture[0] * picture[1];
        const first = Math.floor(more / 2);
        const expected = Array.from({ length: pixels }, (_, i) => {
          const at = below ? Math.floor(i / picture[1]) : i % picture[1];
          return at >= first && at < first + (below ? rows : columns) ? 1 : 0;
        });
        expect([...labels]).toEqual(expected);
        expect([...(probabilities as Float32Array).subarray(pixels)]).toEqual(expected);
        expect([...(probabilities as Float32Array).subarray(0, pixels)]).toEqual(expected.map((one) => 1 - one));
      }),
    );
  });

  it("finds no overlapping class there either", () => {
    const { labels, probabilities } = answeredBack(
      Uint8Array.of(3, 3),
      [1, 4],
      { height: 1, width: 2, mode: "crop" },
      "sigmoid",
    );
    expect([...labels]).toEqual([0, 1, 1, 0, 0, 1, 1, 0]);
    expect(Float32Array.from(labels)).toEqual(probabilities);
  });
});
