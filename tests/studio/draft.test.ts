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
  // As stored, and by columns, from the last one on.
  planes: [
    { axes: [0, 1, 2], reversed: [false, false, false] },
    { axes: [2, 0, 1], reversed: [true, false, false] },
  ],
};
const on = (index: number) => ({ plane: 0, index });
const values = Uint8Array.from({ length: 24 }, (_, i) => i % 3);
const stroke = (value: number) =>
  encodeMaskPatch({ x: 1, y: 0, width: 2, height: 2, values: new Uint8Array(4).fill(value) });

/** The values after strokes of 3 on the second slice. */
const drawn = Uint8Array.from(values, (value, i) => ([13, 14, 17, 18].includes(i) ? 3 : value));

it("holds every stroke after it was opened again, also a stroke that came twice", () => {
  const folder = join(base, "kept");
  const draft = Draft.begin(folder, about, values);
  draft.take(on(1), stroke(2));
  draft.take(on(1), stroke(3));
  draft.take(on(1), stroke(3));
  // Nobody closes a draft whose process is killed.
  const again = Draft.open(folder);
  expect([...again.values]).toEqual([...drawn]);
  expect(again.strokes).toBe(3);
  expect(again.head).toMatchObject(about);
});

it("draws in other planes than the voxels are stored in, and goes on there", () => {
  const folder = join(base, "planes");
  const draft = Draft.begin(folder, about, values);
  // Slice 0 of the second plane is the last column: the two slices are its rows, the three rows its columns.
  expect([...draft.slice({ plane: 1, index: 0 })]).toEqual([3, 7, 11, 15, 19, 23].map((i) => values[i]));
  const patch = encodeMaskPatch({ x: 1, y: 1, width: 2, height: 1, values: Uint8Array.from([3, 1]) });
  draft.take({ plane: 1, index: 0 }, patch);
  draft.take(on(1), stroke(3));
  const wanted = Uint8Array.from(drawn);
  [wanted[19], wanted[23]] = [3, 1];
  const again = Draft.open(folder);
  expect([...again.values]).toEqual([...wanted]);
  expect([...again.slice({ plane: 1, index: 0 }).subarray(3)]).toEqual([wanted[15], 3, 1]);
});

it("loses at most the stroke that was being written, and goes on after it", () => {
  const folder = join(base, "torn");
  const draft = Draft.begin(folder, about, values);
  draft.take(on(1), stroke(3));
  draft.take(on(0), stroke(1));
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
  open.take(on(0), stroke(0));
  open.close();
  expect([...Draft.open(folder).slice(on(0))]).toEqual([0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 1, 2]);
});

it("takes no stroke that is not of the mask, and keeps none of it", () => {
  const folder = join(base, "refused");
  const draft = Draft.begin(folder, about, values);
  expect(() => draft.take(on(2), stroke(1))).toThrow(DataError);
  expect(() => draft.take({ plane: 2, index: 0 }, stroke(1))).toThrow("is in plane 2, but the case has 2");
  expect(() => draft.take({ plane: 1, index: 4 }, stroke(1))).toThrow("is on slice 4, but the case has 4");
  expect(() => draft.take(on(0), stroke(4))).toThrow("draws 4, which is no class of the data set");
  expect(() => draft.take(on(0), stroke(1).subarray(0, 17))).toThrow(DataError);
  const wide = encodeMaskPatch({ x: 3, y: 0, width: 2, height: 1, values: new Uint8Array(2) });
  expect(() => draft.take(on(0), wide)).toThrow(DataError);
  draft.close();
  expect([...Draft.open(folder).values]).toEqual([...values]);
});

it("knows on which slices the model's mask was put, and not taken back, after it was opened again", () => {
  const model = { run: "/runs/one", answeredBy: "student, last checkpoint" };
  const folder = join(base, "accepted");
  const draft = Draft.begin(folder, about, values);
  draft.take(on(0), stroke(1), { model });
  draft.take(on(1), stroke(2), { model });
  draft.take(on(1), stroke(3), { model: null });
  draft.take(on(0), stroke(3));
  const drawnFrom = {
    from: "reference",
    model: null,
    strokes: 4,
    accepted: [{ plane: 0, index: 0, stroke: 1, model }],
  };
  expect(draft.drawnFrom).toMatchObject(drawnFrom);
  expect(Draft.open(folder).drawnFrom).toEqual(draft.drawnFrom);
  expect(Draft.open(folder).values).toEqual(draft.values);
  expect(draft.isTaken(1, on(1), stroke(2), { model })).toBe(true);
  expect([draft.isTaken(1, on(1), stroke(2)), draft.isTaken(2, on(1), stroke(2), { model })]).toEqual([false, false]);
});

it("comes from the model where its mask was put in place of all of the mask", () => {
  const model = { run: "/runs/one", answeredBy: "student, last checkpoint" };
  const picture = { ...about, count: 1, planes: [about.planes[0]] };
  const draft = Draft.begin(join(base, "picture"), picture, values.subarray(0, 12));
  draft.take(on(0), stroke(1), { model });
  draft.take(on(0), stroke(2));
  expect(draft.drawnFrom).toMatchObject({ from: "prediction", model, strokes: 2, accepted: [{ stroke: 1 }] });
  draft.take(on(0), stroke(1), { model: null });
  expect(draft.drawnFrom).toMatchObject({ from: "reference", model: null, strokes: 3, accepted: [] });
});
