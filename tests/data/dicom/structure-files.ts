/** RT structure sets for tests, drawn on the series of series-files.ts. */
import type { Dataset } from "./dicom-file.js";
import { decimals, type SeriesOptions, standard, worldAt } from "./series-files.js";

/** A structure and its contours. */
export interface Drawn {
  readonly name: string;
  readonly kind?: string;
  /** Corners as columns and rows of slice `z`, each raised by so many slices as `depths` says. */
  readonly contours: readonly {
    readonly z: number;
    readonly corners: readonly (readonly [x: number, y: number])[];
    readonly depths?: readonly number[];
  }[];
}

/** The attributes of a structure set that says which series it was drawn on. */
export function structureSet(structures: readonly Drawn[], options: SeriesOptions = {}): Dataset {
  const { axes = standard.axes, spacing = standard.spacing, origin = standard.origin } = options;
  const place = { axes, spacing, origin };
  return {
    "00080016 UI": "1.2.840.10008.5.1.4.1.1.481.3",
    "00080018 UI": "1.2.3.4.5",
    "00080060 CS": "RTSTRUCT",
    "00100010 PN": "Secret^Name",
    "30060010 SQ": [{ "30060012 SQ": [{ "30060014 SQ": [{ "0020000E UI": "1.2.3.100" }] }] }],
    "30060020 SQ": structures.map(({ name }, i) => ({ "30060022 IS": String(7 - i), "30060026 LO": name })),
    "30060039 SQ": structures.map(({ kind = "CLOSED_PLANAR", contours }, i) => ({
      "30060040 SQ": contours.map(({ z, corners, depths = [] }) => ({
        "30060042 CS": kind,
        "30060050 DS": corners.map(([x, y], c) => decimals(worldAt(place, [x, y, z + (depths[c] ?? 0)]))).join("\\"),
      })),
      "30060084 IS": String(7 - i),
    })),
  };
}
