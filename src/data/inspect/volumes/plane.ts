/** Which slices of volumes to train on, from how they lie and which of their axes is the coarse one. */
import type { Grid } from "../../../grid/grid.js";
import { orderedGrid, type SlicePlane, sliceOrder } from "../../../grid/slices.js";

/** A volume whose slices are this much thicker than its pixels was scanned in slices. */
const thick = 1.5;
/** So many of the volumes must agree. */
const most = 0.9;

const planes = ["axial", "coronal", "sagittal"] as const;

/** The axis of the slices that a volume was scanned in; undefined where its voxels are nearly as long as wide. */
function coarseAxis({ spacing }: Grid): number | undefined {
  if (!spacing) return undefined;
  const [longest, next] = [...spacing].sort((a, b) => b - a);
  return longest > thick * next ? spacing.indexOf(longest) : undefined;
}

/** The plane, and why, in a sentence. */
export function guessPlane(grids: readonly Grid[]): { plane: SlicePlane; because: string } {
  const placed = grids.filter(({ toWorld }) => toWorld !== null);
  if (placed.length === 0)
    return {
      plane: "stored",
      because: "the volumes do not say how they lie in the body, so the slices are the files' own",
    };
  const scanned = placed.flatMap((grid) => {
    const axis = coarseAxis(grid);
    return axis === undefined ? [] : [{ grid, axis }];
  });
  if (scanned.length === 0) return { plane: "axial", because: "no axis of the volumes is coarser than the others" };
  const share = (fits: (one: (typeof scanned)[number]) => boolean) => scanned.filter(fits).length / scanned.length;
  const along = planes.find((plane) => share(({ grid, axis }) => sliceOrder(grid, plane).axes[0] === axis) >= most);
  if (along) return { plane: along, because: "that is how the volumes were scanned: their other axes are finer" };
  if (share(({ axis }) => axis === 0) >= most)
    return {
      plane: "stored",
      because:
        "the volumes were scanned in slices that lie askew in the body, as those of hearts do: the files' own are taken",
    };
  return { plane: "axial", because: "the volumes were scanned in different planes, so some are cut across theirs" };
}

/** Extents of a volume's slices as people write them, columns first. */
export function sliceSize(grid: Grid, plane: SlicePlane): readonly [columns: number, rows: number] {
  const [, rows, columns] = orderedGrid(grid, sliceOrder(grid, plane)).shape;
  return [columns, rows];
}
