/** Small plain PNG files decoded by own code: the same samples as libvips gives, and nothing where there is any doubt. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodePlainPng } from "../../src/data/formats/png/plain.js";
import { png } from "./files.js";

/** A picture that makes an encoder use every filter: ramps, noise and flat rows. */
function pixels(width: number, height: number, channels: number): Buffer {
  return Buffer.from(
    Array.from({ length: width * height * channels }, (_, i) => {
      const row = Math.floor(i / (width * channels));
      if (row % 5 === 0) return 77;
      return row % 3 === 0 ? (i * 7919) % 256 : (i * 3 + row * 11) % 256;
    }),
  );
}

describe("decodePlainPng", () => {
  it.each([
    [1, 17, 23],
    [3, 40, 31],
    [3, 1, 1],
    [1, 300, 200],
  ] as const)("gives what was stored: %d channels, %d x %d", async (channels, width, height) => {
    const raw = pixels(width, height, channels);
    const encoder = sharp(raw, { raw: { width, height, channels } });
    const file = await encoder
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .png({ adaptiveFiltering: true })
      .toBuffer();
    const image = decodePlainPng(file, "x.png");
    const voxels = width * height;
    const planes = Array.from(
      { length: channels * voxels },
      (_, i) => raw[(i % voxels) * channels + Math.floor(i / voxels)],
    );
    expect(image?.channels).toBe(channels);
    expect(image?.grid.shape).toEqual([height, width]);
    expect([...(image?.samples ?? [])]).toEqual(planes);
  });

  it("leaves everything else to libvips", () => {
    const whole = png(4, 4, Array(16).fill(9));
    expect(decodePlainPng(whole, "x.png")?.samples.length).toBe(16);
    const flipped = Buffer.from(whole);
    flipped[45] ^= 1;
    const others = [
      flipped,
      whole.subarray(0, whole.length - 5),
      Buffer.concat([whole, Buffer.from("more")]),
      png(4, 4, Array(16).fill(9), { bits: 16 }),
      png(4, 4, Array(64).fill(9), { kind: "rgba" }),
      png(4, 4, Array(16).fill(0), { kind: "palette", palette: [[1, 2, 3]] }),
      png(4, 4, Array(16).fill(1), { bits: 1 }),
      png(400, 400, Array(160_000).fill(1)),
    ];
    for (const bytes of others) expect(decodePlainPng(bytes, "x.png")).toBeUndefined();
  });
});
