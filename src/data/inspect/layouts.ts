/**
 * The public sets of the paper in their own folder trees (method.md 3.1), recognised by the names of their domains and
 * by their masks. What cannot be seen in the files is known here: what classes are called, and how images are resized.
 */
import type { DatasetFileInput, SubjectRuleInput } from "../schema.js";
import { hexOf } from "./labels/coding.js";
import { edgeShare, type MaskTally } from "./labels/tally.js";
import { percent } from "./labels/verdict.js";

/** The parts of a `dataset.yaml` that a known layout settles. */
export interface Layout
  extends Pick<DatasetFileInput, "name" | "target" | "channels" | "resize" | "classes" | "labels"> {
  /** Told to the user. */
  readonly title: string;
  /** The names that its domains may have. */
  readonly domains: readonly string[];
  /** What its ids tell about subjects. */
  readonly subject?: SubjectRuleInput;
  /** What its files do not tell, in a sentence to the user. */
  readonly note?: string;
  /** Its masks: the value that surrounds the objects, and those of objects; grey, or colours 0xRRGGBB. */
  readonly masks: { readonly coloured: boolean; readonly background: number; readonly objects: readonly number[] };
  /** A folder that every image path holds, where the names alone would be too weak a sign. */
  readonly folder?: string;
}

const layouts: readonly Layout[] = [
  {
    title: "Fundus (four domains; cup inside disc; grey 0 is cup, up to 128 is disc)",
    domains: ["Domain1", "Domain2", "Domain3", "Domain4"],
    folder: "ROIs",
    note: "the names of Fundus do not tell which images are of one patient, such as two eyes: each counts as a subject of its own",
    masks: { coloured: false, background: 255, objects: [0, 128] },
    name: "Fundus",
    target: "sigmoid",
    channels: 3,
    resize: { size: 256, filter: "lanczos" },
    classes: [
      { index: 0, name: "cup", inside: "disc" },
      { index: 1, name: "disc" },
    ],
    labels: { kind: "thresholds", classes: { cup: { atMost: 0 }, disc: { atMost: 128 } } },
  },
  {
    title: "ProstateSlice (six sites; black is prostate, white is background)",
    domains: ["BIDMC", "BMC", "HK", "I2CVB", "RUNMC", "UCL"],
    // 00_05.png is slice 5 of patient 0; both train and test have a 00_00.png.
    subject: { before: "_", within: "split" },
    masks: { coloured: false, background: 255, objects: [0] },
    name: "ProstateSlice",
    target: "softmax",
    channels: 1,
    resize: { size: 384, filter: "bilinear" },
    classes: [
      { index: 0, name: "background" },
      { index: 1, name: "prostate" },
    ],
    labels: { kind: "values", map: { 0: "prostate", 255: "background" } },
  },
  {
    title: "M&Ms (four vendors; red is LV, green MYO, blue RV)",
    domains: ["vendorA", "vendorB", "vendorC", "vendorD"],
    masks: { coloured: true, background: 0x000000, objects: [0xff0000, 0x00ff00, 0x0000ff] },
    name: "MnMs",
    target: "softmax",
    channels: 1,
    resize: { size: 288, filter: "bilinear" },
    classes: [
      { index: 0, name: "background" },
      { index: 1, name: "LV", colour: "#ff0000" },
      { index: 2, name: "MYO", colour: "#00ff00" },
      { index: 3, name: "RV", colour: "#0000ff" },
    ],
    labels: { kind: "channels", equals: 255, classes: { red: "LV", green: "MYO", blue: "RV" } },
  },
];

/** Objects leave this share of the masks' edges to the background. */
const leastEdge = 0.6;

/** The layout whose domains these are by their names, if it is one of the paper's. */
export function recogniseLayout(domains: readonly string[], imagePatterns: readonly string[]): Layout | undefined {
  return layouts.find(
    (layout) =>
      domains.length > 0 &&
      domains.every((name) => layout.domains.includes(name)) &&
      (layout.folder === undefined || imagePatterns.every((path) => path.split("/").includes(layout.folder as string))),
  );
}

/** What of masks contradicts a layout, in a clause; undefined where they are as its own. */
export function misfit({ masks, name }: Layout, tally: MaskTally): string | undefined {
  const { coloured, background, objects } = masks;
  const write = coloured ? hexOf : String;
  const values = [...tally.values.keys()];
  // Masks of one value are grey whatever the others are.
  if (tally.coloured !== coloured && values.some((value) => value !== background))
    return `they are ${tally.coloured ? "in colour" : "grey"}`;
  const foreign = values.find((value) => value !== background && !objects.includes(value));
  if (foreign !== undefined) return `they hold ${write(foreign)}, which ${name} does not`;
  const several = [...tally.values.values()].some(({ area }) => area > 0);
  const edge = edgeShare(tally, (value) => value === background);
  if (several ? edge >= leastEdge : values.includes(background)) return undefined;
  return several
    ? `${write(background)}, its background, has ${percent(edge)} of their edges`
    : `every mask holds ${values.map(write).join(" or ")} alone, where its background is ${write(background)}`;
}
