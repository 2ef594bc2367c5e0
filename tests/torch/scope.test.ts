/** Who frees a tensor: scopes, `using`, dispose, persist and adopt, and the counts that prove it. */
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { adopt, empty, liveTensors, ones, persist, scope, type Tensor, tensor, zeros } from "../../src/torch/index.js";
import { numbers } from "../support/tensors.js";

const majorCollection = constants.NODE_PERFORMANCE_GC_MAJOR;

/** Runs `body` and says how many tensors it left alive. */
function leftBy(body: () => unknown): number {
  const before = liveTensors();
  body();
  return liveTensors() - before;
}

describe("scope", () => {
  it("frees what its function made and returns a number", () => {
    let inside: Tensor | undefined;
    const left = leftBy(() => {
      const value = scope(() => {
        inside = tensor([1, 2]).add(1);
        return inside.sum().item();
      });
      expect(value).toBe(5);
    });
    expect([left, inside?.isDisposed]).toEqual([0, true]);
  });

  it("keeps results, also inside arrays, objects and maps", () => {
    const left = leftBy(() => {
      const kept = scope(() => ({
        list: [ones([1]), [ones([2])]],
        map: new Map([["a", ones([3])]]),
        nothing: null,
        text: "a",
      }));
      const all = [kept.list[0] as Tensor, ...(kept.list[1] as Tensor[]), kept.map.get("a")!];
      expect(all.map((x) => x.shape)).toEqual([[1], [2], [3]]);
      for (const x of all) x.dispose();
    });
    expect(left).toBe(0);
  });

  it("does not look into objects of classes, which free what they own themselves", () => {
    class Holder {
      readonly x = ones([1]);
    }
    expect(scope(() => new Holder()).x.isDisposed).toBe(true);
  });

  it("hands results to the scope around it", () => {
    expect(
      leftBy(() =>
        scope(() => {
          const outer = ones([2]);
          const [inner, same] = scope(() => [outer.add(1), outer] as const);
          expect(same).toBe(outer);
          expect(scope(() => numbers(scope(() => inner.mul(2))))).toEqual([4, 4]);
          expect([outer.isDisposed, inner.isDisposed]).toEqual([false, false]);
        }),
      ),
    ).toBe(0);
  });

  it("frees when its function throws, and lets the error through", () => {
    const left = leftBy(() => {
      expect(() =>
        scope(() => {
          ones([2]);
          throw new RangeError("mine");
        }),
      ).toThrow(RangeError);
    });
    expect(left).toBe(0);
    // The failed scope is no longer the current one.
    const outside = ones([1]);
    scope(() => {});
    expect(outside.isDisposed).toBe(false);
    outside.dispose();
  });

  it("refuses asynchronous functions and frees what they made so far", () => {
    let made: Tensor | undefined;
    const left = leftBy(() => {
      expect(() =>
        scope(async () => {
          made = ones([2]);
        }),
      ).toThrow(new TypeError("scope: the function must not be asynchronous"));
    });
    expect([left, made?.isDisposed]).toEqual([0, true]);
  });

  it("leaves tensors alone that were disposed inside, or made before", () => {
    const outside = ones([1]);
    scope(() => {
      const x = ones([1]);
      x.dispose();
      x.dispose();
      outside.add_(1);
    });
    expect(outside.item()).toBe(2);
    outside.dispose();
  });

  it("does not free a new tensor that took a freed one's place", () => {
    let later: Tensor | undefined;
    scope(() => {
      const x = ones([1]);
      x.dispose();
      later = persist(tensor([5]));
    });
    expect(later!.item()).toBe(5);
    later!.dispose();
  });
});

describe("dispose and using", () => {
  it("end a tensor at once, at the end of a block, and only once", () => {
    const left = leftBy(() => {
      const x = ones([2]);
      x.dispose();
      x.dispose();
      expect(x.isDisposed).toBe(true);
      let inner: Tensor;
      {
        using y = ones([3]);
        inner = y;
        expect(y.numel).toBe(3);
      }
      expect(inner.isDisposed).toBe(true);
    });
    expect(left).toBe(0);
  });

  it("leave values alone that another tensor shares", () => {
    const x = tensor([1, 2, 3]);
    const tail = x.slice(0, 1);
    x.dispose();
    expect(numbers(tail)).toEqual([2, 3]);
    tail.dispose();
  });
});

describe("persist", () => {
  it("takes a tensor out of all scopes", () => {
    let kept: Tensor | undefined;
    const left = leftBy(() =>
      scope(() => {
        scope(() => {
          const x = ones([2]);
          kept = persist(x);
          expect([kept, persist(kept)]).toEqual([x, x]);
        });
      }),
    );
    expect([left, kept?.isDisposed]).toEqual([1, false]);
    kept?.dispose();
  });

  it("keeps it out: returning it from a scope gives it to nobody", () => {
    const x = scope(() => {
      const kept = persist(ones([1]));
      scope(() => kept);
      return kept;
    });
    expect(x.isDisposed).toBe(false);
    x.dispose();
  });
});

describe("adopt", () => {
  it("puts another tensor behind an object that others hold", () => {
    const left = leftBy(() => {
      const target = ones([2]);
      const holder = { target };
      scope(() => {
        const source = zeros([3], { dtype: "float64" });
        adopt(target, source);
        expect(source.isDisposed).toBe(true);
      });
      expect([holder.target.dtype, numbers(holder.target)]).toEqual(["float64", [0, 0, 0]]);
      target.dispose();
    });
    expect(left).toBe(0);
  });

  it("leaves the owner as it was", () => {
    const left = leftBy(() =>
      scope(() => {
        const target = ones([1]);
        adopt(target, persist(tensor([4])));
        expect(target.item()).toBe(4);
      }),
    );
    expect(left).toBe(0);
  });
});

it("tensors that nobody holds any more are freed by the collector", async () => {
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const before = liveTensors();
  (() => {
    for (let i = 0; i < 10; i++) ones([1]);
  })();
  expect(liveTensors()).toBe(before + 10);
  await expect
    .poll(() => {
      collect();
      return liveTensors();
    })
    .toBe(before);
});

describe("V8's collector", () => {
  const sixteenMegabytes = () => empty([4 << 20]);

  /** How often V8 collects its whole heap while `body` runs. */
  async function collections(body: () => Promise<void>): Promise<number> {
    let count = 0;
    const observer = new PerformanceObserver((list) => {
      const entries = list.getEntries() as (PerformanceEntry & { detail?: { kind?: number } })[];
      count += entries.filter(({ detail }) => detail?.kind === majorCollection).length;
    });
    observer.observe({ entryTypes: ["gc"] });
    await body();
    await nextTurn();
    observer.disconnect();
    return count;
  }

  it("hears of tensors that only it can free, and frees them in time", async () => {
    const before = liveTensors();
    for (let i = 0; i < 300; i++) {
      sixteenMegabytes();
      await nextTurn();
    }
    expect(liveTensors() - before).toBeLessThan(150);
  });

  it("is not stirred by those of a scope, which come and go with every training step", async () => {
    const count = await collections(async () => {
      for (let i = 0; i < 300; i++) {
        scope(() => {
          for (let j = 0; j < 4; j++) sixteenMegabytes();
        });
        await nextTurn();
      }
    });
    expect(count).toBeLessThan(10);
  });
});
