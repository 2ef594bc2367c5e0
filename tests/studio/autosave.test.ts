/** Strokes arrive in their order, once each, whatever fails in between. */
import { describe, expect, it } from "vitest";
import { Autosave, Refused } from "../../src/studio/page/correction/autosave.js";
import type { SaveState } from "../../src/studio/page/editor/props.js";

/** An autosave whose server fails at the tries that are named. */
function saving(failing: readonly number[], refused = -1) {
  const arrived: number[] = [];
  const states: SaveState[] = [];
  const pauses: number[] = [];
  let tries = 0;
  let done: () => void = () => {};
  const idle = new Promise<void>((resolve) => {
    done = resolve;
  });
  const autosave = new Autosave<number>(
    async (x) => {
      if (x === refused) throw new Refused("drawn on an older state");
      if (failing.includes(tries++)) throw new Error("no connection");
      arrived.push(x);
    },
    (state) => {
      states.push(state);
      if (state.waiting === 0 || state.isRefused) done();
    },
    async (milliseconds) => {
      pauses.push(milliseconds);
    },
  );
  return { autosave, arrived, states, pauses, idle };
}

describe("saving strokes", () => {
  it("keeps their order and tells how many wait", async () => {
    const { autosave, arrived, states, idle } = saving([]);
    for (const x of [1, 2, 3]) autosave.add(x);
    await idle;
    expect(arrived).toEqual([1, 2, 3]);
    expect(states.map(({ waiting }) => waiting)).toEqual([1, 2, 3, 2, 1, 0]);
  });

  it("tries again, later each time, and says why", async () => {
    const { autosave, arrived, states, pauses, idle } = saving([0, 1, 3]);
    for (const x of [1, 2]) autosave.add(x);
    await idle;
    expect(arrived).toEqual([1, 2]);
    expect(pauses).toEqual([500, 1000, 500]);
    expect(states.some(({ failure }) => failure === "no connection")).toBe(true);
    expect(autosave.state).toEqual({ waiting: 0, failure: null, isRefused: false });
  });

  it("stops at one that is refused for good, and sends nothing that was drawn after it", async () => {
    const { autosave, arrived, pauses, idle } = saving([], 2);
    for (const x of [1, 2, 3]) autosave.add(x);
    await idle;
    autosave.add(4);
    expect(arrived).toEqual([1]);
    expect(pauses).toEqual([]);
    expect(autosave.state).toEqual({ waiting: 3, failure: "drawn on an older state", isRefused: true });
  });
});
