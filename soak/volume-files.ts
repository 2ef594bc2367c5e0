/** Damaged volumes: a volume or one sentence, soon, in little memory, whatever the bytes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { RandomStream } from "../src/core/random.js";
import { NiftiFields } from "../src/data/formats/nifti/header.js";
import { encodeNifti } from "../src/data/formats/nifti/writer.js";
import { encodeMetaImage } from "../src/data/formats/text/metaimage-writer.js";
import { encodeNrrd } from "../src/data/formats/text/nrrd-writer.js";
import { decodeVolume } from "../src/data/images/read-image.js";
import { makeGrid } from "../src/grid/grid.js";
import { damageFiles } from "./damaged-files.js";
import type { Soak } from "./soak.js";

const grid = makeGrid("soak", [4, 5, 6], null, [
  [0, 0.1, -0.7, 10],
  [0, -0.8, 0.1, -20.5],
  [2.5, 0, 0, 30],
]);

/** Volumes of every format, packed and not, with their values in the file and beside it. */
async function originals(random: RandomStream, folder: string): Promise<Map<string, Buffer>> {
  const noise = (count: number) => Array.from({ length: count }, () => random.integer(-900, 900));
  const image = { grid, channels: 1, samples: Int16Array.from(noise(120)) };
  const labels = { grid, channels: 1, samples: Uint8Array.from(noise(120), (value) => value & 3) };
  const channels = { grid, channels: 2, samples: Float32Array.from(noise(240)) };
  const plain = await encodeNifti(image, { packed: false });
  const wide = NiftiFields.blank(2);
  wide.set("dim", 3, 6, 5, 4);
  wide.set("datatype", 4);
  wide.set("pixdim", 1, 1, 1, 2.5);
  wide.set("offset", wide.bytes.length);
  const scaled = Buffer.from(plain);
  scaled.writeFloatLE(0.5, 112);
  scaled.writeFloatLE(-100, 116);
  const pair = Buffer.from(plain.subarray(0, 348));
  pair.write("ni1\0", 344, "latin1");
  pair.writeFloatLE(0, 108);
  const values = Buffer.from(image.samples.buffer);
  writeFileSync(join(folder, "pair.img"), values);
  writeFileSync(join(folder, "values.raw"), values);
  const nrrd = (lines: readonly string[], data: Buffer) =>
    Buffer.concat([Buffer.from(`NRRD0004\n${lines.join("\n")}\n\n`), data]);
  const fields = [
    ...["type: short", "dimension: 3", "space: RAS", "sizes: 6 5 4", "space directions: (1,0,0) (0,1,0.1) (0,0,2)"],
    ...["kinds: domain domain domain", "endian: big", "encoding: raw", "space origin: (1,2,3)"],
  ];
  const meta = ["NDims = 3", "DimSize = 6 5 4", "ElementSpacing = 1 1 2", "ElementType = MET_SHORT"];
  const files: [string, Buffer][] = [
    ["plain.nii", plain],
    ["packed.nii.gz", await encodeNifti(image, { packed: true })],
    ["stored.nii.gz", gzipSync(plain, { level: 0 })],
    ["scaled.nii", scaled],
    ["channels.nii", await encodeNifti(channels, { packed: false })],
    ["wide.nii", Buffer.concat([wide.bytes, values])],
    ["pair.hdr", pair],
    ["raw.nrrd", nrrd(fields, values)],
    ["packed.nrrd", await encodeNrrd(channels)],
    ["labels.seg.nrrd", await encodeNrrd(labels, [{ name: "liver", value: 1, layer: 0, colour: [9, 99, 199] }])],
    ["beside.nhdr", nrrd([...fields, "data file: values.raw"], Buffer.alloc(0))],
    ["raw.mha", Buffer.concat([Buffer.from(`${meta.join("\n")}\nElementDataFile = LOCAL\n`), values])],
    ["packed.mha", await encodeMetaImage(channels)],
    ["beside.mhd", Buffer.from(`${meta.join("\n")}\nElementDataFile = values.raw\n`)],
  ];
  return new Map(files.map(([name, bytes]) => [join(folder, name), bytes]));
}

export const run: Soak = async (options) => {
  const random = new RandomStream(options.seed, "soak-volume-files", 0);
  const files = await originals(random, options.folder);
  // 20,000 of each of the three formats.
  const mutations = options.quick ? 500 : 60_000;
  const promise = "a damaged volume is a volume or a sentence within two seconds, never a crash";
  const words = "0123456789-.,()en \n:=#";
  return damageFiles(promise, { files, headBytes: 600, mutations, words, decode: decodeVolume }, random, options);
};
