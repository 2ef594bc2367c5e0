/** The highest rung that a time is enough for, on machines that are functions. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { climb } from "../../src/planning/climb.js";
import { pictureLadder, type Rung, volumeLadder } from "../../src/planning/ladder.js";
import { scheduleOf } from "../../src/planning/schedule.js";

const frames = [96, 128, 160, 192, 256].map((side) => ({ height: side, width: side, mode: "stretch" as const }));
const ladder = pictureLadder(frames, 1);

/** A machine with a step of so many seconds beside what grows with the work. */
function machine(overhead: number, perWork: number, memory = Number.POSITIVE_INFINITY) {
  const tried: Rung[] = [];
  const rehearse = async (rung: Rung) => {
    tried.push(rung);
    if (rung.work > memory) return null;
    const stepSeconds = overhead + perWork * rung.work;
    return { firstSeconds: 3 * stepSeconds, stepSeconds, stopSeconds: 5 * stepSeconds };
  };
  return { tried, rehearse };
}

describe("the ladder", () => {
  it("grows in work, from what is labelled to the images' own size and width", () => {
    const names = ladder.map(({ frame, model }) => `${frame?.width}/${model.width}`);
    expect(names).toEqual(["96/8", "128/8", "128/16", "160/16", "192/16", "256/16", "256/32", "256/64"]);
    for (const rungs of [
      ladder,
      volumeLadder([
        [32, 32, 32],
        [32, 48, 48],
      ]),
    ])
      for (const [i, { work, needs }] of rungs.entries()) {
        if (i === 0) continue;
        expect(work).toBeGreaterThan(rungs[i - 1].work);
        expect(needs).toBeGreaterThanOrEqual(rungs[i - 1].needs);
      }
  });
});

describe("the climb", () => {
  it("ends on a rung that has the steps it needs, below one that has not, with few measurements", async () => {
    const seconds = fc.double({ min: 30, max: 100_000, noNaN: true });
    const perWork = fc.double({ min: 1e-9, max: 1e-5, noNaN: true });
    const overhead = fc.double({ min: 0, max: 0.3, noNaN: true });
    await fc.assert(
      fc.asyncProperty(seconds, overhead, perWork, async (time, extra, slope) => {
        const { tried, rehearse } = machine(extra, slope);
        const found = await climb(ladder, time, rehearse);
        if (!found) throw new Error("nothing was found");
        expect(tried.length).toBeLessThanOrEqual(5);
        const fits = async (rung: Rung) => {
          const measured = await machine(extra, slope).rehearse(rung);
          return measured !== null && (scheduleOf(time, measured)?.iterations ?? 0) >= rung.needs;
        };
        const at = ladder.indexOf(found.chosen.rung);
        expect(found.isEnough).toBe(await fits(found.chosen.rung));
        if (!found.isEnough) expect(at).toBe(0);
        expect(found.next?.rung).toBe(ladder.at(at + 1));
        if (found.next && found.isEnough) expect(await fits(found.next.rung)).toBe(false);
      }),
    );
  });

  it("stays below what does not fit in memory, and finds nothing where nothing does", async () => {
    const found = await climb(ladder, 1e6, machine(0, 1e-9, ladder[2].work).rehearse);
    expect(found?.chosen.rung).toBe(ladder[2]);
    expect(await climb(ladder, 1e6, machine(0, 1e-9, 1).rehearse)).toBeNull();
  });
});
