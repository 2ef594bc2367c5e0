/** CSV that reads back as written, whatever the fields hold. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { csvField, formatCsv, parseCsv } from "../../src/core/formats/csv.js";

it("quotes only what needs it", () => {
  expect(["plain", 'a "b"', "a,b", " x", 0.5].map(csvField)).toEqual(["plain", '"a ""b"""', '"a,b"', '" x"', "0.5"]);
});

it("reads lines of any ending, empty fields included", () => {
  expect(parseCsv("a,b\r\n,\n")).toEqual([
    ["a", "b"],
    ["", ""],
  ]);
  expect(parseCsv("a,")).toEqual([["a", ""]]);
  expect(parseCsv("")).toEqual([]);
  expect(parseCsv('"x\ny",2')).toEqual([["x\ny", "2"]]);
});

it("reads back what it writes", () => {
  const rows = fc.array(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), { minLength: 1 });
  fc.assert(
    fc.property(rows, (wanted) => {
      expect(parseCsv(formatCsv(wanted))).toEqual(wanted);
    }),
  );
});

it("does not let a spreadsheet run what a file is called, and reads the name back", () => {
  const names = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-x", "\tx", "'=x", "a=b", "'x"];
  const written = formatCsv([[...names, -0.5, "-0.5", "-Infinity"]]);
  expect(written).toBe(`'=cmd|' /C calc'!A0,'@SUM(1),'+1+1,'-x,'\tx,''=x,a=b,'x,-0.5,-0.5,-Infinity\n`);
  expect(parseCsv(written)).toEqual([[...names, "-0.5", "-0.5", "-Infinity"]]);
});

it("refuses a quote in a wrong place", () => {
  for (const text of ['a"b,c\n', '"a"b\n', 'x\n"never ends\n'])
    expect(() => parseCsv(text)).toThrow(/has a quote in a wrong place/);
});
