/** Deep supervision: what the levels weigh, which labels they see, and that nothing but the labelled loss sees them. */
import { describe, expect, it } from "vitest";
import { type MethodName, methods, overLevels } from "../../src/methods/index.js";
import { ResidualUNet, UNet3d } from "../../src/nn/index.js";
import { fromTypedArray, grad, ones, scope, type Tensor, tensor } from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";
import { at, kinds, makeBatch, Training, withTraining } from "./support.js";

describe("overLevels", () => {
  tensorTest("weighs 4/7, 2/7 and 1/7, and one level alone with 1", () => {
    const [logits, ...deep] = [8, 4, 2].map((side) => ones([1, 1, side, side]));
    const loss = (level: Tensor) => tensor(level.shape[2] === 8 ? 1 : level.shape[2] === 4 ? 10 : 100);
    expect(overLevels({ logits, deep }, loss).item()).toBeCloseTo((4 + 2 * 10 + 100) / 7, 5);
    expect(overLevels({ logits }, loss).item()).toBe(1);
  });

  tensorTest("brings maps to a level by their nearest values, along spatial axes alone", () => {
    const [logits, coarse] = [ones([2, 3, 5, 4]), ones([2, 3, 3, 2])];
    const maps = fromTypedArray(
      Float32Array.from({ length: 2 * 20 }, (_, i) => i),
      [2, 5, 4],
    );
    const seen: number[][] = [];
    overLevels({ logits, deep: [coarse] }, (level, brought) => {
      seen.push(numbers(brought(maps)));
      expect(brought(ones([2, 7, 5, 4])).shape).toEqual([2, 7, ...level.shape.slice(2)]);
      return tensor(0);
    });
    expect(seen[0]).toEqual(numbers(maps));
    // Rows 0, 2 and 4 of five, columns 1 and 3 of four.
    expect(seen[1]).toEqual([1, 3, 9, 11, 17, 19, 21, 23, 29, 31, 37, 39]);
  });
});

describe("networks with deep supervision", () => {
  const shape = { inChannels: 1, outChannels: 2, width: 2 };
  const made = [
    ["unet-3d", (deep: boolean) => new UNet3d({ ...shape, deepSupervision: deep }), [16, 32, 32]],
    ["unet-residual", (deep: boolean) => new ResidualUNet({ ...shape, rank: 2, deepSupervision: deep }), [36, 50]],
    [
      "unet-residual-3d",
      (deep: boolean) => new ResidualUNet({ ...shape, rank: 3, deepSupervision: deep }),
      [16, 32, 32],
    ],
  ] as const;

  it.each(made)("%s keeps every name it had, and answers by the full head", (_, create, sides) => {
    const [deep, plain] = [create(true).eval(), create(false).eval()];
    const names = [...deep.stateDict().keys()];
    const added = names.filter((name) => name.includes("deep_heads"));
    expect(added).toHaveLength(4);
    expect(names.filter((name) => !added.includes(name))).toEqual([...plain.stateDict().keys()]);
    scope(() => {
      const images = ones([1, 1, ...sides]);
      plain.loadStateDict(new Map([...deep.stateDict()].filter(([name]) => !added.includes(name))));
      const output = deep.decode(deep.encode(images));
      expect(output.deep?.map((level) => level.shape.slice(2))).toEqual(
        [2, 4].map((times) => sides.map((side) => Math.ceil(side / times))),
      );
      expect(numbers(deep.forward(images))).toEqual(numbers(plain.forward(images)));
      expect(plain.decode(plain.encode(images)).deep).toBeUndefined();
    });
    deep.dispose();
    plain.dispose();
  });
});

const cases = (Object.keys(methods) as MethodName[]).flatMap((name) => kinds.map((kind) => [name, kind] as const));

describe.each(cases)("%s on %s targets", (name, kind) => {
  it("learns its labelled loss at every level, in all its phases", () => {
    withTraining(new Training(name, kind, { model: "deep" }), ({ method, student }) => {
      const heads = student.namedParameters().filter(([key]) => key.includes("deep_heads"));
      for (const iteration of [0, 9])
        scope(() => {
          const prepared = method.prepare(makeBatch(kind, iteration), at(iteration));
          const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
          const parameters = heads.map(([, parameter]) => parameter);
          for (const gradient of grad(task, parameters)) expect(gradient.square().sum().item()).toBeGreaterThan(0);
          expect(Object.keys(terms).some((term) => term.startsWith("sup"))).toBe(true);
        });
    });
  });
});
