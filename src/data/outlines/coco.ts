/** Outlines in the format of COCO (Lin et al., ECCV 2014; cocodataset.org, "Data format"): polygons and run lengths. */
import { z } from "zod";
import { DataError } from "../../core/errors.js";
import { groupBy } from "../../core/group-by.js";
import type { Polygon } from "../../grid/polygon.js";
import { type Canvas, fillPolygon, type OutlinedObject, type OutlineFormat } from "./outlined.js";
import { parsed } from "./parsed.js";

const id = z.union([z.number(), z.string()]);
/** Lengths of runs down the columns, of 0 and 1 in turn; as text in the coding of COCO's own tools. */
const runLengths = z.object({
  counts: z.union([z.string(), z.array(z.int().min(0))]),
  size: z.tuple([z.int().min(1), z.int().min(1)]),
});
const polygons = z.array(
  z.array(z.number()).refine((values) => values.length % 2 === 0, "has an odd number of coordinates"),
);

const schema = z.object({
  images: z.array(
    z.object({ id, file_name: z.string().min(1), width: z.int().min(1).optional(), height: z.int().min(1).optional() }),
  ),
  annotations: z.array(
    z.object({ image_id: id, category_id: id, segmentation: z.union([polygons, runLengths]).nullish() }),
  ),
  categories: z.array(z.object({ id, name: z.string().min(1) })),
});

type Annotation = z.output<typeof schema>["annotations"][number];

/** Numbers of 5 bits a character, least first; from the fourth on as the difference to the one before the last. */
function decodedCounts(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length; ) {
    let [value, shift, code] = [0, 0, 0];
    do {
      code = text.charCodeAt(at++) - 48;
      value |= (code & 0x1f) << shift;
      shift += 5;
    } while (code & 0x20 && at < text.length);
    if (code & 0x10) value |= -1 << shift;
    counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value);
  }
  return counts;
}

function drawRuns({ counts, size }: z.output<typeof runLengths>, { mask, rows, columns }: Canvas, file: string): void {
  if (size[0] !== rows || size[1] !== columns)
    throw new DataError(
      `${file}: run lengths are of ${size[1]} x ${size[0]} pixels, their image has ${columns} x ${rows}`,
    );
  const lengths = typeof counts === "string" ? decodedCounts(counts) : counts;
  if (lengths.some((length) => length < 0) || lengths.reduce((sum, one) => sum + one, 0) !== rows * columns)
    throw new DataError(
      `${file}: run lengths that do not cover an image of ${columns} x ${rows} pixels; export it again`,
    );
  let at = 0;
  lengths.forEach((length, i) => {
    if (i % 2 === 1) for (let p = at; p < at + length; p++) mask[(p % rows) * columns + Math.floor(p / rows)] = 1;
    at += length;
  });
}

function cornersOf(values: readonly number[]): Polygon {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]] as const);
}

/** Corners that enclose something. */
const fewestCorners = 3;

/** Null where an annotation is a box alone. */
function objectOf({ segmentation }: Annotation, className: string, file: string): OutlinedObject | null {
  if (!segmentation) return null;
  if (!Array.isArray(segmentation)) return { className, draw: (canvas) => drawRuns(segmentation, canvas, file) };
  const parts = segmentation.map(cornersOf).filter((corners) => corners.length >= fewestCorners);
  if (parts.length === 0) return null;
  return {
    className,
    draw: (canvas) => {
      for (const corners of parts) fillPolygon(canvas, corners);
    },
  };
}

export const coco: OutlineFormat = {
  title: "COCO",
  matches: (content) => "images" in content && "annotations" in content && "categories" in content,
  read(content, file) {
    const { images, annotations, categories } = parsed(schema, content, file);
    const names = new Map(categories.map((one) => [one.id, one.name]));
    const byImage = groupBy(annotations, (one) => one.image_id);
    return images.map((image) => {
      const own = (byImage.get(image.id) ?? []).map((one) => {
        const name = names.get(one.category_id);
        if (name === undefined)
          throw new DataError(
            `${file}: an annotation is of category ${one.category_id}, which its categories do not list`,
          );
        return objectOf(one, name, file);
      });
      const objects = own.filter((one) => one !== null);
      return {
        name: image.file_name,
        size: image.width === undefined || image.height === undefined ? null : [image.width, image.height],
        objects,
        others: own.length - objects.length,
      };
    });
  },
};
