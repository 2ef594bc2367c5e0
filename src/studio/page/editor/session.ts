/**
 * Editing one mask: what the pointer and the keys ask for becomes strokes, and finished strokes go to the history and
 * to whoever saves them. It knows no screen; who draws listens to `onChange`.
 */
import { signal } from "@preact/signals";
import { UsageError } from "../../../core/errors.js";
import type { TargetKind } from "../../../core/target-kind.js";
import type { MaskPatch } from "../../../grid/mask-patch.js";
import { type Box, clipBox, type Size } from "./model/box.js";
import { brushBox, brushCentre, brushSpans, type Point } from "./model/brush.js";
import { floodRegion } from "./model/flood.js";
import { greyOf } from "./model/grey.js";
import { History, type StepPlace, type StepWay } from "./model/history.js";
import { type Ink, MaskDocument } from "./model/mask-document.js";
import { type Part, type PartTables, partTables } from "./model/parts.js";
import { otherPieces } from "./model/pieces.js";
import { polygonRegion, type Region } from "./model/region.js";
import { smoothPart } from "./model/smooth.js";
import { diameters, type SettingsSignal } from "./settings.js";

/** An image as canvases have it. */
export interface EditedImage extends Size {
  /** Four bytes a pixel: red, green, blue, alpha. */
  readonly data: Uint8ClampedArray;
  /** How many times as tall as wide its pixels are; 1 where it is missing. */
  readonly tall?: number;
}

/** A finished stroke. */
export interface FinishedStroke {
  /** The box it changed and the bytes that stand there now. */
  readonly patch: MaskPatch;
  /** Where it put the model's mask in place, what predicted that; null where it took that back. */
  readonly model?: string | null;
}

/** The steps over several masks. */
export interface EditedSteps {
  readonly history: History;
  /** Which of the masks is edited. */
  readonly place: StepPlace;
  /** Shows the mask of the step that is to be undone or done again, which its own session then does. */
  readonly goTo: (place: StepPlace) => void;
}

/** What a session is about. */
export interface SessionSource {
  readonly image: EditedImage;
  /** One byte a pixel, as `model/parts.ts` reads it. */
  readonly mask: Uint8Array;
  readonly parts: readonly Part[];
  readonly target: TargetKind;
  readonly settings: SettingsSignal;
  /** Takes a finished stroke to keep it. */
  readonly keep: (stroke: FinishedStroke) => void;
  /** Steps over all masks that this one is shown in turn with; where it is missing, over this one alone. */
  readonly steps?: EditedSteps | undefined;
}

/** How a pointer draws. */
export interface PointerLook {
  /** 0 to 1 where the pointer knows it. */
  readonly pressure?: number | undefined;
  /** The other end of a pen. */
  readonly isEraser?: boolean | undefined;
}

/** A stroke of brush or eraser under way. */
interface Drawing {
  readonly name: string;
  readonly ink: Ink;
  last: Point;
}

/** How thin the lightest touch draws, of the whole diameter. */
const thinnest = 0.25;

/** Column and row of the pixel that holds a place. */
function pixelAt({ x, y }: Point): Point {
  return { x: Math.floor(x), y: Math.floor(y) };
}

/** One mask under edit. Places are in pixels of the image, (0, 0) at the corner of the first one. */
export class EditorSession {
  /** Where the pointer or the keyboard's cursor is; null while neither is on the image. */
  readonly cursor = signal<Point | null>(null);
  /** Corners of the polygon under way. */
  readonly corners = signal<readonly Point[]>([]);
  /** Whether the keyboard's pen is down. */
  readonly isPenDown = signal(false);
  readonly steps;
  /** What was done last, for those who do not see it. */
  readonly message = signal("");
  /** Told which box looks different now. */
  onChange: (box: Box) => void = () => {};

  readonly size: Size;
  readonly grey: Uint8Array;
  readonly document: MaskDocument;
  private readonly history: History;
  private readonly place: StepPlace;
  private readonly tables: ReadonlyMap<number, PartTables>;
  private drawing: Drawing | null = null;

  /** @throws UsageError for a mask or an image that is not as large as it says, or more overlapping parts than fit */
  constructor(private readonly source: SessionSource) {
    const { image, mask, parts, target } = source;
    const { width, height } = image;
    const count = width * height;
    if (image.data.length !== 4 * count || mask.length !== count)
      throw new UsageError(
        `the editor has ${image.data.length} bytes of image and ${mask.length} of mask for ${width} x ${height} ` +
          `pixels; it needs ${4 * count} and ${count}`,
      );
    const { history = new History(), place = { plane: 0, index: 0 } } = source.steps ?? {};
    this.history = history;
    this.place = place;
    this.steps = signal({ canUndo: history.canUndo, canRedo: history.canRedo });
    this.size = { width, height };
    this.grey = greyOf(image.data);
    this.document = new MaskDocument(mask, this.size);
    this.tables = new Map(parts.map((part) => [part.value, partTables(part, parts, target)]));
  }

  /** The part that tools paint: the chosen one, or the first that is no background where this set has no such. */
  get part(): Part {
    const { parts, settings, target } = this.source;
    const usual = parts.find(({ value }) => target === "sigmoid" || value !== 0) ?? parts[0];
    return parts.find(({ value }) => value === settings.value.part) ?? usual;
  }

  private get partTables(): PartTables {
    return this.tables.get(this.part.value) as PartTables;
  }

  /**
   * Puts brush or eraser down, or uses another tool at a place.
   * @param reach pixels of the image within which a polygon's first corner counts as met
   */
  begin(at: Point, reach: number, look: PointerLook = {}): void {
    this.cursor.value = at;
    const { tool } = this.source.settings.value;
    if (tool === "brush" || tool === "eraser") this.beginDrawing(at, look.isEraser || tool === "eraser", look);
    if (tool === "polygon") this.addCorner(at, reach);
    if (tool === "fill") this.fillAt(at);
    if (tool === "pieces") this.dropPieces(at);
  }

  private beginDrawing(at: Point, isEraser: boolean, look: PointerLook): void {
    const { isRanged, low, high } = this.source.settings.value;
    const { paint, erase } = this.partTables;
    this.drawing = {
      name: isEraser ? "eraser" : "brush",
      ink: { table: isEraser ? erase : paint, within: isRanged ? { grey: this.grey, low, high } : undefined },
      last: brushCentre(at, this.diameter(look)),
    };
    this.drawTo(this.drawing, this.drawing.last, this.diameter(look));
  }

  /** The diameter under a pressure; mice and fingers draw the whole one. */
  private diameter({ pressure }: PointerLook): number {
    const { diameter, usesPressure } = this.source.settings.value;
    if (pressure === undefined || !usesPressure) return diameter;
    return Math.max(Math.round(diameter * (thinnest + (1 - thinnest) * pressure)), diameters.least);
  }

  private drawTo(drawing: Drawing, to: Point, diameter: number): void {
    const box = clipBox(brushBox(drawing.last, to, diameter), this.size);
    if (box) {
      brushSpans(drawing.last, to, diameter, this.size, (row, first, last) => {
        this.document.span(row, first, last, drawing.ink);
      });
      this.document.touch(box);
      this.onChange(box);
    }
    drawing.last = to;
  }

  /** Moves on to a place, drawing where a stroke is under way. */
  move(at: Point, look: PointerLook = {}): void {
    this.cursor.value = at;
    if (!this.drawing) return;
    const diameter = this.diameter(look);
    const to = brushCentre(at, diameter);
    if (to.x !== this.drawing.last.x || to.y !== this.drawing.last.y) this.drawTo(this.drawing, to, diameter);
  }

  /** Lifts the tool. */
  end(): void {
    if (!this.drawing) return;
    const { name } = this.drawing;
    this.drawing = null;
    this.finish(name);
  }

  /** Lifts whatever is down and forgets an unfinished polygon, as before another tool is taken. */
  settle(): void {
    this.lift();
    this.corners.value = [];
  }

  /** Lifts the keyboard's pen where it is down. */
  lift(): void {
    this.end();
    this.isPenDown.value = false;
  }

  /** Gives up the stroke under way. */
  abandon(): void {
    this.drawing = null;
    this.isPenDown.value = false;
    const box = this.document.revert();
    if (box) this.onChange(box);
  }

  /** Gives up all that is under way. */
  cancel(): void {
    this.abandon();
    this.corners.value = [];
  }

  private finish(name: string, model?: string): void {
    const stroke = this.document.commit(name);
    if (!stroke) return;
    this.history.push({ ...stroke.change, ...this.place, model });
    this.source.keep({ patch: stroke.patch, ...(model === undefined ? {} : { model }) });
    this.told(`${name[0].toUpperCase()}${name.slice(1)}, ${this.part.name}`);
  }

  private told(message: string): void {
    this.steps.value = { canUndo: this.history.canUndo, canRedo: this.history.canRedo };
    this.message.value = message;
  }

  private addCorner(at: Point, reach: number): void {
    const [first, last] = [this.corners.value[0], this.corners.value.at(-1)];
    const isAt = (corner: Point | undefined) => corner && Math.hypot(at.x - corner.x, at.y - corner.y) <= reach;
    if (this.corners.value.length >= 3 && (isAt(first) || isAt(last))) this.closePolygon();
    else if (!isAt(last)) this.corners.value = [...this.corners.value, at];
  }

  /** Takes the polygon's last corner back. */
  dropCorner(): void {
    this.corners.value = this.corners.value.slice(0, -1);
  }

  /** Paints the polygon under way. */
  closePolygon(): void {
    // Outlines of files have the middle of the first pixel at (0, 0).
    const corners = this.corners.value.map(({ x, y }) => ({ x: x - 0.5, y: y - 0.5 }));
    this.corners.value = [];
    const region = polygonRegion(corners, this.size);
    if (region) this.fillRegion(region, this.partTables.paint, "polygon");
  }

  private fillAt(at: Point): void {
    const { codes } = this.document;
    const seed = pixelAt(at);
    const same = new Uint8Array(256);
    same[codes[seed.y * this.size.width + seed.x]] = 1;
    const region = floodRegion(codes, this.size, seed, same, 4);
    if (region) this.fillRegion(region, this.partTables.paint, "fill");
  }

  /** Takes away the piece of the part at a place, or all others. */
  private dropPieces(at: Point): void {
    const { holds, erase } = this.partTables;
    const { codes } = this.document;
    const { keepsPiece } = this.source.settings.value;
    const piece = floodRegion(codes, this.size, pixelAt(at), holds, 8);
    const dropped = piece && keepsPiece ? otherPieces(codes, this.size, holds, piece) : piece;
    if (dropped) this.fillRegion(dropped, erase, keepsPiece ? "other pieces removed" : "piece removed");
    else this.told(`There is no ${piece ? "other piece of " : ""}${this.part.name}${piece ? "" : " here"}`);
  }

  private fillRegion(region: Region, table: Uint8Array, name: string): void {
    this.document.fill(region, { table });
    this.onChange(region.box);
    this.finish(name);
  }

  /** Evens the outline of the part. */
  smooth(): void {
    const { settings, target } = this.source;
    const isExclusive = target === "softmax";
    const { codes } = this.document;
    const patch = smoothPart(codes, this.size, this.partTables, settings.value.smoothing, isExclusive);
    if (!patch) {
      this.told(`There is no ${this.part.name} to smooth`);
      return;
    }
    this.document.put(patch);
    this.onChange(patch);
    this.finish("smoothing");
  }

  /** Puts the model's mask in place of this one, as a step that can be undone. @param model what predicted it */
  accept(mask: Uint8Array, model: string): void {
    this.cancel();
    const whole = { x: 0, y: 0, ...this.size };
    this.document.put({ ...whole, values: mask });
    this.onChange(whole);
    this.finish("model's mask", model);
  }

  /** Takes the last step back; of a polygon under way, its last corner. */
  undo(): void {
    if (this.corners.value.length > 0) this.dropCorner();
    else this.step("undo");
  }

  redo(): void {
    this.step("redo");
  }

  /** Goes on with the step that another mask's session was asked for; whoever shows this one has drawn it by then. */
  arrive(): void {
    const way = this.history.found(this.place);
    if (way) this.step(way);
  }

  private step(way: StepWay): void {
    // In the middle of a stroke, that one is given up first.
    this.abandon();
    const next = this.history.next(way);
    if (!next) return;
    if (next.plane !== this.place.plane || next.index !== this.place.index) {
      this.history.seek(way);
      this.source.steps?.goTo({ plane: next.plane, index: next.index });
      return;
    }
    this.history.take(way);
    const patch = this.document.toggle(next);
    this.onChange(patch);
    this.source.keep({ patch, ...(next.model === undefined ? {} : { model: way === "undo" ? null : next.model }) });
    this.told(`${way === "undo" ? "Undid" : "Did again"}: ${next.name}`);
  }

  /** Moves the keyboard's cursor by whole pixels; it begins in the middle of the image. */
  moveCursor(by: Point): Point {
    const { width, height } = this.size;
    const from = this.cursor.value ?? { x: Math.floor(width / 2), y: Math.floor(height / 2) };
    const inside = (value: number, length: number) => Math.min(Math.max(Math.floor(value), 0), length - 1) + 0.5;
    const at = { x: inside(from.x + by.x, width), y: inside(from.y + by.y, height) };
    this.move(at);
    return at;
  }

  /** The keyboard's press: puts brush or eraser down or lifts it; other tools work where the cursor is. */
  press(reach: number): void {
    const { tool } = this.source.settings.value;
    if (tool === "pan") return;
    const at = this.moveCursor({ x: 0, y: 0 });
    if (tool !== "brush" && tool !== "eraser") {
      this.begin(at, reach);
      return;
    }
    if (this.isPenDown.value) this.end();
    else this.begin(at, reach);
    this.isPenDown.value = !this.isPenDown.value;
    this.message.value = this.isPenDown.value ? "Pen down" : "Pen up";
  }
}
