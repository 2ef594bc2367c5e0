/** What the studio takes from pages of volumes: masks in messages that may be anything. */
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameHead, unframed } from "../../src/core/formats/framed-bytes.js";
import { decodeVolume } from "../../src/data/images/read-image.js";
import { encodeDroppedMask } from "../../src/workflows/studio/dropped/encode-mask.js";
import { niftiFile, placeBytes } from "../data/nifti-file.js";

const grid = {
  shape: [2, 3, 4],
  spacing: [3, 2, 1],
  toWorld: [
    [0, 0, 1, -7],
    [0, 2, 0, 5],
    [3, 0, 0, 11],
  ],
};
const labels = Uint8Array.from({ length: 24 }, (_, i) => i % 3);

function message(head: unknown, bytes = labels): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...frameHead(head), ...bytes]);
}

describe("framed bytes", () => {
  it("come back as they were, the bytes at a place where numbers of any type may begin", () => {
    fc.assert(
      fc.property(fc.json(), fc.uint8Array(), (json, bytes) => {
        const head = JSON.parse(json);
        const taken = unframed(message(head, new Uint8Array(bytes)));
        expect(taken.head).toEqual(head);
        expect([...taken.bytes]).toEqual([...bytes]);
        expect(taken.bytes.byteOffset % 8).toBe(0);
      }),
    );
  });

  it("are refused where they are not whole, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          unframed(new Uint8Array(bytes));
        } catch (error) {
          // TextDecoder says TypeError of what is no UTF-8.
          expect(error instanceof SyntaxError || error instanceof TypeError).toBe(true);
        }
      }),
    );
  });
});

describe("a mask that a page sends", () => {
  it("becomes a NIfTI file on its grid, with the place of the file that it is of to the bit", async () => {
    const file = await encodeDroppedMask(message({ grid, start: null }));
    const read = await decodeVolume(file, "mask.nii.gz");
    expect([...read.samples]).toEqual([...labels]);
    expect(read.grid.shape).toEqual(grid.shape);
    const affine = [
      [-1, 0, 0, 7],
      [0, -2, 0, -5],
      [0, 0, 3, 11],
    ];
    const source = niftiFile({ extents: [4, 3, 2], values: new Float64Array(24), affine });
    const start = source.toString("base64");
    const beside = await encodeDroppedMask(message({ grid, start }));
    expect(placeBytes(gunzipSync(beside))).toEqual(placeBytes(gunzipSync(source)));
  });

  it.each([
    ["no message", new Uint8Array(3), /did not come whole; save it again/],
    ["another head", message({ grid }), /does not say where it lies/],
    ["too few values", message({ grid, start: null }, labels.subarray(1)), /has 23 values for 24 voxels/],
    ["a grid of no voxels", message({ grid: { ...grid, shape: [0, 3, 4] }, start: null }), /positive integers/],
    ["a vast grid", message({ grid: { shape: [1e9, 1e9, 1e9], spacing: null, toWorld: null }, start: null }), /voxels/],
    ["four axes", message({ grid: { ...grid, shape: [2, 3, 4, 1] }, start: null }), /does not say where it lies/],
  ])("is refused in a sentence: %s", async (_, body, sentence) => {
    await expect(encodeDroppedMask(body as Uint8Array<ArrayBuffer>)).rejects.toThrow(sentence);
  });
});
