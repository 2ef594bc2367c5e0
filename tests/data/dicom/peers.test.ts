/**
 * The images among pydicom's own test files, in all their transfer syntaxes: dimseg gives the values that pydicom gives, or
 * refuses the file by name. Left out where the Python of DIMSEG_PEER_PYTHON, else `python3`, lacks pydicom; what pydicom
 * itself cannot decode, for want of a package or as the file is broken, is looked at for its refusal alone.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { deinterleave } from "../../../src/grid/interleave.js";
import { temporaryFolder } from "../files.js";

const python = process.env.DIMSEG_PEER_PYTHON || "python3";
const hasReader = spawnSync(python, ["-c", "import pydicom.pixels"]).status === 0;
const folder = join(temporaryFolder(), "values");

/** An image as pydicom found it; without a shape where it cannot decode it. */
interface Found {
  readonly file: string;
  readonly syntax: string;
  readonly shape?: readonly number[];
}

/** What docs/dicom.md says is not read, and files that are broken on purpose. */
const refusals: Readonly<Record<string, RegExp>> = {
  "JPEG-lossy.dcm": /is stored as JPEG of 12 bits/,
  "JPGExtended.dcm": /is stored as JPEG of 12 bits/,
  "JPEG2000-embedded-sequence-delimiter.dcm": /JPEG 2000 data of its pixels is truncated/,
  "MR_truncated.dcm": /is truncated in its pixel data/,
  "badVR.dcm": /its NumberOfFrames is no number/,
  "meta_missing_tsyntax.dcm": /does not say its transfer syntax/,
  "nested_priv_SQ.dcm": /without an image/,
};

/** Decoders round lossy JPEG and JPEG 2000 in their own ways. */
const lossy = /\.4\.(?:50|51|81|91)$/;
const mostRounding = 2;

it.skipIf(!hasReader)(
  "values of every image are pydicom's, or the file is refused by name",
  async () => {
    mkdirSync(folder);
    const script = join(packageRoot, "bench/peers/dicom_images.py");
    const { stdout, stderr } = spawnSync(python, [script, folder], { encoding: "utf8" });
    expect(stderr).toBe("");
    const found: Found[] = JSON.parse(stdout);
    let compared = 0;
    for (const [i, { file, syntax, shape }] of found.entries()) {
      const name = basename(file);
      if (refusals[name]) {
        const error = await readVolume(file).catch((cause) => cause);
        expect(error, name).toBeInstanceOf(DataError);
        expect(error.message).toMatch(refusals[name]);
        continue;
      }
      const { grid, channels, samples } = await readVolume(file);
      if (!shape) continue;
      compared++;
      expect([...grid.shape, ...(channels === 3 ? [3] : [])], name).toEqual(
        // One frame of a file that may have several is a volume of one slice.
        grid.shape.length === 3 && shape.length === (channels === 3 ? 3 : 2) ? [1, ...shape] : shape,
      );
      const bytes = Uint8Array.from(readFileSync(join(folder, `${i}.f64`)));
      const wanted = deinterleave(new Float64Array(bytes.buffer), channels);
      const round = samples instanceof Float32Array ? Math.fround : Number;
      let most = 0;
      for (let at = 0; at < wanted.length; at++) most = Math.max(most, Math.abs(round(wanted[at]) - samples[at]));
      expect(most, name).toBeLessThanOrEqual(lossy.test(syntax) ? mostRounding : 0);
    }
    // Pillow, which pydicom decodes JPEG with, may be missing.
    expect(compared).toBeGreaterThan(60);
  },
  60_000,
);
