/** Painting and erasing parts, exclusive ones and such that lie in each other, and how they look. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/core/errors.js";
import { createLabelDecoder } from "../../../src/data/masks/labels.js";
import { makeGrid } from "../../../src/grid/grid.js";
import { type Part, partTables } from "../../../src/studio/page/editor/model/parts.js";
import { edgeColours, fillColours } from "../../../src/studio/page/editor/view/overlay-colours.js";

const cup: Part = { name: "cup", value: 0, colour: "#0000ff", inside: "disc" };
const disc: Part = { name: "disc", value: 1, colour: "#ffff00" };
const spot: Part = { name: "spot", value: 2, colour: "#ff0000" };
const eye = [cup, disc, spot];
const tables = (part: Part) => partTables(part, eye, "sigmoid");

describe("parts that may overlap", () => {
  it("have the codes that the data set's rule gives them", () => {
    const decoder = createLabelDecoder({
      target: "sigmoid",
      classes: eye.map(({ name, value, colour, inside }) => ({
        ...{ name, index: value, colour },
        ...(inside === undefined ? {} : { inside }),
      })),
      labels: { kind: "values", map: { 0: "background", 128: "disc", 255: "cup" } },
    });
    const grid = makeGrid("test", [1, 3], null, null);
    const codes = decoder.decode({ grid, channels: 1, samples: Uint8Array.from([0, 128, 255]) }, "mask.png");
    expect([...codes]).toEqual([0, tables(disc).paint[0], tables(cup).paint[0]]);
  });

  it("bring what they lie in, and take along what lies in them", () => {
    expect(tables(cup).paint[0]).toBe(0b011);
    expect(tables(cup).erase[0b111]).toBe(0b110);
    expect(tables(disc).erase[0b111]).toBe(0b100);
    expect(tables(spot).paint[0b011]).toBe(0b111);
    expect(tables(spot).erase[0b111]).toBe(0b011);
  });

  it("are painted over what nobody labelled, but not erased from it", () => {
    expect(tables(disc).paint[255]).toBe(0b010);
    expect(tables(disc).erase[255]).toBe(255);
    expect(tables(disc).holds[255]).toBe(0);
    const unlabelled = partTables({ name: "not labelled", value: 255, colour: "#888888" }, eye, "sigmoid");
    expect([unlabelled.paint[0b011], unlabelled.erase[255], unlabelled.holds[255]]).toEqual([255, 0, 1]);
  });

  it("are refused where a byte has no room for them", () => {
    const eighth = { name: "eighth", value: 7, colour: "#ffffff" };
    expect(() => partTables(eighth, [eighth], "sigmoid")).toThrow(UsageError);
    expect(partTables(eighth, [eighth], "softmax").paint[3]).toBe(7);
  });
});

describe("parts that exclude each other", () => {
  it("take each other's place; erasing leaves all others", () => {
    const { paint, erase, holds } = partTables(spot, eye, "softmax");
    expect([paint[0], paint[1], paint[255]]).toEqual([2, 2, 2]);
    expect([erase[2], erase[1], erase[255]]).toEqual([0, 1, 255]);
    expect([holds[2], holds[1]]).toEqual([1, 0]);
  });
});

describe("colours", () => {
  const look = { parts: eye, target: "sigmoid" as const, hidden: new Set<number>() };
  const opaque = (rgb: number) => (0xff000000 | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;

  it("are those of the innermost part, and the mean of parts that only overlap", () => {
    const fill = fillColours(look, 1);
    expect(fill[0]).toBe(0);
    expect(fill[0b010]).toBe(opaque(0xffff00));
    expect(fill[0b011]).toBe(opaque(0x0000ff));
    expect(fill[0b110]).toBe(opaque(0xff8000));
  });

  it("leave out what is hidden", () => {
    const fill = fillColours({ ...look, hidden: new Set([0]) }, 1);
    expect(fill[0b011]).toBe(opaque(0xffff00));
  });

  it("lie on the side of the part that ends", () => {
    const edge = edgeColours(look);
    const between = (here: number, there: number) => edge[256 * here + there];
    expect(between(0b011, 0b010)).toBe(opaque(0x0000ff));
    expect(between(0b010, 0b011)).toBe(0);
    expect(between(0b010, 0)).toBe(opaque(0xffff00));
    expect(between(0, 0b010)).toBe(0);
  });

  it("of exclusive parts: both have an edge, the background has none", () => {
    const classes = [
      { name: "background", value: 0, colour: "#123456" },
      { ...cup, value: 1, inside: undefined },
      spot,
    ];
    const edge = edgeColours({ parts: classes, target: "softmax", hidden: new Set() });
    expect(edge[256 * 1 + 2]).toBe(opaque(0x0000ff));
    expect(edge[256 * 2 + 1]).toBe(opaque(0xff0000));
    expect(edge[256 * 0 + 1]).toBe(0);
  });
});
