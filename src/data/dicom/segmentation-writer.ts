/**
 * A label map as DICOM SEG beside the series it was made for (PS3.3, A.51 and C.8.20). Every frame's place is copied from its
 * source slice, character by character, so a tilted gantry or a missing slice needs no grid.
 */
import { UsageError } from "../../core/errors.js";
import { packageVersion } from "../../core/package-root.js";
import { type Grid, shapeText, voxelCount } from "../../grid/grid.js";
import { dot, minus } from "../../grid/vector.js";
import { functionalGroup } from "./functional-groups.js";
import { readHead } from "./head.js";
import type { DicomFile } from "./parse.js";
import { normalOf } from "./place.js";
import { segmentationClasses } from "./segmentation-reader.js";
import type { DicomVolume } from "./volumes.js";
import { encodeDicom, newUid, type WrittenSet } from "./write.js";

/** A concept of a coding scheme, as `{ value: "41216001", scheme: "SCT", meaning: "Prostate" }`. */
export interface Code {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

/** What a segment is called. */
export interface NamedSegment {
  /** At most 64 characters. */
  readonly label: string;
  /** Anatomical structure unless given. */
  readonly category?: Code;
  /** Tissue unless given, since a name says no code. */
  readonly type?: Code;
}

/** How a segmentation is written. */
export interface SegmentationOptions {
  /** A frame for each segment and slice, which all viewers read (default), or the label map itself, which few do yet. */
  readonly kind?: keyof typeof segmentationClasses;
  /** Copies the patient's name, number, birth date and sex, and the study's dates, numbers and referring physician. */
  readonly keepIds?: boolean;
  /** When it was made; now unless given. */
  readonly date?: Date;
}

const anatomy: Code = { value: "123037004", scheme: "SCT", meaning: "Anatomical Structure" };
const tissue: Code = { value: "85756007", scheme: "SCT", meaning: "Tissue" };
const sourceImage: Code = { value: "121322", scheme: "DCM", meaning: "Source image for image processing operation" };
const segmentation: Code = { value: "113076", scheme: "DCM", meaning: "Segmentation" };
const labelLength = 64;

function codeItem({ value, scheme, meaning }: Code): WrittenSet {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}

/** What is written about whom it is of; empty, as the standard allows, unless ids are kept. */
const idAttributes = [
  ...(["PatientName", "PatientID", "PatientBirthDate", "PatientSex"] as const),
  ...(["StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"] as const),
];

/** One slice's file, and where it lies in its own words. */
interface Source {
  readonly dicom: DicomFile;
  readonly frame: number;
  readonly isMultiFrame: boolean;
}

async function sourcesOf({ slices }: DicomVolume): Promise<Source[]> {
  const files = new Map<string, DicomFile>();
  const sources: Source[] = [];
  for (const { file, frame } of slices) {
    const dicom = files.get(file) ?? (await readHead(file));
    files.set(file, dicom);
    sources.push({ dicom, frame, isMultiFrame: (dicom.set.number("NumberOfFrames") ?? 1) > 1 });
  }
  return sources;
}

/** One frame of the segmentation. */
interface SegmentFrame {
  readonly slice: number;
  /** From 1 on; undefined in a label map. */
  readonly segment: number | undefined;
}

/** Frames that hold anything; of an empty segmentation one, since a file needs one. */
function framesOf(labels: Labels, sliceSize: number, segments: number, isBinary: boolean): SegmentFrame[] {
  const slices = labels.length / sliceSize;
  const present = Array.from(
    { length: slices },
    (_, z) => new Set<number>(labels.subarray(z * sliceSize, (z + 1) * sliceSize)),
  );
  const numbers = isBinary ? Array.from({ length: segments }, (_, i) => i + 1) : [undefined];
  const frames = numbers.flatMap((segment) =>
    present.flatMap((values, slice) => {
      const isThere = segment === undefined ? values.size > 1 || !values.has(0) : values.has(segment);
      return isThere ? [{ slice, segment }] : [];
    }),
  );
  return frames.length > 0 ? frames : [{ slice: 0, segment: numbers[0] }];
}

type Labels = Uint8Array | Uint16Array;

/** Frames of single bits follow each other without gaps, the first pixel in the lowest bit. */
function packBits(labels: Labels, frames: readonly SegmentFrame[], sliceSize: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil((frames.length * sliceSize) / 8));
  frames.forEach(({ slice, segment }, frame) => {
    for (let i = 0; i < sliceSize; i++)
      if (labels[slice * sliceSize + i] === segment)
        packed[(frame * sliceSize + i) >> 3] |= 1 << ((frame * sliceSize + i) & 7);
  });
  return packed;
}

function joinFrames(labels: Labels, frames: readonly SegmentFrame[], sliceSize: number): Uint8Array {
  const joined =
    labels instanceof Uint8Array
      ? new Uint8Array(frames.length * sliceSize)
      : new Uint16Array(frames.length * sliceSize);
  frames.forEach(({ slice }, frame) => {
    joined.set(labels.subarray(slice * sliceSize, (slice + 1) * sliceSize), frame * sliceSize);
  });
  return new Uint8Array(joined.buffer);
}

/** A file, or a frame of it. */
function reference({ dicom: { set }, frame, isMultiFrame }: Source): WrittenSet {
  return {
    ReferencedSOPClassUID: set.text("SOPClassUID"),
    ReferencedSOPInstanceUID: set.text("SOPInstanceUID"),
    ReferencedFrameNumber: isMultiFrame ? frame + 1 : undefined,
  };
}

function perFrame({ slice, segment }: SegmentFrame, source: Source): WrittenSet {
  const { dicom, frame } = source;
  const position = (functionalGroup(dicom.set, frame, "PlanePositionSequence") ?? dicom.set).texts(
    "ImagePositionPatient",
  );
  return {
    DerivationImageSequence: [
      {
        SourceImageSequence: [{ ...reference(source), PurposeOfReferenceCodeSequence: [codeItem(sourceImage)] }],
        DerivationCodeSequence: [codeItem(segmentation)],
      },
    ],
    FrameContentSequence: [{ DimensionIndexValues: segment === undefined ? [slice + 1] : [segment, slice + 1] }],
    PlanePositionSequence: [{ ImagePositionPatient: position }],
    SegmentIdentificationSequence: segment === undefined ? undefined : [{ ReferencedSegmentNumber: segment }],
  };
}

/** Millimetres from slice to slice along the normal; undefined where they are not regular. */
function sliceDistance({ grid, slices }: DicomVolume): number | undefined {
  if (!grid.spacing) return undefined;
  if (slices.length === 1) return grid.spacing[0];
  const [first, last] = [slices[0].place, slices[slices.length - 1].place];
  return dot(minus(last.position, first.position), normalOf(first)) / (slices.length - 1);
}

function sharedGroups(volume: DicomVolume, { dicom: { set }, frame }: Source): WrittenSet {
  const orientation = functionalGroup(set, frame, "PlaneOrientationSequence") ?? set;
  const measures = functionalGroup(set, frame, "PixelMeasuresSequence") ?? set;
  const distance = sliceDistance(volume);
  return {
    PlaneOrientationSequence: [{ ImageOrientationPatient: orientation.texts("ImageOrientationPatient") }],
    PixelMeasuresSequence: [
      {
        SliceThickness: measures.text("SliceThickness") ?? distance ?? 1,
        SpacingBetweenSlices: distance,
        PixelSpacing: measures.texts("PixelSpacing"),
      },
    ],
  };
}

function dimensions(isBinary: boolean): WrittenSet {
  const organization = newUid();
  const index = (pointer: string, group: string): WrittenSet => ({
    DimensionOrganizationUID: organization,
    DimensionIndexPointer: pointer,
    FunctionalGroupPointer: group,
    DimensionDescriptionLabel: pointer,
  });
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [
      ...(isBinary ? [index("ReferencedSegmentNumber", "SegmentIdentificationSequence")] : []),
      index("ImagePositionPatient", "PlanePositionSequence"),
    ],
  };
}

function segmentItem({ label, category = anatomy, type = tissue }: NamedSegment, number: number): WrittenSet {
  return {
    SegmentNumber: number,
    SegmentLabel: label.replaceAll("\\", "/").slice(0, labelLength) || `segment ${number}`,
    SegmentedPropertyCategoryCodeSequence: [codeItem(category)],
    SegmentedPropertyTypeCodeSequence: [codeItem(type)],
    SegmentAlgorithmType: "AUTOMATIC",
    SegmentAlgorithmName: "dimseg",
  };
}

/** @throws UsageError when labels do not fit the volume or the segments */
function checkLabels(labels: Labels, grid: Grid, segments: readonly NamedSegment[]): void {
  if (labels.length !== voxelCount(grid)) {
    throw new UsageError(
      `encodeSegmentation: labels has ${labels.length} values; expected ${shapeText(grid)} = ${voxelCount(grid)}`,
    );
  }
  let most = 0;
  for (const label of labels) most = Math.max(most, label);
  if (segments.length === 0 || most > segments.length)
    throw new UsageError(`encodeSegmentation: labels go up to ${most}, but segments names ${segments.length}`);
}

/**
 * Writes a label map as a DICOM SEG file.
 * @param labels   `[slices, rows, columns]` of the volume: 0 is background, k is the k-th segment
 * @param volume   what it was made for; its files' headers are read again
 * @param segments in the order of their numbers
 * @returns the file; without {@link SegmentationOptions.keepIds} it says nothing of the patient, but the UIDs of the study,
 *   the series and its images are in it, or it could not lie beside them
 * @throws UsageError when labels do not fit; DataError when a file of the volume cannot be read
 * @example writeFileSync("seg.dcm", await encodeSegmentation(labels, volumes[0], [{ label: "prostate" }]));
 */
export async function encodeSegmentation(
  labels: Uint8Array | Uint16Array,
  volume: DicomVolume,
  segments: readonly NamedSegment[],
  { kind = "binary", keepIds = false, date = new Date() }: SegmentationOptions = {},
): Promise<Uint8Array> {
  checkLabels(labels, volume.grid, segments);
  const sources = await sourcesOf(volume);
  const { set } = sources[0].dicom;
  const [rows, columns] = volume.grid.shape.slice(1);
  const isBinary = kind === "binary";
  const frames = framesOf(labels, rows * columns, segments.length, isBinary);
  const bits = isBinary ? 1 : 8 * labels.BYTES_PER_ELEMENT;
  const [day, time] = [
    date.toISOString().slice(0, 10).replaceAll("-", ""),
    date.toISOString().slice(11, 19).replaceAll(":", ""),
  ];
  const instances = new Map(sources.map((source) => [source.dicom.file, { ...source, isMultiFrame: false }]));
  return encodeDicom({
    SpecificCharacterSet: "ISO_IR 192",
    ImageType: ["DERIVED", "PRIMARY"],
    InstanceCreationDate: day,
    InstanceCreationTime: time,
    SOPClassUID: segmentationClasses[kind],
    SOPInstanceUID: newUid(),
    SeriesDate: day,
    ContentDate: day,
    SeriesTime: time,
    ContentTime: time,
    Modality: "SEG",
    Manufacturer: "dimseg",
    ManufacturerModelName: "dimseg",
    DeviceSerialNumber: "0",
    SoftwareVersions: packageVersion(),
    SeriesDescription: "dimseg segmentation",
    ...Object.fromEntries(idAttributes.map((name) => [name, (keepIds ? set.text(name, "latin1") : undefined) ?? ""])),
    StudyInstanceUID: set.text("StudyInstanceUID"),
    SeriesInstanceUID: newUid(),
    SeriesNumber: "300",
    InstanceNumber: "1",
    FrameOfReferenceUID: set.text("FrameOfReferenceUID"),
    PositionReferenceIndicator: "",
    ReferencedSeriesSequence: [
      {
        SeriesInstanceUID: set.text("SeriesInstanceUID"),
        ReferencedInstanceSequence: [...instances.values()].map(reference),
      },
    ],
    ...dimensions(isBinary),
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    NumberOfFrames: frames.length,
    Rows: rows,
    Columns: columns,
    BitsAllocated: bits,
    BitsStored: bits,
    HighBit: bits - 1,
    PixelRepresentation: 0,
    LossyImageCompression: "00",
    SegmentationType: isBinary ? "BINARY" : "LABELMAP",
    SegmentsOverlap: "NO",
    ContentLabel: "SEGMENTATION",
    ContentDescription: "dimseg",
    ContentCreatorName: "dimseg^",
    SegmentSequence: segments.map((segment, i) => segmentItem(segment, i + 1)),
    SharedFunctionalGroupsSequence: [sharedGroups(volume, sources[0])],
    PerFrameFunctionalGroupsSequence: frames.map((frame) => perFrame(frame, sources[frame.slice])),
    PixelData: isBinary ? packBits(labels, frames, rows * columns) : joinFrames(labels, frames, rows * columns),
  });
}
