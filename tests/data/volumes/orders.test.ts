/** Every format puts every voxel where it lies in the world, in all 48 orders of the axes and oblique, in and out. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeNifti } from "../../../src/data/formats/nifti/writer.js";
import { encodeMetaImage } from "../../../src/data/formats/text/metaimage-writer.js";
import { encodeNrrd } from "../../../src/data/formats/text/nrrd-writer.js";
import { decodeVolume } from "../../../src/data/images/read-image.js";
import { worldOf } from "../../../src/grid/grid.js";
import type { StoredImage } from "../../../src/grid/stored-image.js";
import { niftiFile } from "./nifti-file.js";
import { allLies, extents, type Lie, numbers, places, ras } from "./phantom.js";

const data = Buffer.from(numbers().buffer);

/** The quaternion's (b, c, d) of a rotation, from its axis: the vector that it leaves where it is. */
function quaternionOf(columns: readonly (readonly number[])[]): number[] {
  const m = (r: number, c: number) => columns[c][r];
  const angle = Math.acos(Math.min(1, Math.max(-1, (m(0, 0) + m(1, 1) + m(2, 2) - 1) / 2)));
  if (Math.PI - angle > 1e-4) {
    const axis = [m(2, 1) - m(1, 2), m(0, 2) - m(2, 0), m(1, 0) - m(0, 1)];
    const length = Math.hypot(...axis);
    return axis.map((part) => (length < 1e-9 ? 0 : (part / length) * Math.sin(angle / 2)));
  }
  // Half a turn: R + 1 is twice the axis times itself.
  const column = [0, 1, 2]
    .map((c) => [0, 1, 2].map((r) => m(r, c) + (r === c ? 1 : 0)))
    .sort((a, b) => Math.hypot(...b) - Math.hypot(...a))[0];
  return column.map((part) => part / Math.hypot(...column));
}

function nifti(lie: Lie, form: "sform" | "qform"): Buffer {
  const { axes, origin } = ras(lie);
  const rows = [0, 1, 2].flatMap((r) => [axes[0][r], axes[1][r], axes[2][r], origin[r]]);
  if (form === "sform") return niftiFile({ dim: extents, datatype: 4, data, sform: [1, ...rows] });
  const pixdim = axes.map((axis) => Math.hypot(...axis));
  const [x, y, z] = axes.map((axis, i) => axis.map((part) => part / pixdim[i]));
  const turn = [y[1] * z[2] - y[2] * z[1], y[2] * z[0] - y[0] * z[2], y[0] * z[1] - y[1] * z[0]];
  const qfac = turn[0] * x[0] + turn[1] * x[1] + turn[2] * x[2] < 0 ? -1 : 1;
  const quaternion = quaternionOf([x, y, z.map((part) => qfac * part)]);
  return niftiFile({ dim: extents, datatype: 4, data, pixdim, qfac, qform: [1, ...quaternion, ...origin] });
}

function nrrd({ axes, origin }: Lie, space: "LPS" | "left-anterior-superior" | "right-anterior-superior"): Buffer {
  const signs = { LPS: [1, 1], "left-anterior-superior": [1, -1], "right-anterior-superior": [-1, -1] }[space];
  const text = ([x, y, z]: readonly number[]) => `(${signs[0] * x},${signs[1] * y},${z})`;
  const lines = [
    "NRRD0004",
    "# a comment",
    "type: short",
    "dimension: 3",
    `space: ${space}`,
    `sizes: ${extents.join(" ")}`,
    `space directions: ${axes.map(text).join(" ")}`,
    "kinds: domain domain domain",
    "endian: little",
    "encoding: gzip",
    `space origin: ${text(origin)}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\n")}\n\n`), gzipSync(data)]);
}

function metaImage({ axes, origin }: Lie): Buffer {
  const spacing = axes.map((axis) => Math.hypot(...axis));
  const lines = [
    "ObjectType = Image",
    "NDims = 3",
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    "CompressedData = False",
    `TransformMatrix = ${axes.flatMap((axis, i) => axis.map((part) => part / spacing[i])).join(" ")}`,
    `Offset = ${origin.join(" ")}`,
    "CenterOfRotation = 0 0 0",
    `ElementSpacing = ${spacing.join(" ")}`,
    `DimSize = ${extents.join(" ")}`,
    "ElementType = MET_SHORT",
    "ElementDataFile = LOCAL",
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\n")}\n`), data]);
}

/** How far a voxel lies from where its number says at most, in mm. */
function worstError({ grid, samples }: StoredImage, lie: Lie): number {
  const expected = places(lie);
  const [depth, height, width] = grid.shape;
  let worst = 0;
  for (let k = 0, at = 0; k < depth; k++)
    for (let j = 0; j < height; j++)
      for (let i = 0; i < width; i++, at++) {
        const wanted = expected[samples[at] - 1];
        worst = Math.max(worst, ...worldOf(grid, [k, j, i]).map((part, r) => Math.abs(part - wanted[r])));
      }
  return worst;
}

const readers: [string, (lie: Lie) => Buffer, number][] = [
  ["NIfTI's affine", (lie) => nifti(lie, "sform"), 1e-5],
  ["NIfTI's quaternion", (lie) => nifti(lie, "qform"), 2e-5],
  ["NRRD in LPS", (lie) => nrrd(lie, "LPS"), 1e-12],
  ["NRRD in LAS", (lie) => nrrd(lie, "left-anterior-superior"), 1e-12],
  ["NRRD in RAS", (lie) => nrrd(lie, "right-anterior-superior"), 1e-12],
  ["MetaImage", metaImage, 1e-12],
];

const writers: [string, (image: StoredImage) => Promise<Buffer>, number][] = [
  ["NIfTI", (image) => encodeNifti(image, { packed: false }), 1e-5],
  ["packed NIfTI", (image) => encodeNifti(image, { packed: true }), 1e-5],
  ["NRRD", (image) => encodeNrrd(image), 1e-12],
  ["MetaImage", encodeMetaImage, 1e-12],
];

describe.each(readers)("%s", (_, file, tolerance) => {
  it("has every voxel in its place, however its axes lie", async () => {
    for (const lie of allLies()) {
      const image = await decodeVolume(file(lie), lie.name);
      expect([...image.grid.shape, image.samples.length], lie.name).toEqual([5, 4, 3, 60]);
      expect(Array.from(image.samples), lie.name).toEqual(Array.from(numbers()));
      expect(worstError(image, lie), lie.name).toBeLessThan(tolerance);
    }
  });
});

describe.each(writers)("%s written anew", (_, encode, tolerance) => {
  it("keeps every voxel in its place and the file's order", async () => {
    for (const lie of allLies()) {
      const image = await decodeVolume(nrrd(lie, "LPS"), lie.name);
      const back = await decodeVolume(await encode(image), lie.name);
      expect(back.samples, lie.name).toEqual(image.samples);
      expect(worstError(back, lie), lie.name).toBeLessThan(tolerance);
    }
  });
});

it("a quaternion turns the axes as quaternions turn vectors", async () => {
  const part = fc.double({ min: -1, max: 1, noNaN: true });
  const size = fc.double({ min: 0.1, max: 10, noNaN: true });
  const turns = fc.asyncProperty(fc.tuple(part, part, part, part), fc.tuple(size, size, size), async (raw, pixdim) => {
    const length = Math.hypot(...raw);
    fc.pre(length > 0.1);
    // One with a negative first part is the same turn.
    const [a, b, c, d] = raw.map((one) => (one / length) * (raw[0] < 0 ? -1 : 1));
    const turn = ([x, y, z]: number[]) => {
      // v + 2 a (u × v) + 2 u × (u × v), with u = (b, c, d).
      const cross = ([p, q, r]: number[]) => [c * r - d * q, d * p - b * r, b * q - c * p];
      const once = cross([x, y, z]);
      const twice = cross(once);
      return [x, y, z].map((one, i) => one + 2 * a * once[i] + 2 * twice[i]);
    };
    const file = niftiFile({ version: 2, dim: extents, datatype: 4, data, pixdim, qform: [1, b, c, d, 1, 2, 3] });
    const { grid } = await decodeVolume(file, "x");
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ].forEach((unit, axis) => {
      const [x, y, z] = turn(unit).map((one) => one * pixdim[axis]);
      const column = grid.toWorld?.map((row) => row[2 - axis]) ?? [];
      for (const [i, wanted] of [-x, -y, z].entries()) expect(Math.abs(column[i] - wanted)).toBeLessThan(1e-6);
    });
  });
  await fc.assert(turns, { numRuns: 200 });
});
