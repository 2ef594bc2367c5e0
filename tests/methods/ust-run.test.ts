/** UST-RUN: what it remembers by hand, what it pastes and where, how the hardest image joins the loss, and resuming. */
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../../src/core/errors.js";
import { segmentationLoss } from "../../src/losses/index.js";
import type { Batch } from "../../src/methods/index.js";
import type { StudentView } from "../../src/methods/midss.js";
import { studentForward } from "../../src/methods/parts/forward.js";
import { hardnessOf, type UstRun } from "../../src/methods/ust-run.js";
import { type PseudoLabelled, ReliableMemory } from "../../src/methods/ust-run-memory.js";
import { cat, full, noGrad, ones, scope, type Tensor, tensor, zeros } from "../../src/torch/index.js";
import { tensorFromBytes } from "./state-file.js";
import { at, channelsOf, type Kind, kinds, makeBatch, Training, withTraining } from "./support.js";

/** Images [n, 1, 1, 1] of the given values, labels likewise, everywhere confident. */
function images(...values: number[]): PseudoLabelled {
  const all = tensor(values).reshape([-1, 1, 1, 1]);
  return { images: all, labels: all, confident: all.mul(0).add(1) };
}
const inQueue = (memory: ReliableMemory) => [...(memory.reliable as PseudoLabelled).images.reshape([-1]).toNumbers()];
const hardest = (memory: ReliableMemory) => (memory.hardest as PseudoLabelled).images.item();
const threshold = (memory: ReliableMemory) => memory.state().get("threshold")?.item();

describe("the memory", () => {
  it("takes images below a threshold that falls to the queue's hardest and grows while none comes", () => {
    scope(() => {
      const memory = new ReliableMemory({ length: 4, limit: 0.1 }, "cpu");
      expect([memory.reliable, memory.hardest]).toEqual([null, null]);
      memory.take(images(1, 2, 3), [0.2, 0.1, 0.2], 1.5);
      expect([inQueue(memory), hardest(memory), threshold(memory)]).toEqual([[], 1, 0.1]);
      memory.take(images(4, 5, 6), [0.05, 0.3, 0.02], 1.5);
      expect([inQueue(memory), hardest(memory), threshold(memory)]).toEqual([[4, 6], 5, 0.05]);
      memory.take(images(7, 8), [0.06, 0.05], 1.5);
      expect([inQueue(memory), hardest(memory)]).toEqual([[4, 6], 7]);
      expect(threshold(memory)).toBeCloseTo(0.075, 15);
      memory.take(images(9, 10, 11), [0.07, 0.01, 0.03], 1.5);
      expect(inQueue(memory)).toEqual([9, 10, 11, 4]);
      expect(threshold(memory)).toBe(0.07);
      memory.take(images(12, 13), [0.01, 0.02], 1.5);
      expect(inQueue(memory)).toEqual([12, 13, 9, 10]);
      for (let k = 0; k < 3; k++) memory.take(images(14), [1], 1.5);
      expect(threshold(memory), "never above the limit").toBe(0.1);
      memory.dispose();
    });
  });

  it("continues from a saved state, and refuses that of another", () => {
    scope(() => {
      const [memory, other] = [0, 1].map(() => new ReliableMemory({ length: 4, limit: 0.1 }, "cpu"));
      memory.take(images(4, 5, 6), [0.05, 0.3, 0.02], 1.5);
      other.take(images(1), [0], 1.5);
      other.loadState(memory.state());
      for (const one of [memory, other]) one.take(images(7, 8), [0.04, 0.06], 1.5);
      const values = (of: ReliableMemory) => [...of.state()].map(([name, value]) => [name, value.toArray()]);
      expect(values(other)).toEqual(values(memory));
      expect(() => other.loadState(new Map([["threshold", tensor([1])]]))).toThrow(CheckpointError);
      expect(() => other.loadState(new Map([["queue", tensor([1])]]))).toThrow(/has queue|lacks/);
      other.loadState(new Map());
      expect(other.reliable).toBeNull();
      memory.dispose();
    });
  });
});

it("hardness is 1 minus the smoothed Dice, averaged over the parts, and 1 for a part that neither has", () => {
  scope(() => {
    const part = (row: string) => [[...row].map(Number)];
    const a = tensor([[part("1100"), part("0000")]]);
    const b = tensor([[part("1000"), part("0000")]]);
    const dice = 3 / 4.001;
    expect(hardnessOf(a, b, "sigmoid", 2).item()).toBeCloseTo(1 - dice / 2, 6);
    const [c, d] = [[[1, 1, 2, 0]], [[1, 0, 2, 0]]].map((map) => tensor([map], { dtype: "int64" }));
    expect(hardnessOf(c, d, "softmax", 3).item()).toBeCloseTo(1 - (dice + 3 / 3.001) / 2, 6);
    expect(hardnessOf(c, d, "softmax", 4).item()).toBeCloseTo(1 - (dice + 3 / 3.001) / 3, 6);
  });
});

/** Raw values of the labelled and of the remembered images; in a network's eyes a value v is v/127.5 − 1. */
const [labelledValue, rememberedValue] = [10, 120];
const seen = (value: number) => value / 127.5 - 1;

/** A batch of four flat labelled images, of class 1 (or both channels) in rows 8 to 11, and four unlabelled ones. */
function flatBatch(kind: Kind): Batch {
  const rows = zeros([4, 1, 32, 32]);
  rows.narrow(2, 8, 4).fill_(1);
  const labels = kind === "sigmoid" ? cat([rows, rows], 1) : rows.squeeze(1).to({ dtype: "int64" });
  const { unlabelled } = makeBatch(kind, 3, { count: 4 });
  return { labelled: { images: full([4, 1, 32, 32], labelledValue), labels }, unlabelled };
}

/** Flat remembered images that are of no class, and nowhere certain. */
function remembered(kind: Kind, count: number, certain = 0): PseudoLabelled {
  return {
    images: full([count, 1, 32, 32], rememberedValue),
    labels: kind === "sigmoid" ? zeros([count, 2, 32, 32]) : zeros([count, 32, 32], { dtype: "int64" }),
    confident: full([count, kind === "sigmoid" ? 2 : 1, 32, 32], certain),
  };
}

function prepared(kind: Kind, options: Record<string, unknown>, body: (step: ReturnType<UstRun["prepare"]>) => void) {
  withTraining(new Training("ust-run", kind, { options }), (training) => {
    const method = training.method as UstRun;
    noGrad(() =>
      scope(() => {
        method.memory.take(remembered(kind, 3), [0.01, 0.02, 0.03], 1);
        body(method.prepare(flatBatch(kind), at(0)));
      }),
    );
  });
}

describe.each(kinds)("one step, %s", (kind) => {
  it.each([
    [0.5, 2],
    [1, 3],
    [0, 0],
  ])(
    "pastes with a share of %s %s of four from the queue, as far as its three go, trusted where the teacher was",
    (queueShare, count) => {
      prepared(kind, { queueShare }, ({ views }) => {
        const lu = views.find(({ name }) => name === "lu") as StudentView;
        // Outside its box an image of "lu" is the pasted one; in iteration 0 no amplitude is mixed in.
        const shareOf = (value: number) => [
          ...lu.images.sub(seen(value)).abs().lt(1e-3).to({ dtype: "float32" }).flatten(1).mean(1).toNumbers(),
        ];
        const of = (value: number) => shareOf(value).map((share) => share > 0.5);
        expect(of(rememberedValue).filter(Boolean)).toHaveLength(count);
        expect(of(labelledValue).filter(Boolean)).toHaveLength(4 - count);
        const trusted = (lu.mask as Tensor).flatten(1).mean(1).toNumbers();
        of(rememberedValue).forEach((isRemembered, i) => {
          if (isRemembered) expect(trusted[i]).toBeLessThan(0.5);
          else expect(trusted[i]).toBeGreaterThan(0.5);
        });
      });
    },
  );

  it("covers the foreground of the hardest image with a labelled one", () => {
    prepared(kind, {}, ({ hard }) => {
      const rows = (map: Tensor) => [...map.reshape([-1, 32, 32]).select(0, 0).select(1, 0).toNumbers()];
      const inside = Array.from({ length: 32 }, (_, row) => row >= 8 && row < 12);
      expect(rows(hard!.labels)).toEqual(inside.map(Number));
      expect(rows(hard!.mask as Tensor)).toEqual(inside.map(Number));
      rows(hard!.images).forEach((value, row) => {
        expect(value).toBeCloseTo(seen(inside[row] ? labelledValue : rememberedValue), 6);
      });
      expect(hard?.images.shape).toEqual([1, 1, 32, 32]);
    });
  });

  it("takes the loss of that image and of the copy-paste images as one", () => {
    withTraining(new Training("ust-run", kind), ({ method, student, context }) => {
      noGrad(() =>
        scope(() => {
          const ustRun = method as UstRun;
          ustRun.memory.take(remembered(kind, 2, 1), [0.01, 0.02], 1);
          const { views, hard, evaluate, rampUp } = ustRun.prepare(flatBatch(kind), at(5));
          const { task, terms, perDomain } = evaluate({ updateRunningStatistics: false });
          const logits = [...views, hard!].map(({ images }) => studentForward(student, images, false, context).logits);
          const loss = (i: number, others: number[] = []) => {
            const rows = [i, ...others];
            const chosen = rows.map((row) => [...views, hard!][row]);
            const masks = chosen.map(({ mask, labels }) => mask ?? ones([labels.shape[0], 1, 32, 32]));
            const [all, labels] = [cat(rows.map((row) => logits[row])), cat(chosen.map((view) => view.labels))];
            return segmentationLoss(all, labels, views[i].mask && cat(masks), { kind }).loss.item();
          };
          const want = { sup: loss(0), ul: loss(1, [4]), lu: loss(2), s: loss(3) };
          expect(want.ul).not.toBeCloseTo(loss(1), 4);
          for (const [name, value] of Object.entries(want)) expect(terms[name].item(), name).toBeCloseTo(value, 5);
          expect(task.item()).toBeCloseTo(want.sup + rampUp * (want.ul + want.lu + rampUp * want.s), 5);
          expect(perDomain?.map((one) => one.item())).toEqual([terms.sup.item(), terms.s.item()]);
        }),
      );
    });
  });

  it("continues from a checkpoint with the same bits, its queue in memory.safetensors", () => {
    const options = { hardnessLimit: 1, queueLength: 3 };
    let middle = new Map<string, Uint8Array>();
    let wanted = new Map<string, Uint8Array>();
    withTraining(new Training("ust-run", kind, { options }), (training) => {
      training.run(0, 4);
      middle = training.save();
      training.run(4, 6);
      wanted = training.save();
    });
    const queued = tensorFromBytes(middle.get("memory.safetensors"), "hardness");
    expect(queued.length).toBeGreaterThan(0);
    expect(tensorFromBytes(middle.get("memory.safetensors"), "reliable.images")).toHaveLength(queued.length * 32 * 32);
    expect(tensorFromBytes(middle.get("memory.safetensors"), "reliable.confident")).toHaveLength(
      queued.length * 32 * 32 * (kind === "sigmoid" ? channelsOf(kind) : 1),
    );
    withTraining(new Training("ust-run", kind, { options, seed: 77 }), (training) => {
      training.load(middle);
      training.run(4, 6);
      for (const [file, bytes] of training.save())
        expect(Buffer.compare(bytes, wanted.get(file) as Uint8Array), file).toBe(0);
    });
  });
});

it("remembers nothing reliable while it warms up", () => {
  withTraining(
    new Training("ust-run", "sigmoid", { options: { hardnessLimit: 1, warmUpIterations: 3 } }),
    (training) => {
      const count = () => (training.method as UstRun).memory.reliable?.images.shape[0];
      training.run(0, 3);
      expect(count()).toBe(0);
      training.run(3, 4);
      expect(count()).toBeGreaterThan(0);
    },
  );
});

it("refuses images of which one alone leaves the network a single pixel", () => {
  withTraining(new Training("ust-run", "sigmoid"), (training) => {
    const tiny = () => makeBatch("sigmoid", 0, { side: 16 });
    expect(() => training.step(0, tiny)).toThrow(/by itself, of which 16 x 16 pixels leave .* take a larger imageSize/);
  });
});

it("forgets a step that was not made", () => {
  withTraining(new Training("ust-run", "sigmoid"), (training) => {
    training.run(0, 1);
    const before = (training.method as UstRun).memory.hardest?.images.toArray();
    const broken = (): Batch => {
      const { labelled, unlabelled } = makeBatch("sigmoid", 1);
      return { labelled: { ...labelled, images: labelled.images.mul(Number.NaN) }, unlabelled };
    };
    expect(training.step(1, broken).nonFinite).toBeDefined();
    expect((training.method as UstRun).memory.hardest?.images.toArray()).toEqual(before);
  });
});
