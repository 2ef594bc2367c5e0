/** The curves of a run that may still be trained: what is there, then what is added. */
import { curveWords } from "../../reporting/figures/curve-words.js";
import { LogFollower } from "../../runs/logs/follow-log.js";
import type { Curve, RunNews } from "./shown/runs.js";

type Point = readonly [step: number, value: number];

/** Points of a curve that are sent at once. */
const mostPoints = 600;

/** A curve with at most so many points, means of equal blocks of it. */
export function thinned(points: readonly Point[], most = mostPoints): Point[] {
  const block = Math.ceil(points.length / most);
  if (block <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / block) }, (_, i) => {
    const own = points.slice(i * block, (i + 1) * block);
    const mean = (axis: 0 | 1) => own.reduce((sum, point) => sum + point[axis], 0) / own.length;
    return [mean(0), mean(1)];
  });
}

function recordOf(line: string): Record<string, unknown> {
  try {
    const record = JSON.parse(line);
    return typeof record === "object" && record !== null ? record : {};
  } catch {
    // A damaged line is told by the verbs that need all of them.
    return {};
  }
}

/** A quantity of a validation in words; the page puts those of one kind into one figure. */
function wordsOf(key: string): Pick<Curve, "title" | "caption"> {
  if (!/^(?:validation|test)\./.test(key)) return curveWords(key);
  return { title: key.split(".").slice(1, -1).join(", "), caption: "" };
}

export class CurveFollower {
  private readonly log: LogFollower;

  /** @param path the run's metrics.jsonl */
  constructor(path: string) {
    this.log = new LogFollower(path);
  }

  /** What is new since the last call; undefined where nothing is. */
  news(): Pick<RunNews, "curves" | "restarted"> | undefined {
    const { lines, restarted } = this.log.read();
    if (lines.length === 0 && !restarted) return undefined;
    const curves = new Map<string, Point[]>();
    for (const { iteration, ...record } of lines.map(recordOf))
      for (const [key, value] of Object.entries(record)) {
        if (typeof value !== "number" || typeof iteration !== "number") continue;
        const points = curves.get(key) ?? [];
        points.push([iteration, value]);
        curves.set(key, points);
      }
    return {
      curves: [...curves].map(([key, points]) => ({ key, ...wordsOf(key), points: thinned(points) })),
      restarted,
    };
  }
}
