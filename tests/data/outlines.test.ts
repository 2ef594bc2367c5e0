/** Outlines of annotation tools as masks: which pixels, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Canvas, OutlinedImage } from "../../src/data/outlines/outlined.js";
import { outlineFormatOf } from "../../src/data/outlines/registry.js";

function read(content: object): OutlinedImage[] {
  const format = outlineFormatOf(content);
  if (!format) throw new Error("no format");
  return format.read(content, "x.json");
}

/** The mask of an image's objects, a row a text. */
function drawn({ objects }: Pick<OutlinedImage, "objects">, columns: number, rows: number): string[] {
  const canvas: Canvas = { mask: new Uint8Array(rows * columns), rows, columns };
  for (const object of objects) object.draw(canvas);
  return Array.from({ length: rows }, (_, y) => [...canvas.mask.subarray(y * columns, (y + 1) * columns)].join(""));
}

function coco(segmentation: unknown, more: object = {}) {
  return {
    images: [{ id: 7, file_name: "a.png", width: 6, height: 4 }],
    annotations: [{ id: 1, image_id: 7, category_id: 3, segmentation }],
    categories: [{ id: 3, name: "disc" }],
    ...more,
  };
}

const labelme = (...shapes: object[]) => ({
  version: "5.4.1",
  imagePath: "a.png",
  imageHeight: 4,
  imageWidth: 6,
  shapes,
});

describe("COCO", () => {
  it("a polygon holds the pixels whose centres it encloses, and of several parts each", () => {
    const [one] = read(coco([[1, 1, 4, 1, 4, 3, 1, 3]]));
    expect(one).toMatchObject({ name: "a.png", size: [6, 4], others: 0, objects: [{ className: "disc" }] });
    expect(drawn(one, 6, 4)).toEqual(["000000", "011100", "011100", "000000"]);
    const [two] = read(
      coco([
        [0, 0, 1, 0, 1, 1, 0, 1],
        [0.4, 0.4, 2.6, 0.4, 2.6, 0.6, 0.4, 0.6],
      ]),
    );
    expect(drawn(two, 6, 4)).toEqual(["111000", "000000", "000000", "000000"]);
  });

  it("corners beyond the image are cut off", () => {
    const [one] = read(coco([[-5, -5, 3, -5, 3, 90, -5, 90]]));
    expect(drawn(one, 6, 4)).toEqual(Array(4).fill("111000"));
    expect(drawn(read(coco([[-9, -9, -5, -9, -5, -5]]))[0], 6, 4)).toEqual(Array(4).fill("000000"));
  });

  it("run lengths go down the columns, as numbers and in the coding of its tools", () => {
    const size = [4, 6];
    const columns = ["000000", "011000", "011000", "000000"];
    expect(drawn(read(coco({ counts: [5, 2, 2, 2, 13], size }))[0], 6, 4)).toEqual(columns);
    expect(drawn(read(coco({ counts: encoded([5, 2, 2, 2, 13]), size }))[0], 6, 4)).toEqual(columns);
  });

  it("both codings of run lengths are the same for any mask", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 12 }), (counts) => {
        const total = counts.reduce((sum, one) => sum + one, 0);
        fc.pre(total > 0);
        const as = (own: string | number[]) => drawn(read(coco({ counts: own, size: [total, 1] }))[0], 1, total);
        expect(as(encoded(counts))).toEqual(as(counts));
      }),
    );
  });

  it("boxes alone are counted", () => {
    for (const segmentation of [null, undefined, [], [[1, 2, 3, 4]]])
      expect(read(coco(segmentation))).toMatchObject([{ objects: [], others: 1 }]);
  });

  it("what is not as it should be is named", () => {
    expect(() => read(coco([[1, 2, 3]]))).toThrow(/^x\.json: annotations\.0\.segmentation/);
    expect(() => read(coco([], { categories: [] }))).toThrow(
      "x.json: an annotation is of category 3, which its categories do not list",
    );
    const short = read(coco({ counts: [5, 2], size: [4, 6] }))[0];
    expect(() => drawn(short, 6, 4)).toThrow(/run lengths that do not cover an image of 6 x 4 pixels/);
    expect(() => drawn(short, 5, 4)).toThrow(/run lengths are of 6 x 4 pixels, their image has 5 x 4/);
  });
});

describe("labelme", () => {
  it("polygons, rectangles of two corners and circles of a centre and an edge are filled", () => {
    const shape = (shape_type: string, points: number[][]) => ({ label: "disc", shape_type, points });
    const rows = (...shapes: object[]) => drawn(read(labelme(...shapes))[0], 6, 4);
    const box = ["000000", "011100", "011100", "000000"];
    expect(
      rows({
        label: "disc",
        points: [
          [1, 1],
          [4, 1],
          [4, 3],
          [1, 3],
        ],
      }),
    ).toEqual(box);
    expect(
      rows(
        shape("rectangle", [
          [4, 3],
          [1, 1],
        ]),
      ),
    ).toEqual(box);
    expect(
      rows(
        shape("circle", [
          [2, 2],
          [2, 3.2],
        ]),
      ),
    ).toEqual(["000000", "011000", "011000", "000000"]);
  });

  it("points and lines are counted, and paths may be of another system", () => {
    const content = {
      ...labelme({
        label: "x",
        shape_type: "linestrip",
        points: [
          [1, 1],
          [2, 2],
          [3, 1],
        ],
      }),
      imagePath: "..\\b\\a.png",
    };
    expect(read(content)).toMatchObject([{ name: "../b/a.png", objects: [], others: 1 }]);
  });
});

it.each([[[]], [null], [{ images: [] }], [{ shapes: [] }], ["text"]])("%j is neither", (content) => {
  expect(outlineFormatOf(content)).toBeUndefined();
});

/** COCO's coding: 5 bits a character, a sixth says that more follow; from the fourth on the difference to the one before the last. */
function encoded(counts: readonly number[]): string {
  return counts
    .map((count, i) => {
      let value = i > 2 ? count - counts[i - 2] : count;
      let text = "";
      for (;;) {
        const bits = value & 0x1f;
        value >>= 5;
        const isLast = bits & 0x10 ? value === -1 : value === 0;
        text += String.fromCharCode((isLast ? bits : bits | 0x20) + 48);
        if (isLast) return text;
      }
    })
    .join("");
}
