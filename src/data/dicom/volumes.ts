/** From slices to volumes: which slices belong together, and what each volume is. Nothing is decoded. */
import type { Grid } from "../../grid/grid.js";
import type { SampleType } from "../../grid/stored-image.js";
import { haveOneOrientation } from "./place.js";
import type { Slice, SliceHeader } from "./slice-header.js";
import { byPosition, stack } from "./stack.js";

/** A volume that lies in one or more DICOM files. It holds nothing that says whose it is. */
export interface DicomVolume {
  /** DICOM's word for the kind of image: `CT`, `MR`, `PT`. */
  readonly modality: string;
  /** Where a series has a number, that number. */
  readonly seriesNumber: number | undefined;
  /** `[slices, rows, columns]`, slices ascending along (row x column); spacing and place are null where slices are not regular. */
  readonly grid: Grid;
  readonly channels: 1 | 3;
  readonly sampleType: SampleType;
  /** In the grid's order. */
  readonly slices: readonly Slice[];
  /** What a user should know, each without the volume's name: missing and repeated slices, a tilted gantry, rescaling. */
  readonly remarks: readonly string[];
}

function compareOrders(a: SliceHeader, b: SliceHeader): number {
  const at = a.order.findIndex((number, i) => number !== b.order[i]);
  return at < 0 ? 0 : a.order[at] - b.order[at];
}

/** Slices of one series, size and orientation. */
function groups(slices: readonly SliceHeader[]): SliceHeader[][] {
  const found = new Map<string, SliceHeader[][]>();
  for (const slice of slices) {
    const ofSeries = found.get(slice.series) ?? [];
    const group = ofSeries.find(([first]) => haveOneOrientation(first.place, slice.place));
    if (group) group.push(slice);
    else ofSeries.push([slice]);
    found.set(slice.series, ofSeries);
  }
  return [...found.values()].flat();
}

/** Images that are there twice count once. */
function withoutCopies(group: readonly SliceHeader[]): { slices: SliceHeader[]; remarks: string[] } {
  const slices = [...new Map(group.map((slice) => [slice.instance, slice])).values()];
  const copies = group.length - slices.length;
  return { slices, remarks: copies > 0 ? [`${copies} of its images are there twice and count once`] : [] };
}

/**
 * The slices of each volume of a group: images at the same positions, as of a beating heart, are volumes of their own where
 * every position has as many.
 */
function volumesOf(group: readonly SliceHeader[]): { slices: SliceHeader[]; remarks: string[] }[] {
  const positions = byPosition(group).map((images) => images.sort(compareOrders));
  const most = Math.max(...positions.map((images) => images.length));
  if (positions.every((images) => images.length === most)) {
    return Array.from({ length: most }, (_, k) => ({
      slices: positions.map((images) => images[k]),
      remarks: most > 1 ? [`it is number ${k + 1} of ${most} at the same positions (times, echoes or the like)`] : [],
    }));
  }
  const repeated = group.length - positions.length;
  const remark = `${repeated} of its images lie at positions of others, not as many at each, and are left out`;
  return [{ slices: positions.map(([first]) => first), remarks: [remark] }];
}

function build(slices: readonly SliceHeader[], remarks: readonly string[]): DicomVolume {
  const [first] = slices;
  const stacked = stack(first.file, slices, first.shape, first.thickness);
  const { slope, intercept } = first.rescale;
  const scaled = slices.every(({ rescale }) => rescale.slope === slope && rescale.intercept === intercept);
  const isOneType = slices.every(({ sampleType }) => sampleType === first.sampleType);
  return {
    modality: first.modality,
    seriesNumber: first.seriesNumber,
    grid: stacked.grid,
    channels: first.channels,
    sampleType: isOneType ? first.sampleType : "float32",
    slices: slices.map(({ file, frame, place }) => ({ file, frame, place })),
    remarks: [
      ...remarks,
      ...stacked.remarks,
      ...(scaled ? [] : ["its rescaling differs between slices, and each slice's own is used"]),
    ],
  };
}

/**
 * Puts slices together: of one series, size, spacing and orientation.
 * @param headers of any number of files, in any order
 */
export function gatherVolumes(headers: readonly SliceHeader[]): DicomVolume[] {
  const all = groups(headers);
  const seriesCount = new Map<string, number>();
  const seriesOf = ({ series }: SliceHeader) => JSON.parse(series)[0] as string;
  for (const [first] of all) seriesCount.set(seriesOf(first), (seriesCount.get(seriesOf(first)) ?? 0) + 1);
  return all.flatMap((group) => {
    const count = seriesCount.get(seriesOf(group[0])) ?? 1;
    const mixed = count > 1 ? [`it is one of ${count} parts of its series, of different sizes or orientations`] : [];
    const { slices, remarks } = withoutCopies(group);
    return volumesOf(slices).map((one) => build(one.slices, [...mixed, ...remarks, ...one.remarks]));
  });
}
