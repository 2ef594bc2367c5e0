/**
 * Reading and writing one large volume in each format that dimseg writes or reads: int16 values as a CT has them, smooth
 * with noise. NIfTI is read and written beside nibabel, DICOM read beside pydicom, each in turn.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomStream } from "../src/core/random.js";
import { secondsOf } from "../src/core/seconds.js";
import { encodeDicom, newUid } from "../src/data/dicom/write.js";
import { encodeNifti } from "../src/data/formats/nifti/writer.js";
import { encodeMetaImage } from "../src/data/formats/text/metaimage-writer.js";
import { encodeNrrd } from "../src/data/formats/text/nrrd-writer.js";
import { readVolume } from "../src/data/images/read-image.js";
import type { Grid } from "../src/grid/grid.js";
import { sampleBytes } from "../src/grid/stored-image.js";
import type { Conversation } from "./conversation.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import { comparedCells, median, missingPeer, startProgram } from "./side-by-side.js";

interface Volume {
  readonly grid: Grid;
  readonly channels: 1;
  readonly samples: Int16Array<ArrayBuffer>;
}

/** Slices of tissue, air and noise. */
function drawVolume(shape: readonly [number, number, number]): Volume {
  const [slices, rows, columns] = shape;
  const stream = new RandomStream(2024, "bench.volume-files", 0, 0);
  const noise = Int16Array.from({ length: 65521 }, () => Math.round(stream.normal(0, 12)));
  const samples = new Int16Array(slices * rows * columns);
  const [z0, y0, x0] = shape.map((side) => side / 2);
  let i = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++, i++) {
        const inside = ((z - z0) / z0) ** 2 / 4 + ((y - y0) / y0) ** 2 + ((x - x0) / x0) ** 2 < 0.7;
        samples[i] = (inside ? 40 + 60 * Math.sin((x + 2 * y) / 40) : -1000) + noise[i % noise.length];
      }
    }
  }
  const spacing = [1.5, 0.7, 0.7];
  const toWorld = [
    [0, 0, 0.7, -180],
    [0, 0.7, 0, -180],
    [1.5, 0, 0, 20],
  ] as const;
  return { grid: { shape, spacing, toWorld }, channels: 1, samples };
}

/** A CT series, a file a slice. */
function writeSeries(folder: string, { grid, samples }: Volume): void {
  const [slices, rows, columns] = grid.shape;
  mkdirSync(folder);
  const [study, series, frame] = [newUid(), newUid(), newUid()];
  for (let z = 0; z < slices; z++) {
    const bytes = encodeDicom({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
      SOPInstanceUID: newUid(),
      Modality: "CT",
      StudyInstanceUID: study,
      SeriesInstanceUID: series,
      FrameOfReferenceUID: frame,
      InstanceNumber: z + 1,
      ImagePositionPatient: [-180, -180, 20 + 1.5 * z],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      PixelSpacing: [0.7, 0.7],
      SliceThickness: 1.5,
      ...{ Rows: rows, Columns: columns, SamplesPerPixel: 1, PhotometricInterpretation: "MONOCHROME2" },
      ...{ BitsAllocated: 16, BitsStored: 16, HighBit: 15, PixelRepresentation: 1 },
      ...{ RescaleIntercept: 0, RescaleSlope: 1 },
      PixelData: sampleBytes(samples.subarray(z * rows * columns, (z + 1) * rows * columns)),
    });
    writeFileSync(join(folder, `${String(z).padStart(4, "0")}.dcm`), bytes);
  }
}

async function writeHdf5(file: string, { grid, samples }: Volume): Promise<void> {
  const { default: h5wasm } = await import("h5wasm");
  const library = await h5wasm.ready;
  const inside = new h5wasm.File("/volume.h5", "w");
  const chunks = [1, ...grid.shape.slice(1)];
  inside.create_dataset({
    ...{ name: "image", data: samples, shape: [...grid.shape] },
    ...{ chunks, compression: "gzip", compression_opts: 4 },
  });
  inside.close();
  writeFileSync(file, library.FS.readFile("/volume.h5") as Uint8Array);
  library.FS.unlink("/volume.h5");
}

interface Case {
  readonly setting: string;
  readonly path: string;
  /** Makes the file; timed where it is a writer of the product. */
  write(path: string): Promise<void> | void;
  readonly timed: boolean;
  readonly peerReads: boolean;
  readonly peerWrites: boolean;
}

function casesOf(folder: string, volume: Volume): Case[] {
  const written = (setting: string, name: string, encode: () => Promise<Buffer>, peer = false): Case => ({
    ...{ setting, path: join(folder, name), timed: true, peerReads: peer, peerWrites: peer },
    write: async (path) => writeFileSync(path, await encode()),
  });
  const given = (setting: string, name: string, write: Case["write"], peerReads: boolean): Case => ({
    ...{ setting, path: join(folder, name), write, timed: false, peerReads, peerWrites: false },
  });
  return [
    written("NIfTI", "volume.nii", () => encodeNifti(volume, { packed: false }), true),
    written("NIfTI, gzip", "volume.nii.gz", () => encodeNifti(volume, { packed: true }), true),
    written("NRRD, gzip", "volume.nrrd", () => encodeNrrd(volume)),
    written("MetaImage, zlib", "volume.mha", () => encodeMetaImage(volume)),
    given("DICOM series", "series", (path) => writeSeries(path, volume), true),
    given("HDF5, gzip", "volume.h5", (path) => writeHdf5(path, volume), false),
  ];
}

function requireSame({ samples }: Volume, read: ArrayLike<number>, setting: string): void {
  for (let i = 0; i < samples.length; i++) {
    if (samples[i] !== read[i])
      throw new Error(`${setting}: value ${i} is ${read[i]} after reading, not ${samples[i]}`);
  }
}

/** Rows of one format; both sides do each round's work one after the other. */
async function rowsOf(one: Case, volume: Volume, rounds: number, peer: Conversation | null): Promise<Row[]> {
  const { setting, path } = one;
  const size = volume.grid.shape.join("x");
  const ask = async (request: object) => (await peer!.ask<{ seconds: number }>(request as never)).seconds;
  const compared = (measure: string, ours: number[], theirs: number[]): Row => ({
    ...{ measure, setting, size },
    ...comparedCells(median(ours), theirs.length > 0 ? median(theirs) : null, null),
  });
  const rows: Row[] = [];
  const [writes, peerWrites, reads, peerReads]: number[][] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    if (round === 0 || one.timed) writes.push(await secondsOf(() => one.write(path)));
    if (peer && one.peerWrites)
      peerWrites.push(
        await ask({ do: "write", like: path, path: `${path}.peer.nii${path.endsWith(".gz") ? ".gz" : ""}` }),
      );
  }
  for (let round = 0; round < rounds; round++) {
    reads.push(
      await secondsOf(async () => {
        const { samples } = await readVolume(path);
        if (round === 0) requireSame(volume, samples, setting);
      }),
    );
    if (peer && one.peerReads) peerReads.push(await ask({ do: "read", path }));
  }
  // The first reading also compared every value.
  rows.push(compared("s to read", reads.slice(1), peerReads.slice(1)));
  if (one.timed) rows.push(compared("s to write", writes.slice(1), peerWrites.slice(1)));
  if (one.timed) rows.push({ ...compared("MB", [statSync(path).size / 1e6], []) });
  return rows;
}

/** Runs the bench. */
export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  const missing = await missingPeer("volume_files");
  const peer = missing === null ? startProgram("pytorch", "volume_files") : null;
  try {
    const volume = drawVolume(quick ? [20, 64, 64] : [300, 512, 512]);
    const rows: Row[] = [];
    for (const one of casesOf(folder, volume)) rows.push(...(await rowsOf(one, volume, quick ? 2 : 4, peer)));
    return {
      title: "Reading and writing a volume of 16-bit values",
      rows,
      notes: [
        "Medians of three after one more; files lie in the system's cache. Values read are those written, all of them.",
        missing === null
          ? "The column pytorch holds nibabel for NIfTI and pydicom for the series (files in order of their positions, values stacked)."
          : `Neither nibabel nor pydicom to compare with (${missing}): set DIMSEG_PEER_PYTHON to a Python that has them.`,
      ],
    };
  } finally {
    await peer?.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
