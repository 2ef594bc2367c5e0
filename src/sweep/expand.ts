/** From a grid to its points: every combination with its name and the keys it sets. Touches no file. */
import { basename, extname } from "node:path";
import { isPlainObject } from "../config/config-tree.js";
import type { GridFile } from "./grid-file.js";

/** One configuration of a sweep, before seeds. */
export interface GridPoint {
  name: string;
  /** In the form of `--set`, in the order they apply. */
  assignments: string[];
}

/** `key=value` as `--set` takes it; JSON is YAML. */
function assignment([key, value]: readonly [string, unknown]): string {
  return `${key}=${JSON.stringify(value)}`;
}

/** A value for people: `0.05`, `dim`, `dim rho=0.1 divergence.f=kl`. */
function valueText(value: unknown): string {
  if (!isPlainObject(value)) return typeof value === "string" ? value : JSON.stringify(value);
  const flat = (tree: object, prefix: string): string[] =>
    Object.entries(tree).flatMap(([key, below]) =>
      isPlainObject(below) ? flat(below, `${prefix}${key}.`) : [`${prefix}${key}=${valueText(below)}`],
    );
  const { name, ...rest } = value;
  return [...(name === undefined ? [] : [valueText(name)]), ...flat(rest, "")].join(" ");
}

/** The shortest ending of a dotted key that no other key shares; the `name` of a section is the section. */
function keyText(key: string, all: readonly string[]): string {
  const short = (text: string) => text.replace(/\.name$/, "").split(".");
  const parts = short(key);
  for (let length = 1; length < parts.length; length++) {
    const ending = parts.slice(-length).join(".");
    if (!all.some((other) => other !== key && short(other).slice(-length).join(".") === ending)) return ending;
  }
  return parts.join(".");
}

/** All combinations, the first key varying slowest. */
function combinations(grid: Record<string, readonly unknown[]>): [string, unknown][][] {
  return Object.entries(grid).reduce<[string, unknown][][]>(
    (points, [key, values]) =>
      points.flatMap((point) => values.map((value): [string, unknown][] => [...point, [key, value]])),
    [[]],
  );
}

/**
 * The points of a grid: each named run (or the base alone) at each combination.
 * @example expandGrid({ base: "c.yaml", grid: { "optimizer.rho": [0.05, 0.1] }, ... }); // rho=0.05, rho=0.1
 */
export function expandGrid({ base, runs, grid = {} }: Pick<GridFile, "base" | "runs" | "grid">): GridPoint[] {
  const keys = Object.keys(grid);
  const named = runs ?? [{ name: keys.length > 0 ? "" : basename(base, extname(base)), set: {} }];
  return named.flatMap(({ name, set }) =>
    combinations(grid).map((point) => ({
      name: [name, ...point.map(([key, value]) => `${keyText(key, keys)}=${valueText(value)}`)]
        .filter((part) => part !== "")
        .join(", "),
      assignments: [...Object.entries(set), ...point].map(assignment),
    })),
  );
}

/** A name as part of a folder's name, on every file system; empty when nothing of it is left. */
export function folderText(name: string): string {
  return name
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{N}._=+-]+/gu, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "");
}
