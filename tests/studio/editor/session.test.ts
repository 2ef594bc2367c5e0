/** Editing without a screen: tools, undo, and what is handed on to be saved. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyMaskPatch, type MaskPatch } from "../../../src/grid/mask-patch.js";
import { History } from "../../../src/studio/page/editor/model/history.js";
import { MaskDocument } from "../../../src/studio/page/editor/model/mask-document.js";
import type { Part } from "../../../src/studio/page/editor/model/parts.js";
import { EditorSession, type FinishedStroke } from "../../../src/studio/page/editor/session.js";
import { createSettings, type Settings, type Tool } from "../../../src/studio/page/editor/settings.js";

const size = { width: 40, height: 30 };
const count = size.width * size.height;
const exclusive: Part[] = ["background", "one", "two"].map((name, value) => ({ name, value, colour: "#808080" }));
const nested: Part[] = [
  { name: "cup", value: 0, colour: "#0000ff", inside: "disc" },
  { name: "disc", value: 1, colour: "#ffff00" },
];

/** Grey rises from left to right, four a column. */
const data = Uint8ClampedArray.from({ length: 4 * count }, (_, i) => (i % 4 === 3 ? 255 : 4 * ((i >> 2) % size.width)));

function open(some: Partial<Settings> = {}, parts = exclusive, target: "softmax" | "sigmoid" = "softmax") {
  const saved = new Uint8Array(count);
  const patches: MaskPatch[] = [];
  const settings = createSettings();
  settings.value = { ...settings.value, part: parts.at(-1)!.value, diameter: 5, ...some };
  const keep = ({ patch }: FinishedStroke) => {
    patches.push(patch);
    applyMaskPatch(saved, size.width, patch);
  };
  const session = new EditorSession({
    ...{ image: { ...size, data }, mask: new Uint8Array(count), parts, target, settings, keep },
  });
  const set = (changed: Partial<Settings>) => {
    settings.value = { ...settings.value, ...changed };
  };
  return { session, saved, patches, set };
}

const place = fc.record({ x: fc.integer({ min: -5, max: 45 }), y: fc.integer({ min: -5, max: 35 }) });
const tools: Tool[] = ["brush", "eraser", "polygon", "fill", "pieces"];
const action = fc.oneof(
  fc.record({
    ...{ kind: fc.constant("stroke" as const), tool: fc.constantFrom(...tools), part: fc.nat(2) },
    ...{ diameter: fc.integer({ min: 1, max: 12 }), isRanged: fc.boolean(), keepsPiece: fc.boolean() },
    places: fc.array(place, { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constantFrom("smooth" as const, "undo" as const, "redo" as const, "abandon" as const) }),
  fc.record({
    kind: fc.constant("replace" as const),
    mask: fc.uint8Array({ max: 3, minLength: count, maxLength: count }),
  }),
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

function act({ session, set }: ReturnType<typeof open>, one: Action): void {
  if (one.kind === "smooth") session.smooth();
  if (one.kind === "undo") session.undo();
  if (one.kind === "redo") session.redo();
  if (one.kind === "abandon") {
    session.begin({ x: 20, y: 10 }, 1);
    session.move({ x: 3, y: 3 });
    session.cancel();
  }
  if (one.kind === "replace") session.accept(one.mask, "a model");
  if (one.kind !== "stroke") return;
  const { kind: _, places, ...settings } = one;
  set({ ...settings, low: 40, high: 110 });
  session.begin(places[0], 0.5);
  for (const at of places.slice(1)) {
    if (one.tool === "polygon") session.begin(at, 0.5);
    else session.move(at);
  }
  if (one.tool === "polygon") session.closePolygon();
  session.end();
}

describe("undo", () => {
  it.each([
    ["exclusive", exclusive, "softmax"],
    ["nested", nested, "sigmoid"],
  ] as const)("after any sequence gives the first bits, and redo the last: %s parts", (_, parts, target) => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 25 }), (actions) => {
        const editor = open({}, [...parts], target);
        for (const one of actions) act(editor, one);
        const { session, saved } = editor;
        while (session.steps.value.canRedo) session.redo();
        const last = session.document.codes.slice();
        while (session.steps.value.canUndo) session.undo();
        expect(session.document.codes).toEqual(new Uint8Array(count));
        while (session.steps.value.canRedo) session.redo();
        expect(session.document.codes).toEqual(last);
        // What was handed on, put together in its order, is the mask.
        expect(saved).toEqual(last);
      }),
      { numRuns: 25 },
    );
  });

  it("keeps a hundred steps, and fewer where they are huge", () => {
    const box = { x: 0, y: 0, width: 1, height: 1 };
    const here = { plane: 0, index: 0 };
    const push = (history: History, steps: number, bytes: number) => {
      for (let i = 0; i < steps; i++) history.push({ name: `${i}`, box, runs: new Uint8Array(bytes), ...here });
      const names: string[] = [];
      for (let change = history.take("undo"); change; change = history.take("undo")) names.push(change.name);
      return names;
    };
    expect(push(new History(), 130, 3)).toHaveLength(100);
    expect(push(new History(), 130, 3).at(-1)).toBe("30");
    expect(push(new History({ steps: 100, bytes: 50 }), 10, 20)).toEqual(["9", "8"]);
    expect(push(new History({ steps: 100, bytes: 10 }), 3, 20)).toEqual(["2"]);
  });

  it("costs what a stroke changed: a small one is a few bytes of a large mask", () => {
    const large = { width: 2048, height: 2048 };
    const document = new MaskDocument(new Uint8Array(large.width * large.height), large);
    document.span(1000, 500, 600, { table: new Uint8Array(256).fill(1) });
    document.touch({ x: 490, y: 990, width: 200, height: 40 });
    const stroke = document.commit("brush")!;
    expect(stroke.change.box).toEqual({ x: 500, y: 1000, width: 101, height: 1 });
    expect(stroke.change.runs.length).toBe(2);
  });
});

/** Slices of one draft, of which one is shown at a time, as the page shows them. */
function openSlices() {
  const history = new History();
  const masks = [0, 1, 2].map(() => new Uint8Array(count));
  const settings = createSettings();
  let at = 0;
  let session: EditorSession;
  const show = (index: number) => {
    at = index;
    const keep = ({ patch }: FinishedStroke) => applyMaskPatch(masks[index], size.width, patch);
    const steps = { history, place: { plane: 0, index }, goTo: (place: { index: number }) => show(place.index) };
    session = new EditorSession({
      ...{ image: { ...size, data }, mask: masks[index], parts: exclusive, target: "softmax", settings, keep, steps },
    });
    session.arrive();
  };
  show(0);
  return { masks, show, shown: () => at, session: () => session };
}

describe("undo over several slices", () => {
  const draw = ({ session }: ReturnType<typeof openSlices>, row: number) => {
    session().begin({ x: 4, y: row }, 1);
    session().move({ x: 30, y: row });
    session().end();
  };

  it("shows the slice of the step, and does all of it again", () => {
    const slices = openSlices();
    draw(slices, 5);
    slices.show(2);
    draw(slices, 9);
    slices.show(1);
    expect(slices.session().steps.value).toEqual({ canUndo: true, canRedo: false });
    const last = slices.masks.map((mask) => mask.slice());
    slices.session().undo();
    expect([slices.shown(), slices.session().message.value]).toEqual([2, "Undid: brush"]);
    expect(slices.masks.map((mask) => mask.some(Boolean))).toEqual([true, false, false]);
    slices.session().undo();
    expect(slices.shown()).toBe(0);
    expect(slices.masks.some((mask) => mask.some(Boolean))).toBe(false);
    slices.session().redo();
    slices.session().redo();
    expect(slices.shown()).toBe(2);
    expect(slices.masks).toEqual(last);
  });

  it("gives all slices their first bits after any sequence, and redo their last", () => {
    const one = fc.oneof(
      fc.record({ kind: fc.constant("show" as const), value: fc.nat(2) }),
      fc.record({ kind: fc.constant("draw" as const), value: fc.integer({ min: 3, max: 25 }) }),
      fc.record({ kind: fc.constantFrom("undo" as const, "redo" as const), value: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), (actions) => {
        const slices = openSlices();
        for (const { kind, value } of actions) {
          if (kind === "show") slices.show(value);
          if (kind === "draw") draw(slices, value);
          if (kind === "undo") slices.session().undo();
          if (kind === "redo") slices.session().redo();
        }
        while (slices.session().steps.value.canRedo) slices.session().redo();
        const last = slices.masks.map((mask) => mask.slice());
        while (slices.session().steps.value.canUndo) slices.session().undo();
        expect(slices.masks.some((mask) => mask.some(Boolean))).toBe(false);
        while (slices.session().steps.value.canRedo) slices.session().redo();
        expect(slices.masks).toEqual(last);
      }),
      { numRuns: 40 },
    );
  });
});

describe("tools", () => {
  const at = (session: EditorSession, x: number, y: number) => session.document.codes[y * size.width + x];

  it("draw a stroke as one step and hand it on when it ends", () => {
    const { session, patches } = open();
    session.begin({ x: 5.5, y: 10.5 }, 1);
    session.move({ x: 25.5, y: 10.5 });
    expect(at(session, 15, 10)).toBe(2);
    expect(patches).toHaveLength(0);
    session.end();
    expect(patches.map(({ x, y, width, height }) => [x, y, width, height])).toEqual([[3, 8, 25, 5]]);
    session.undo();
    expect(session.document.codes.some(Boolean)).toBe(false);
    expect(session.message.value).toBe("Undid: brush");
  });

  it("paint only what is grey enough where they are told to", () => {
    const { session } = open({ isRanged: true, low: 40, high: 80 });
    session.begin({ x: 2, y: 10 }, 1);
    session.move({ x: 38, y: 10 });
    session.end();
    const row = session.document.codes.subarray(10 * size.width, 11 * size.width);
    expect([row.indexOf(2), row.lastIndexOf(2)]).toEqual([10, 20]);
  });

  it("give up a stroke without a trace", () => {
    const { session } = open();
    session.begin({ x: 5.5, y: 10.5 }, 1);
    session.abandon();
    session.move({ x: 25.5, y: 10.5 });
    session.end();
    expect(session.document.codes.some(Boolean)).toBe(false);
    expect(session.steps.value.canUndo).toBe(false);
  });

  it("draw thinner under a light pen", () => {
    const { session, set } = open({ diameter: 20 });
    const width = () => session.document.codes.subarray(15 * size.width, 16 * size.width).filter(Boolean).length;
    session.begin({ x: 20, y: 15.5 }, 1, { pressure: 0 });
    session.end();
    expect(width()).toBe(5);
    set({ usesPressure: false });
    session.begin({ x: 20, y: 15.5 }, 1, { pressure: 0 });
    session.end();
    expect(width()).toBe(20);
  });

  it("close a polygon at its first or last corner", () => {
    const { session } = open({ tool: "polygon" });
    const corners = [
      { x: 10, y: 5 },
      { x: 20, y: 5 },
      { x: 20, y: 15 },
      { x: 10, y: 15 },
    ];
    for (const corner of [...corners, { x: 10.2, y: 5.1 }]) session.begin(corner, 0.5);
    expect(session.document.codes.filter(Boolean)).toHaveLength(100);
    expect([at(session, 10, 5), at(session, 19, 14), at(session, 20, 15)]).toEqual([2, 2, 0]);
    expect(session.corners.value).toHaveLength(0);
    session.undo();
    for (const corner of [...corners, { x: 30, y: 25 }]) session.begin(corner, 0.5);
    // Undo takes back corners of a polygon under way, one by one.
    session.undo();
    session.begin(corners[3], 0.5);
    expect(session.document.codes.filter(Boolean)).toHaveLength(100);
  });

  it("fill a hole, remove a piece, and keep one", () => {
    const { session, set } = open({ tool: "polygon" });
    const square = (x: number, y: number, side: number) => {
      for (const [dx, dy] of [
        [0, 0],
        [side, 0],
        [side, side],
        [0, side],
      ])
        session.begin({ x: x + dx, y: y + dy }, 0.1);
      session.closePolygon();
    };
    square(2, 2, 10);
    square(20, 2, 6);
    set({ tool: "eraser", diameter: 3 });
    session.begin({ x: 7, y: 7 }, 1);
    session.end();
    const area = () => session.document.codes.filter(Boolean).length;
    expect(area()).toBe(100 - 9 + 36);
    set({ tool: "fill" });
    session.begin({ x: 7, y: 7 }, 1);
    expect(area()).toBe(136);
    set({ tool: "pieces", keepsPiece: false });
    session.begin({ x: 30, y: 20 }, 1);
    expect(session.message.value).toBe("There is no two here");
    session.begin({ x: 22, y: 4 }, 1);
    expect(area()).toBe(100);
    session.undo();
    set({ keepsPiece: true });
    session.begin({ x: 22, y: 4 }, 1);
    expect(area()).toBe(36);
  });

  it("erase a disc with the cup in it, and a cup alone", () => {
    const { session, set } = open({ part: 0 }, nested, "sigmoid");
    const stroke = (tool: Tool, part: number, diameter: number) => {
      set({ tool, part, diameter });
      session.begin({ x: 20.5, y: 15.5 }, 1);
      session.end();
    };
    stroke("brush", 1, 15);
    stroke("brush", 0, 7);
    expect([at(session, 20, 15), at(session, 25, 15)]).toEqual([0b11, 0b10]);
    stroke("eraser", 0, 3);
    expect([at(session, 20, 15), at(session, 18, 15)]).toEqual([0b10, 0b11]);
    stroke("eraser", 1, 15);
    expect(session.document.codes.some(Boolean)).toBe(false);
  });

  it("work by keys alone", () => {
    const { session } = open({ diameter: 1 });
    session.moveCursor({ x: 0, y: 0 });
    session.press(1);
    for (let i = 0; i < 5; i++) session.moveCursor({ x: 1, y: 0 });
    session.press(1);
    session.moveCursor({ x: 0, y: 3 });
    const row = session.document.codes.subarray(15 * size.width, 16 * size.width);
    expect([row.indexOf(2), row.lastIndexOf(2)]).toEqual([20, 25]);
    expect(session.document.codes.filter(Boolean)).toHaveLength(6);
    session.undo();
    expect(session.document.codes.some(Boolean)).toBe(false);
  });

  it("begin with the first part that is no background", () => {
    expect(open({ part: null }).session.part.name).toBe("one");
    expect(open({ part: 9 }, nested, "sigmoid").session.part.name).toBe("cup");
  });

  it("refuse a mask that is not as large as the image", () => {
    const settings = createSettings();
    const image = { ...size, data };
    const source = { image, parts: exclusive, target: "softmax" as const, settings, keep: () => {} };
    expect(() => new EditorSession({ ...source, mask: new Uint8Array(7) })).toThrow(/7 of mask for 40 x 30 pixels/);
  });
});
