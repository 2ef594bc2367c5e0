/** TP-RAM against a brute-force discrete Fourier transform, and its limits. */
import { describe, expect, it } from "vitest";
import { tpRam } from "../../src/augment/index.js";
import { tpRamBlock } from "../../src/augment/intensity/tp-ram.js";
import { full, type Tensor, tensor } from "../../src/torch/index.js";
import { expectTensorsKept, noiseImages } from "./images.js";

interface Coefficient {
  real: number;
  imaginary: number;
}

/** Forward (sign −1) or unscaled inverse (sign 1) 2-D DFT by its definition. */
function dft(values: Coefficient[][], sign: 1 | -1): Coefficient[][] {
  const [height, width] = [values.length, values[0].length];
  return values.map((row, v) =>
    row.map((_, u) => {
      let [real, imaginary] = [0, 0];
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const angle = sign * 2 * Math.PI * ((v * y) / height + (u * x) / width);
          const value = values[y][x];
          real += value.real * Math.cos(angle) - value.imaginary * Math.sin(angle);
          imaginary += value.real * Math.sin(angle) + value.imaginary * Math.cos(angle);
        }
      return { real, imaginary };
    }),
  );
}

const complex = (rows: number[][]) => rows.map((row) => row.map((real) => ({ real, imaginary: 0 })));
const frequency = (index: number, length: number) => Math.min(index, length - index);

/** The definition: amplitudes of the block mixed, everything else kept. */
function reference(x: number[][], u: number[][], r: number, b: number): number[][] {
  const [height, width] = [x.length, x[0].length];
  const partner = dft(complex(u), -1);
  const mixed = dft(complex(x), -1).map((row, v) =>
    row.map((value, w) => {
      if (frequency(v, height) > b || frequency(w, width) > b) return value;
      const amplitude = Math.hypot(value.real, value.imaginary);
      const wanted = (1 - r) * amplitude + r * Math.hypot(partner[v][w].real, partner[v][w].imaginary);
      return { real: (value.real * wanted) / amplitude, imaginary: (value.imaginary * wanted) / amplitude };
    }),
  );
  const back = dft(mixed, 1);
  return back.map((row) => row.map(({ real }) => Math.min(255, Math.max(0, real / (height * width)))));
}

const rowsOf = (images: Tensor): number[][] => (images.toArray() as number[][][][])[0][0];

describe("tpRam", () => {
  it.each([0, 1, 2])("equals the definition with b = %i", (b) => {
    const x = noiseImages(1, 1, 8, 7, 1);
    const u = noiseImages(1, 1, 8, 7, 2);
    const got = rowsOf(tpRam(x, u, [0.7], (b + 0.01) / 7));
    const want = reference(rowsOf(x), rowsOf(u), 0.7, b);
    got.forEach((row, y) => {
      row.forEach((value, column) => {
        expect(value).toBeCloseTo(want[y][column], 3);
      });
    });
  });

  it("is the identity at r = 0, image by image", () => {
    const x = noiseImages(2, 3, 20, 24, 1);
    const u = noiseImages(2, 3, 20, 24, 2);
    const moved = tpRam(x, u, [0, 1], 0.1);
    const difference = moved.sub(x).abs().amax([1, 2, 3]).toNumbers();
    expect(difference[0]).toBeLessThan(1e-4);
    expect(difference[1]).toBeGreaterThan(1);
  });

  it("with b = 0 and r = 1 only moves the mean to the partner's", () => {
    const x = full([1, 1, 6, 6], 100).add(noiseImages(1, 1, 6, 6).mul(0.1));
    const u = noiseImages(1, 1, 6, 6, 3).mul(0.5);
    const moved = tpRam(x, u, [1], 0.01);
    expect(moved.mean().item()).toBeCloseTo(u.mean().item(), 3);
    const shift = moved.sub(x);
    expect(shift.amax([0, 1, 2, 3]).item() - shift.amin([0, 1, 2, 3]).item()).toBeLessThan(1e-3);
  });

  it("gives a coefficient without amplitude the phase 0", () => {
    // A black image takes the partner's mean; a flat one also takes its waves, as cosines that peak at the corner.
    expect(rowsOf(tpRam(full([1, 1, 4, 4], 0), full([1, 1, 4, 4], 60), [0.5], 0.1))[0]).toEqual([30, 30, 30, 30]);
    const wave = Array.from({ length: 8 }, (_, x) => 100 + 50 * Math.sin((2 * Math.PI * x) / 8));
    const partner = tensor([[Array.from({ length: 8 }, () => wave)]]);
    const row = rowsOf(tpRam(full([1, 1, 8, 8], 100), partner, [1], 0.13))[3];
    row.forEach((value, x) => {
      expect(value).toBeCloseTo(100 + 50 * Math.cos((2 * Math.PI * x) / 8), 3);
    });
  });

  it("stays within 0 to 255", () => {
    const moved = tpRam(noiseImages(1, 3, 16, 16, 1), full([1, 3, 16, 16], 250), [1], 0.1).toNumbers();
    expect(Math.max(...moved)).toBe(255);
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(0);
  });

  it("has the reference's blocks and refuses senseless arguments", () => {
    const blocks = [256, 288, 384, 64].map((s) => tpRamBlock([s, s + 10], 0.01));
    expect(blocks).toEqual([2, 2, 3, 0]);
    expect(() => tpRamBlock([8, 8], 0.5)).toThrow(/at least 0 and below 0.5/);
    const x = noiseImages(1, 1, 8, 8);
    expect(() => tpRam(x, noiseImages(1, 1, 8, 9), [0.1], 0)).toThrow(/images and partners have shapes .* expected \[/);
  });

  it("frees everything but its result", () => {
    const x = noiseImages(1, 1, 8, 8);
    expectTensorsKept(1, () => tpRam(x, x, [0.5], 0.1));
  });
});
