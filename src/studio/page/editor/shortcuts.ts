/** What each key does, once for the keys themselves and for the sheet that lists them. */
import type { Editor } from "./editor.js";
import { steppedDiameter, type Tool } from "./settings.js";

/** A key and what it does. */
export interface Shortcut {
  /** As `KeyboardEvent.key` has it; letters in lower case. */
  readonly keys: readonly string[];
  readonly withControl?: boolean;
  /** Where it matters whether the shift key is held. */
  readonly withShift?: boolean;
  /** Whether it needs the stage to have the focus, as arrow keys belong to sliders elsewhere. */
  readonly onStage?: boolean;
  /** Whether it changes the mask. */
  readonly edits?: boolean;
  run(editor: Editor): void;
}

/** A line of the sheet: the keys as they are printed, what they do, and the shortcuts behind them. */
export interface SheetLine {
  readonly keys: readonly string[];
  readonly what: string;
  readonly shortcuts: readonly Shortcut[];
}

/** Lines that belong together. */
export interface SheetGroup {
  readonly title: string;
  readonly lines: readonly SheetLine[];
}

/** Pixels that the cursor moves with the shift key. */
const leap = 10;

/** The tools in the order of the bar. */
export const toolKeys: readonly { tool: Tool; key: string; name: string }[] = [
  { tool: "brush", key: "b", name: "Brush" },
  { tool: "eraser", key: "e", name: "Eraser" },
  { tool: "polygon", key: "p", name: "Polygon" },
  { tool: "fill", key: "f", name: "Fill" },
  { tool: "pieces", key: "k", name: "Pieces" },
  { tool: "pan", key: "h", name: "Move the view" },
];

const arrows = (step: number, withShift: boolean): Shortcut[] =>
  (
    [
      ["ArrowLeft", -step, 0],
      ["ArrowRight", step, 0],
      ["ArrowUp", 0, -step],
      ["ArrowDown", 0, step],
    ] as const
  ).map(([key, x, y]) => ({ keys: [key], withShift, onStage: true, run: (editor) => editor.moveCursor(x, y) }));

const sized = (steps: number) => (editor: Editor) =>
  editor.set({ diameter: steppedDiameter(editor.settings.value.diameter, steps) });

const opacity = (by: number) => (editor: Editor) => {
  const percent = Math.round(100 * editor.settings.value.opacity) + by;
  editor.set({ opacity: Math.min(Math.max(percent, 0), 100) / 100 });
};

const line = (printed: readonly string[], what: string, ...shortcuts: Shortcut[]): SheetLine => ({
  keys: printed,
  what,
  shortcuts,
});

/** Keys of parts: 1 for the first, as far as there are digits. */
const partKeys = Array.from(
  "123456789",
  (digit, i): Shortcut => ({
    keys: [digit],
    edits: true,
    run: (editor) => {
      if (editor.parts[i]) editor.choosePart(editor.parts[i]);
    },
  }),
);

/** All keys. */
export const sheet: readonly SheetGroup[] = [
  {
    title: "Tools",
    lines: [
      ...toolKeys.map(({ tool, key, name }) =>
        line([key.toUpperCase()], name, { keys: [key], run: (editor) => editor.choose(tool) }),
      ),
      line(["1", "–", "9"], "Part to paint", ...partKeys),
      line(["["], "Smaller brush", { keys: ["["], run: sized(-1) }),
      line(["]"], "Larger brush", { keys: ["]"], run: sized(1) }),
      line(["R"], "Brush only within a range of grey", {
        keys: ["r"],
        run: (editor) => editor.set({ isRanged: !editor.settings.value.isRanged }),
      }),
      line(["S"], "Smooth the part", { keys: ["s"], edits: true, run: (editor) => editor.session.smooth() }),
    ],
  },
  {
    title: "Keyboard cursor",
    lines: [
      line(["Arrows"], "Move by a pixel", ...arrows(1, false)),
      line(["Shift", "Arrows"], `Move by ${leap} pixels`, ...arrows(leap, true)),
      line(["Enter"], "Pen down or up; use the tool; set a corner, twice to close", {
        ...{ keys: ["enter"], onStage: true, edits: true },
        run: (editor) => editor.press(),
      }),
      line(["Backspace"], "Take the polygon’s last corner back", {
        ...{ keys: ["backspace"], edits: true },
        run: (editor) => editor.session.dropCorner(),
      }),
      line(["Esc"], "Give up the stroke or polygon", { keys: ["escape"], run: (editor) => editor.session.cancel() }),
    ],
  },
  {
    title: "Steps",
    lines: [
      line(["Ctrl", "Z"], "Undo", {
        ...{ keys: ["z"], withControl: true, withShift: false, edits: true },
        run: (editor) => editor.session.undo(),
      }),
      line(
        ["Ctrl", "Shift", "Z"],
        "Do again",
        {
          ...{ keys: ["z"], withControl: true, withShift: true, edits: true },
          run: (editor) => editor.session.redo(),
        },
        { keys: ["y"], withControl: true, edits: true, run: (editor) => editor.session.redo() },
      ),
    ],
  },
  {
    title: "View",
    lines: [
      line(["+"], "Zoom in", { keys: ["+", "="], run: (editor) => editor.viewport.zoom(1.25) }),
      line(["−"], "Zoom out", { keys: ["-"], run: (editor) => editor.viewport.zoom(0.8) }),
      line(["0"], "Whole image", { keys: ["0"], run: (editor) => editor.viewport.fit() }),
      line(["O"], "Outlines only", {
        keys: ["o"],
        run: (editor) => editor.set({ isOutlined: !editor.settings.value.isOutlined }),
      }),
      line([","], "Fainter parts", { keys: [","], run: opacity(-10) }),
      line(["."], "Stronger parts", { keys: ["."], run: opacity(10) }),
      line(["M"], "Compare with the model’s mask", {
        keys: ["m"],
        run: (editor) => editor.set({ isComparing: !editor.settings.value.isComparing }),
      }),
      line(["?"], "This sheet", {
        keys: ["?"],
        run: (editor) => {
          editor.isSheetOpen.value = true;
        },
      }),
    ],
  },
  {
    title: "Mouse, pen, fingers",
    lines: [
      line(["Wheel"], "Zoom"),
      line(["Shift", "Wheel"], "Brush size"),
      line(["Space", "Drag"], "Move the view"),
      line(["Two fingers"], "Zoom and move the view"),
      line(["Double click"], "Close the polygon"),
    ],
  },
];

const all = sheet.flatMap(({ lines }) => lines).flatMap(({ shortcuts }) => shortcuts);

/** The shortcut that a key event means here. */
export function shortcutOf(event: KeyboardEvent, isOnStage: boolean, isReadOnly: boolean): Shortcut | undefined {
  if (event.altKey) return undefined;
  const key = event.key.toLowerCase();
  return all.find(
    ({ keys, withControl = false, withShift, onStage = false, edits = false }) =>
      keys.some((one) => one.toLowerCase() === key) &&
      withControl === (event.ctrlKey || event.metaKey) &&
      (withShift === undefined || withShift === event.shiftKey) &&
      (!onStage || isOnStage) &&
      (!edits || !isReadOnly),
  );
}
