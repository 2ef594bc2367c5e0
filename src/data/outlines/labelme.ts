/** Outlines in the format of labelme (github.com/wkentaro/labelme): a JSON file beside each image. */
import { z } from "zod";
import { fillPolygon, type OutlinedObject, type OutlineFormat } from "./outlined.js";
import { parsed } from "./parsed.js";

const point = z.tuple([z.number(), z.number()]);

const schema = z.object({
  imagePath: z.string().min(1),
  imageWidth: z.int().min(1).nullish(),
  imageHeight: z.int().min(1).nullish(),
  shapes: z.array(
    z.object({ label: z.string().min(1), points: z.array(point), shape_type: z.string().default("polygon") }),
  ),
});

type Shape = z.output<typeof schema>["shapes"][number];

/** Null for points and lines. */
function objectOf({ label: className, points, shape_type: type }: Shape): OutlinedObject | null {
  if (type === "polygon" && points.length > 2) return { className, draw: (canvas) => fillPolygon(canvas, points) };
  if (points.length !== 2) return null;
  const [[x, y], [otherX, otherY]] = points;
  if (type === "rectangle")
    return {
      className,
      draw: (canvas) =>
        fillPolygon(canvas, [
          [x, y],
          [otherX, y],
          [otherX, otherY],
          [x, otherY],
        ]),
    };
  if (type !== "circle") return null;
  const square = (otherX - x) ** 2 + (otherY - y) ** 2;
  return {
    className,
    draw: ({ mask, rows, columns }) => {
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          if ((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 <= square) mask[row * columns + column] = 1;
    },
  };
}

export const labelme: OutlineFormat = {
  title: "labelme",
  matches: (content) => "shapes" in content && "imagePath" in content,
  read(content, file) {
    const { imagePath, imageWidth, imageHeight, shapes } = parsed(schema, content, file);
    const own = shapes.map(objectOf);
    const objects = own.filter((one) => one !== null);
    const size = imageWidth && imageHeight ? ([imageWidth, imageHeight] as const) : null;
    // Made on another system it may have a path with backslashes.
    return [{ name: imagePath.replaceAll("\\", "/"), size, objects, others: own.length - objects.length }];
  },
};
