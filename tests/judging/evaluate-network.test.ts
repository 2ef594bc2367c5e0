/** Evaluation of a network: rows equal direct calls of the metrics, losses, cases without masks, bad inputs. */
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { DataError, NumericError } from "../../src/core/errors.js";
import { DecodedCache } from "../../src/data/cache/decoded-cache.js";
import type { LossLabels } from "../../src/data/case-tensors.js";
import { allCases, loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import { labelMaps, predict } from "../../src/inference/predict.js";
import { evaluateNetwork } from "../../src/judging/evaluate-network.js";
import { segmentationLoss } from "../../src/losses/index.js";
import { fromTypedArray, liveTensors, noGrad, scope } from "../../src/torch/index.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../data/files.js";
import { nestedClasses, pixels, tinyNetwork, twoDomains } from "../inference/tiny.js";

const base = temporaryFolder();
const network = tinyNetwork(1, 2);
const options = { device: "cpu", precision: "fp32", normalisation: planar8bit } as const;

afterAll(() => network.dispose());

describe("evaluateNetwork", () => {
  it("gives for each case and part what the metrics give for its mask", async () => {
    const dataset = twoDomains(join(base, "softmax"));
    const cases = allCases(dataset);
    const { scores } = await evaluateNetwork(network, dataset, cases, new DecodedCache(dataset), options);
    expect(scores.map(({ domain, id, part }) => [domain, id, part])).toEqual([
      ["a", "0", "disc"],
      ["a", "1", "disc"],
      ["a", "2", "disc"],
      ["b", "0", "disc"],
      ["b", "1", "disc"],
    ]);
    expect(scores.map(({ empty }) => empty)).toEqual(["reference", "none", "none", "none", "none"]);
    const one = await decodeCase(dataset, cases[2]);
    const [labels] = scope(() =>
      labelMaps(
        predict(network, fromTypedArray(one.image, [1, 1, 16, 16]), { ...options, kind: "softmax" }).probabilities,
        "softmax",
      ),
    );
    const direct = evaluateMask(labels, one.label as Uint8Array, { shape: [16, 16], convention: "midss" });
    const { domain: _, id: __, subject: ____, part: ___, ...metrics } = scores[2];
    expect(direct).toMatchObject(metrics);
  });

  it("lets the event loop turn after each case, so that signals are seen while it judges", async () => {
    const dataset = twoDomains(join(base, "turns"));
    const cases = allCases(dataset);
    const cache = new DecodedCache(dataset);
    await cache.prepare(cases);
    let turns = 0;
    let next = setImmediate(function turn() {
      turns++;
      next = setImmediate(turn);
    });
    await evaluateNetwork(network, dataset, cases, cache, options);
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(cases.filter(({ maskPath }) => maskPath !== undefined).length);
  });

  it("judges every channel of overlapping classes by itself", async () => {
    const dataset = twoDomains(join(base, "sigmoid"), nestedClasses);
    const [, one] = allCases(dataset);
    const { scores } = await evaluateNetwork(network, dataset, [one], new DecodedCache(dataset), options);
    const decoded = await decodeCase(dataset, one);
    const [planes] = scope(() =>
      labelMaps(
        predict(network, fromTypedArray(decoded.image, [1, 1, 16, 16]), { ...options, kind: "sigmoid" }).probabilities,
        "sigmoid",
      ),
    );
    expect(scores.map(({ part }) => part)).toEqual(["cup", "disc"]);
    [0, 1].forEach((k) => {
      const [mask, label] = [planes, decoded.label as Uint8Array].map((all) => all.slice(256 * k, 256 * (k + 1)));
      const { dice, hd95, asd } = evaluateMask(mask, label, { shape: [16, 16], convention: "midss" });
      expect(scores[k]).toMatchObject({ dice, hd95, asd });
    });
  });

  describe("pixels that the reference ignores", () => {
    const side = 16;
    const ignored = (p: number) => p % side >= 10 || p < 2 * side;
    /** A set of one case: a square object, 255 where it is ignored or, for comparison, background. */
    function oneCase(name: string, value: (p: number) => number, changes: Record<string, unknown> = {}) {
      const folder = join(base, name);
      put(join(folder, "images/x.png"), png(side, side, pixels(side * side, 3)));
      const mask = Array.from({ length: side * side }, (_, p) => value(p));
      put(join(folder, "masks/x.png"), png(side, side, mask));
      const test = { images: "images/{id}.png", masks: "masks/{id}.png" };
      return loadDataset(putDatasetYaml(folder, { domains: [{ name: "a", test }], ...changes }));
    }
    const object = (p: number) => (p % side < 12 && p >> 4 < 9 ? 1 : 0);
    const withBorder = (p: number) => (ignored(p) ? 255 : object(p));
    const judge = (dataset: ReturnType<typeof loadDataset>, changes = {}) =>
      evaluateNetwork(network, dataset, allCases(dataset), new DecodedCache(dataset), { ...options, ...changes });
    const labels = { kind: "values", map: { 0: "background", 1: "disc" }, ignore: 255 };
    const overlapping = { ...nestedClasses, labels: { ...nestedClasses.labels, ignore: 255 } };

    it.each([
      ["softmax", { labels }],
      ["sigmoid", overlapping],
    ] as const)("are of no part in either mask (%s)", async (kind, changes) => {
      const dataset = oneCase(`ignored-${kind}`, withBorder, changes);
      const { scores, ignored: share } = await judge(dataset);
      const { image, label } = await decodeCase(dataset, allCases(dataset)[0]);
      const [said] = scope(() =>
        labelMaps(
          predict(network, fromTypedArray(image, [1, 1, side, side]), { ...options, kind }).probabilities,
          kind,
        ),
      );
      expect(share).toBeCloseTo(
        Array.from({ length: side * side }, (_, p) => p).filter(ignored).length / side ** 2,
        12,
      );
      expect(said.some((value, i) => value > 0 && ignored(i % side ** 2))).toBe(true);
      scores.forEach((score, k) => {
        const cleared = (maps: Uint8Array) =>
          Uint8Array.from({ length: side * side }, (_, p) =>
            ignored(p) ? 0 : kind === "softmax" ? maps[p] : maps[k * side * side + p],
          );
        const [predicted, expected] = [said, label as Uint8Array].map(cleared);
        const direct = evaluateMask(predicted, expected, { shape: [side, side], convention: "midss" });
        const { domain: _, id: __, subject: ____, part: ___, ...metrics } = score;
        expect(direct).toMatchObject(metrics);
      });
    });

    it("have no part in the loss", async () => {
      const dataset = oneCase("ignored-loss", withBorder, { labels });
      const seen: unknown[] = [];
      await judge(dataset, {
        loss: (_: unknown, target: LossLabels) => seen.push(target.annotated?.toArray(), target.labels.toArray()),
      });
      const rows = (of: (p: number) => number) =>
        Array.from({ length: side }, (_, y) => Array.from({ length: side }, (__, x) => of(y * side + x)));
      expect(seen[0]).toEqual([[rows((p) => (ignored(p) ? 0 : 1))]]);
      expect(seen[1]).toEqual([rows((p) => (ignored(p) ? 0 : object(p)))]);
    });

    it.each(["midss", "medpy"] as const)("leave nothing to judge where they are all (%s)", async (convention) => {
      const dataset = oneCase(`ignored-all-${convention}`, () => 255, { labels });
      const { scores } = await judge(dataset, { convention });
      expect(scores[0]).toMatchObject({ dice: Number.NaN, jaccard: Number.NaN, hd95: Number.NaN, asd: Number.NaN });
    });
  });

  it("applies the convention it is told", async () => {
    const dataset = twoDomains(join(base, "convention"));
    const [empty] = allCases(dataset);
    const distance = async (convention: "midss" | "medpy" | "monai") =>
      (await evaluateNetwork(network, dataset, [empty], new DecodedCache(dataset), { ...options, convention }))
        .scores[0];
    expect(await distance("midss")).toMatchObject({ dice: 0, hd95: 100 });
    expect(await distance("medpy")).toMatchObject({ dice: 0, hd95: Number.NaN });
    expect(await distance("monai")).toMatchObject({ dice: Number.NaN, hd95: Number.POSITIVE_INFINITY });
  });

  describe("distances", () => {
    // Stored as 32 rows of 16 pixels, worked on as 16 x 16: rows of the square are two stored rows apart.
    const shown = (row: number, column: number, height: number) =>
      Array.from({ length: height * 16 }, (_, i) =>
        Number(Math.floor((i / 16) * (16 / height)) === row && i % 16 === column),
      );
    /** One pixel predicted three rows and four columns away from the one of the reference. */
    async function distances(name: string, units: "pixels" | "mm" | undefined, changes: Record<string, unknown>) {
      const folder = join(base, name);
      put(join(folder, "images/x.png"), png(16, 32, pixels(512)));
      put(join(folder, "masks/x.png"), png(16, 32, shown(5, 5, 32)));
      const test = { images: "images/{id}.png", masks: "masks/{id}.png" };
      const dataset = loadDataset(putDatasetYaml(folder, { domains: [{ name: "a", test }], ...changes }));
      const answering = tinyNetwork(1, 2);
      const object = shown(8, 9, 16);
      answering.forward = () =>
        fromTypedArray(Float32Array.from([...object.map((value) => -value), ...object]), [1, 2, 16, 16]);
      const asked = { ...options, ...(units ? { units } : {}) };
      const { scores } = await evaluateNetwork(answering, dataset, allCases(dataset), new DecodedCache(dataset), asked);
      answering.dispose();
      const [{ hd, hd95, asd, assd }] = scores;
      return [hd, hd95, asd, assd];
    }

    it("are in pixels of the network's square, whatever the spacing, unless mm are asked for", async () => {
      const five = [5, 5, 5, 5];
      expect(await distances("square", undefined, { spacing: [2, 1.25] })).toEqual(five);
      expect(await distances("square", "pixels", {})).toEqual(five);
    });

    it("are in mm by the stored spacing and the change of size: rows 4 mm, columns 1.25 mm apart", async () => {
      const thirteen = Math.hypot(3 * 4, 4 * 1.25);
      expect(thirteen).toBe(13);
      expect(await distances("body", "mm", { spacing: [2, 1.25] })).toEqual([13, 13, 13, 13]);
    });

    it("cannot be in mm where nobody knows the spacing", async () => {
      const asked = distances("unknown", "mm", {});
      await expect(asked).rejects.toThrow(DataError);
      await expect(asked).rejects.toThrow(
        /dataset\.yaml: nothing says the spacing of a\/test\/x, so distances cannot be in mm; add spacing: \[row, column\]/,
      );
    });
  });

  it.each([
    ["softmax", {}],
    ["sigmoid", nestedClasses],
  ] as const)("gives the loss of each case when asked (%s)", async (kind, changes) => {
    const dataset = twoDomains(join(base, `loss-${kind}`), changes);
    const cases = allCases(dataset).filter(({ maskPath }) => maskPath !== undefined);
    const cache = new DecodedCache(dataset);
    const live = liveTensors();
    const { losses } = await evaluateNetwork(network, dataset, cases, cache, {
      ...options,
      loss: (logits, { labels, annotated }) => segmentationLoss(logits, labels, null, { kind, annotated }).loss.item(),
    });
    expect(liveTensors()).toBe(live);
    expect(losses).toHaveLength(5);
    const { image, label } = await cache.get(cases[1]);
    const expected = scope(() => {
      network.eval();
      const input = fromTypedArray(
        Float32Array.from(image, (value) => value / 127.5 - 1),
        [1, 1, 16, 16],
      );
      const logits = noGrad(() => network.forward(input));
      const target =
        kind === "softmax"
          ? fromTypedArray(BigInt64Array.from(label as Uint8Array, BigInt), [1, 16, 16])
          : fromTypedArray(Float32Array.from(label as Uint8Array), [1, 2, 16, 16]);
      return segmentationLoss(logits, target, null, { kind }).loss.item();
    });
    network.train();
    expect(losses[1]).toBeCloseTo(expected, 6);
    expect((await evaluateNetwork(network, dataset, cases, cache, options)).losses).toEqual([]);
  });

  it("leaves cases without a mask out, says which, and counts progress", async () => {
    const dataset = twoDomains(join(base, "unlabelled"));
    const done: number[] = [];
    const { withoutMask } = await evaluateNetwork(network, dataset, allCases(dataset), new DecodedCache(dataset), {
      ...options,
      onProgress: (count) => done.push(count),
    });
    expect(withoutMask.map(({ domain, id }) => `${domain}/${id}`)).toEqual(["a/3"]);
    expect(done).toEqual([1, 2, 3, 4, 5]);
    const only = allCases(dataset).slice(3, 4);
    await expect(evaluateNetwork(network, dataset, only, new DecodedCache(dataset), options)).rejects.toThrow(
      `${dataset.path}: none of the 1 cases to evaluate has a mask; add masks`,
    );
  });

  it("names a broken file and a network that gives NaN", async () => {
    const dataset = twoDomains(join(base, "broken"));
    const cases = allCases(dataset);
    const broken = tinyNetwork(1, 2);
    noGrad(() => broken.parameters()[0].fill_(Number.NaN));
    const asked = evaluateNetwork(broken, dataset, cases, new DecodedCache(dataset), options);
    await expect(asked).rejects.toThrow(NumericError);
    await expect(asked).rejects.toThrow("a/test/0: the network's output holds NaN");
    broken.dispose();
    truncateSync(cases[1].imagePath, 60);
    const cache = new DecodedCache(dataset);
    await expect(evaluateNetwork(network, dataset, cases, cache, options)).rejects.toThrow(DataError);
    await expect(evaluateNetwork(network, dataset, cases, cache, options)).rejects.toThrow(cases[1].imagePath);
  });
});
