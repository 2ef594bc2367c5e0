/** What a person chose, which stays from case to case. */
import { signal } from "@preact/signals";

/** What the pointer does. */
export type Tool = "brush" | "eraser" | "polygon" | "fill" | "pieces" | "pan";

/** How tools and view are set. */
export interface Settings {
  readonly tool: Tool;
  /** Value of the part that tools paint; null until one is chosen. */
  readonly part: number | null;
  /** Of brush and eraser, in pixels of the image. */
  readonly diameter: number;
  /** Whether brush and eraser keep to pixels whose grey value lies between `low` and `high`, 0 to 255. */
  readonly isRanged: boolean;
  readonly low: number;
  readonly high: number;
  /** Whether the pieces tool keeps the piece it is put on, and takes the others away, or takes that one away. */
  readonly keepsPiece: boolean;
  /** Pixels around each that smoothing looks at. */
  readonly smoothing: number;
  /** Whether a pen that is pressed less draws thinner. */
  readonly usesPressure: boolean;
  /** Of the filling of parts, 0 to 1; at 0 only their outlines are seen. */
  readonly opacity: number;
  /** Whether parts are outlines only, whatever the opacity. */
  readonly isOutlined: boolean;
  /** Values of parts that are not shown. */
  readonly hidden: ReadonlySet<number>;
  /** Whether the model's mask is shown, too. */
  readonly isComparing: boolean;
}

/** Pixels that a brush may be wide. */
export const diameters = { least: 1, most: 400 } as const;

/** Pixels around each that smoothing may look at. */
export const smoothings = { least: 1, most: 20 } as const;

/** A step of the keys and the wheel: about an eighth, at least a pixel. */
export function steppedDiameter(diameter: number, steps: number): number {
  const by = Math.max(1, Math.round(diameter / 8)) * steps;
  return Math.min(Math.max(diameter + by, diameters.least), diameters.most);
}

/** Settings at first, as a signal. */
export function createSettings() {
  return signal<Settings>({
    ...{ tool: "brush", part: null, diameter: 24, isRanged: false, low: 0, high: 255, keepsPiece: false, smoothing: 3 },
    ...{ usesPressure: true, opacity: 0.35, isOutlined: false, hidden: new Set<number>(), isComparing: false },
  });
}

/** Settings that can be read, watched and changed. */
export type SettingsSignal = ReturnType<typeof createSettings>;
