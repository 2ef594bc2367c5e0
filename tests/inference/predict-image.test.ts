/** Prediction of single files: the input's own size, the data set's preparation, the files that come out. */
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { planar8bit } from "../../src/augment/index.js";
import { DataError } from "../../src/core/errors.js";
import { readSafetensors } from "../../src/core/formats/safetensors.js";
import { decodeCase } from "../../src/data/decode.js";
import { decodeHeader, decodeImage, readImage } from "../../src/data/images/read-image.js";
import { drawOverlay } from "../../src/inference/pictures/overlay.js";
import { labelMaps, predict } from "../../src/inference/predict.js";
import { predictImage } from "../../src/inference/predict-image.js";
import { predictionFiles } from "../../src/inference/write/encode-prediction.js";
import { fromTypedArray, liveTensors, noGrad, scope } from "../../src/torch/index.js";
import { temporaryFolder } from "../data/files.js";
import { stored } from "../data/stored.js";
import { nestedClasses, pixels, tinyNetwork, twoDomains } from "./tiny.js";

const base = temporaryFolder();
const network = tinyNetwork(1, 2);
const softmax = twoDomains(join(base, "softmax"));
const sigmoid = twoDomains(join(base, "sigmoid"), nestedClasses);
const options = { size: 16, device: "cpu", precision: "fp32", normalisation: planar8bit } as const;

afterAll(() => network.dispose());

/** A network that answers with the image's own grey value: bright is class 0 of two overlapping ones, dark class 1. */
function brightness() {
  const copying = tinyNetwork(1, 2);
  copying.forward = (images) =>
    scope(() =>
      images
        .mul(10)
        .repeat([1, 2, 1, 1])
        .mul(fromTypedArray(Float32Array.of(1, -1), [1, 2, 1, 1])),
    );
  return copying;
}

describe("predictImage", () => {
  it("gives what evaluation sees when the image has the network's size", async () => {
    const [one] = softmax.domains[0].cases("test");
    const { image } = await decodeCase(softmax, one);
    const live = liveTensors();
    const predicted = predictImage(network, await readImage(one.imagePath), one.imagePath, softmax, options);
    expect(liveTensors()).toBe(live);
    scope(() => {
      const direct = predict(network, fromTypedArray(image, [1, 1, 16, 16]), { ...options, kind: "softmax" });
      expect(predicted.probabilities).toEqual(direct.probabilities.toTypedArray());
      expect(predicted.labels).toEqual(labelMaps(direct.probabilities, "softmax")[0]);
    });
  });

  it("answers in the image's own size and place, whatever its shape", () => {
    const [height, width] = [40, 100];
    const samples = Uint8Array.from({ length: height * width }, (_, i) => (i % width < 25 ? 255 : 0));
    const image = stored(height, width, samples);
    const copying = brightness();
    const { labels, probabilities, ...size } = predictImage(copying, image, "x.png", sigmoid, options);
    copying.dispose();
    expect(size).toEqual({ height, width });
    expect(labels).toHaveLength(2 * height * width);
    expect(probabilities).toHaveLength(2 * height * width);
    for (const row of [0, 17, 39]) {
      const bright = labels.subarray(row * width, (row + 1) * width);
      const edge = bright.indexOf(0);
      expect(Math.abs(edge - 25)).toBeLessThanOrEqual(2);
      expect([...bright]).toEqual([...bright].map((_, x) => (x < edge ? 1 : 0)));
      const dark = labels.subarray((height + row) * width, (height + row + 1) * width);
      expect([...dark].every((value, x) => value === 1 - bright[x] || Math.abs(x - 25) <= 3)).toBe(true);
    }
  });

  it("labels a picture of many bands as its probabilities say, and hands those out only when asked", () => {
    const [height, width] = [3, 400_000];
    const image = stored(
      height,
      width,
      Uint8Array.from({ length: height * width }, (_, i) => (i % width) >> 11),
    );
    const { labels, probabilities = new Float32Array() } = predictImage(network, image, "x.png", softmax, options);
    expect(probabilities).toHaveLength(2 * height * width);
    const wrong = labels.findIndex(
      (label, i) => label !== (probabilities[i] < probabilities[height * width + i] ? 1 : 0),
    );
    expect(wrong).toBe(-1);
    const alone = predictImage(network, image, "x.png", softmax, { ...options, probabilities: false });
    expect(Object.keys(alone).sort()).toEqual(["height", "labels", "width"]);
    expect(Buffer.compare(alone.labels, labels)).toBe(0);
  });

  it("refuses 8 bits where the network was trained on more alone", () => {
    const trained = { ...softmax, intensity: { low: 0, high: 4000 } };
    const narrow = stored(4, 4, new Uint8Array(16));
    const predicted = (depths: "narrow" | "wide" | "mixed") =>
      predictImage(network, narrow, "narrow.png", { ...trained, depths }, options).labels;
    expect(predicted("mixed")).toHaveLength(16);
    expect(predicted("narrow")).toHaveLength(16);
    expect(() => predicted("wide")).toThrow(
      "narrow.png: has 8 bits a sample, but the network was trained on images of more, grey 0 to 4000; give it the image " +
        "as it was before it was made 8 bits",
    );
  });

  it("turns colour into grey for a grey data set and refuses 16 bits where the network was trained on 8", () => {
    const rgb = stored(20, 20, pixels(1200), 3);
    expect(predictImage(network, rgb, "rgb.png", softmax, options).labels).toHaveLength(400);
    const wide = stored(4, 4, new Uint16Array(16));
    expect(() => predictImage(network, wide, "wide.png", softmax, options)).toThrow(DataError);
    expect(() => predictImage(network, wide, "wide.png", softmax, options)).toThrow(
      "wide.png: has 16 bits a sample, but the network was trained on 8-bit images; say with --intensity LOW HIGH which values become black and white, or convert it to 8 bits as those were",
    );
  });

  it("names the image when the network gives NaN", () => {
    const broken = tinyNetwork(1, 2);
    noGrad(() => broken.parameters()[0].fill_(Number.NaN));
    const image = stored(16, 16, pixels(256));
    expect(() => predictImage(broken, image, "a.png", softmax, options)).toThrow(
      "a.png: the network's output holds NaN",
    );
    broken.dispose();
  });
});

describe("predictionFiles", () => {
  const image = stored(30, 20, pixels(600));
  const everything = { overlay: true, probabilities: true };
  const prediction = {
    height: 30,
    width: 20,
    probabilities: Float32Array.from(pixels(1200, 2), (value) => value / 255),
    labels: Uint8Array.from({ length: 1200 }, (_, i) => (i < 600 ? Number(i < 100) : Number(i < 900))),
  };

  it("gives an index map and one mask for each overlapping class, as exact 8-bit grey PNG", async () => {
    const files = predictionFiles(sigmoid, everything);
    expect(files.map(({ folder, extension }) => `${folder}.${extension}`)).toEqual([
      ...["masks.png", "classes/cup.png", "classes/disc.png", "overlays.png", "probabilities.safetensors"],
    ]);
    const bytes = await Promise.all(
      files.map(async (file) => Buffer.concat(await file.encode(prediction, image, { path: "x" }))),
    );
    for (const png of bytes.slice(0, 3)) {
      expect(png.subarray(1, 4).toString()).toBe("PNG");
      expect(await decodeHeader(png, "x")).toMatchObject({
        grid: { shape: [30, 20] },
        channels: 1,
        sampleType: "uint8",
      });
    }
    const [masks, cup, disc] = await Promise.all(bytes.slice(0, 3).map((png) => decodeImage(png, "x", "indices")));
    expect([...masks.samples]).toEqual(Array.from({ length: 600 }, (_, i) => (i < 100 ? 1 : i < 300 ? 2 : 0)));
    expect([...cup.samples]).toEqual(Array.from({ length: 600 }, (_, i) => (i < 100 ? 255 : 0)));
    expect([...disc.samples]).toEqual(Array.from({ length: 600 }, (_, i) => (i < 300 ? 255 : 0)));
  });

  it("keeps every probability bit by bit", async () => {
    const [, , , , file] = predictionFiles(sigmoid, everything);
    const { tensors, metadata } = readSafetensors(
      Buffer.concat(await file.encode(prediction, image, { path: "x" })),
      "x",
    );
    const { dtype, shape, data } = tensors.get("probabilities")!;
    expect({ dtype, shape }).toEqual({ dtype: "F32", shape: [2, 30, 20] });
    expect(Buffer.from(data)).toEqual(Buffer.from(prediction.probabilities.buffer));
    expect(JSON.parse(metadata.classes)).toEqual(["cup", "disc"]);
  });

  it("gives only the class numbers for exclusive classes unless more is wanted", async () => {
    const [file, ...others] = predictionFiles(softmax, { overlay: false, probabilities: false });
    expect(others).toEqual([]);
    const labels = prediction.labels.slice(0, 600);
    const png = Buffer.concat(await file.encode({ ...prediction, labels }, image, { path: "x" }));
    expect([...(await decodeImage(png, "x", "indices")).samples]).toEqual([...labels]);
    expect((await sharp(png).metadata()).space).toBe("b-w");
  });
});

describe("drawOverlay", () => {
  it("draws thin outlines in the class colours, inner classes over outer ones, and leaves the rest alone", () => {
    const side = 12;
    const inside = (x: number, y: number, margin: number) =>
      Math.min(x, y) >= margin && Math.max(x, y) < side - margin ? 1 : 0;
    const plane = (margin: number) =>
      Array.from({ length: side * side }, (_, i) => inside(i % side, Math.floor(i / side), margin));
    const labels = Uint8Array.from([...plane(4), ...plane(2)]);
    const image = stored(side, side, pixels(side * side));
    const picture = drawOverlay(image, labels, "x", sigmoid);
    const at = (x: number, y: number) => [...picture.subarray(3 * (y * side + x), 3 * (y * side + x) + 3)];
    const grey = (x: number, y: number) => Array(3).fill(image.samples[y * side + x]);
    expect(at(2, 2)).toEqual([0, 255, 0]);
    expect(at(9, 5)).toEqual([0, 255, 0]);
    expect(at(4, 6)).toEqual([255, 0, 0]);
    for (const [x, y] of [
      [1, 1],
      [3, 5],
      [5, 5],
      [11, 0],
    ])
      expect(at(x, y)).toEqual(grey(x, y));
    const coloured = Array.from({ length: side * side }, (_, i) => i).filter(
      (i) => String(at(i % side, Math.floor(i / side))) !== String(grey(i % side, Math.floor(i / side))),
    );
    expect(coloured).toHaveLength(28 + 12);
    expect([...image.samples]).toEqual([...pixels(side * side)]);
  });

  it("draws nothing along the picture's own edge and thicker lines in large pictures", () => {
    const [height, width] = [10, 1200];
    const samples = new Uint8Array(3 * height * width);
    const labels = Uint8Array.from({ length: height * width }, (_, i) => (i % width < 100 ? 1 : 0));
    const picture = drawOverlay(stored(height, width, samples, 3), labels, "x", softmax);
    const row = Array.from({ length: width }, (_, x) => picture.subarray(3 * x, 3 * x + 3).some((value) => value > 0));
    expect(row.flatMap((drawn, x) => (drawn ? [x] : []))).toEqual([94, 95, 96, 97, 98, 99]);
  });
});
