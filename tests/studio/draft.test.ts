import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { encodeMaskPatch } from "../../src/grid/mask-patch.js";
import { Draft, type DraftHead } from "../../src/workflows/studio/correction/draft.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const about: Omit<DraftHead, "version"> = {
  ...{ case: "a/test/0", from: "reference", model: null, by: "someone", begun: "2026-01-02T03:04:05Z", mask: null },
  ...{ count: 2, rows: 3, columns: 4, most: 3 },
};
const values = Uint8Array.from({ length: 24 }, (_, i) => i % 3);
const stroke = (value: number) =>
  encodeMaskPatch({ x: 1, y: 0, width: 2, height: 2, values: new Uint8Array(4).fill(value) });

/** The values after strokes of 3 on the second slice. */
const drawn = Uint8Array.from(values, (value, i) => ([13, 14, 17, 18].includes(i) ? 3 : value));

it("holds every stroke after it was opened again, also a stroke that came twice", () => {
  const folder = join(base, "kept");
  const draft = Draft.begin(folder, about, values);
  draft.take(1, stroke(2));
  draft.take(1, stroke(3));
  draft.take(1, stroke(3));
  // Nobody closes a draft whose process is killed.
  const again = Draft.open(folder);
  expect([...again.values]).toEqual([...drawn]);
  expect(again.strokes).toBe(3);
  expect(again.head).toMatchObject(about);
});

it("loses at most the stroke that was being written, and goes on after it", () => {
  const folder = join(base, "torn");
  const draft = Draft.begin(folder, about, values);
  draft.take(1, stroke(3));
  draft.take(0, stroke(1));
  draft.close();
  const journal = join(folder, "strokes");
  const { length } = readFileSync(journal);
  for (let bytes = length - 1; bytes > length / 2; bytes--) {
    truncateSync(journal, bytes);
    const torn = Draft.open(folder);
    expect([...torn.values]).toEqual([...drawn]);
    torn.close();
    expect(readFileSync(journal).length).toBe(length / 2);
    appendFileSync(journal, new Uint8Array(length - length / 2));
  }
  const open = Draft.open(folder);
  open.take(0, stroke(0));
  open.close();
  expect([...Draft.open(folder).slice(0)]).toEqual([0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 1, 2]);
});

it("takes no stroke that is not of the mask, and keeps none of it", () => {
  const folder = join(base, "refused");
  const draft = Draft.begin(folder, about, values);
  expect(() => draft.take(2, stroke(1))).toThrow(DataError);
  expect(() => draft.take(0, stroke(4))).toThrow("draws 4, which is no class of the data set");
  expect(() => draft.take(0, stroke(1).subarray(0, 17))).toThrow(DataError);
  const wide = encodeMaskPatch({ x: 3, y: 0, width: 2, height: 1, values: new Uint8Array(2) });
  expect(() => draft.take(0, wide)).toThrow(DataError);
  draft.close();
  expect([...Draft.open(folder).values]).toEqual([...values]);
});
