/** dataset.yaml: the order of cases, what is unlabelled, and one sentence for every mistake. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DataError, UsageError } from "../../src/core/errors.js";
import { allCases, findDomain, loadDataset } from "../../src/data/dataset.js";
import { splitProtocol } from "../../src/data/protocol.js";
import { datasetSchema } from "../../src/data/schema.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";

const base = temporaryFolder();
let count = 0;
const pixel = png(1, 1, [0]);

/** A folder with these files in it. */
function folderOf(...names: string[]): string {
  const folder = join(base, `set${count++}`);
  for (const name of names) put(join(folder, name), pixel);
  return folder;
}

const patterns = { images: "a/images/{id}.png", masks: "a/masks/{id}.png" };

function load(folder: string, changes: Record<string, unknown>) {
  return loadDataset(putDatasetYaml(folder, changes));
}

describe("a folder in place of a dataset.yaml", () => {
  it("is told from one, with the verb that describes it or the file that does", () => {
    const folder = folderOf("a/images/b.png");
    expect(() => loadDataset(folder)).toThrow(DataError);
    expect(() => loadDataset(folder)).toThrow(
      `${folder}: is a folder, not a dataset.yaml; \`dimseg data inspect ${folder}\` writes a dataset.yaml for it`,
    );
    const path = putDatasetYaml(folder, { domains: [{ name: "a", train: { images: "a/images/{id}.png" } }] });
    expect(() => loadDataset(folder)).toThrow(`is a folder, not a dataset.yaml; give ${path}`);
  });
});

describe("loadDataset", () => {
  it("lists a pattern in byte order of the file names, hidden files left out", () => {
    const folder = folderOf(
      "a/images/b.png",
      "a/images/B.png",
      "a/images/a-1.png",
      "a/images/a.png",
      "a/images/._a.png",
    );
    const dataset = load(folder, { domains: [{ name: "a", train: { images: "a/images/{id}.png" } }] });
    expect(dataset.domains[0].cases("train").map((one) => one.id)).toEqual(["B", "a-1", "a", "b"]);
    expect(dataset.domains[0].cases("test")).toEqual([]);
  });

  it("keeps the order of a list and accepts file names in it", () => {
    const folder = folderOf("a/images/x.png", "a/images/y.png", "a/images/z.png");
    put(join(folder, "train.txt"), "z\r\nx.jpg\n\n");
    const dataset = load(folder, {
      domains: [{ name: "a", train: { ...patterns, masks: undefined, list: "train.txt" } }],
    });
    expect(allCases(dataset).map((one) => one.id)).toEqual(["z", "x"]);
  });

  it("treats a case without a mask file as unlabelled", () => {
    const folder = folderOf("a/images/x.png", "a/images/y.png", "a/masks/y.png");
    const [x, y] = load(folder, { domains: [{ name: "a", train: patterns }] }).domains[0].cases("train");
    expect(x).not.toHaveProperty("maskPath");
    expect(y).toMatchObject({ id: "y", domain: "a", domainIndex: 0, split: "train" });
    expect(y.maskPath).toBe(join(folder, "a/masks/y.png"));
  });

  it("takes any image extension for .* and pairs prefixes", () => {
    const folder = folderOf("s/image_1.PNG", "s/image_2.jpeg", "s/mask_1.png", "s/notes.txt");
    const dataset = load(folder, {
      domains: [{ name: "s", train: { images: "s/image_{id}.*", masks: "s/mask_{id}.*" } }],
    });
    const cases = dataset.domains[0].cases("train");
    expect(cases.map((one) => [one.id, one.maskPath !== undefined])).toEqual([
      ["1", true],
      ["2", false],
    ]);
  });

  it("takes cases one by one and a root elsewhere", () => {
    const data = folderOf("x.png", "y.png");
    const yaml = folderOf();
    const cases = [
      { image: "x.png", mask: "y.png" },
      { id: "other", image: "y.png" },
    ];
    const dataset = load(yaml, { root: data, domains: [{ name: "a", test: { cases } }] });
    expect(dataset.root).toBe(data);
    expect(allCases(dataset).map((one) => one.id)).toEqual(["x", "other"]);
  });

  it("counts the background as a class but not as a part with softmax", () => {
    const folder = folderOf("a/images/x.png");
    const dataset = load(folder, { domains: [{ name: "a", train: { images: patterns.images } }] });
    expect(dataset.outputs).toBe(2);
    expect(dataset.parts.map((part) => part.name)).toEqual(["disc"]);
    expect(dataset.classes.map((one) => one.colour)).toEqual(["#000000", "#56b4e9"]);
  });
});

describe("mistakes in dataset.yaml", () => {
  const good = { domains: [{ name: "a", train: patterns }] };

  function message(changes: Record<string, unknown>, ...files: string[]): string {
    const folder = folderOf(...files);
    try {
      load(folder, changes);
    } catch (error) {
      expect(error instanceof DataError || error instanceof UsageError).toBe(true);
      expect((error as Error).message).not.toMatch(/\n/);
      return (error as Error).message;
    }
    return "";
  }

  it("names a missing image folder, mask folder and list", () => {
    expect(message(good)).toMatch(
      /^\/.*dataset\.yaml: domain a, train images: cannot read the folder .*a\/images: it does not exist; correct/,
    );
    expect(message(good, "a/images/x.png")).toMatch(
      /^\/.*dataset\.yaml: domain a, train masks: cannot read the folder .*a\/masks: it does/,
    );
    const list = { domains: [{ name: "a", train: { images: patterns.images, list: "train.txt" } }] };
    expect(message(list, "a/images/x.png")).toMatch(
      /^\/.*dataset\.yaml: domain a, train: cannot read the list .*train\.txt: it does not/,
    );
  });

  it("names an empty domain", () => {
    expect(message(good, "a/images/x.jpg", "a/masks/x.png")).toMatch(
      /^\/.*dataset\.yaml: domain a, train: is empty: no file matches .*\{id\}/,
    );
    expect(message({ domains: [{ name: "a" }] })).toMatch(/line \d+: domains\[0\] needs train or test/);
    expect(message({ domains: [] })).toMatch(/domains /);
  });

  it("names an id without image, an id twice, and two files of one id", () => {
    const ids = (...list: string[]) => ({ domains: [{ name: "a", train: { images: patterns.images, ids: list } }] });
    expect(message(ids("x", "nope"), "a/images/x.png")).toMatch(/domain a, train: no image has the id "nope"/);
    expect(message(ids("x", "x"), "a/images/x.png")).toMatch(/the id "x" stands there twice/);
    const both = { domains: [{ name: "a", train: { images: "a/images/{id}.*" } }] };
    expect(message(both, "a/images/x.png", "a/images/x.jpg")).toMatch(/x\.jpg and x\.png in .* have the same id/);
  });

  it("names an unknown key with its line and the nearest key", () => {
    const typo = { domains: [{ name: "a", train: { images: "{id}.png", mask: "{id}.png" } }] };
    expect(message(typo)).toMatch(
      /dataset\.yaml line \d+: domains\[0\]\.train has an unknown key "mask"; did you mean "masks"\?/,
    );
    expect(message({ ...good, chanels: 3 })).toMatch(/unknown key "chanels"; did you mean "channels"\?/);
    expect(message({ ...good, zzzzzzzz: 3 })).toMatch(/unknown key "zzzzzzzz"; the keys here are name, root, target/);
  });

  it("names wrong values by their path", () => {
    expect(message({ ...good, channels: 2 })).toMatch(/line \d+: channels /);
    expect(message({ ...good, name: undefined })).toMatch(/name is missing/);
    expect(message({ ...good, resize: { size: 0 } })).toMatch(/resize\.size /);
    expect(message({ domains: [{ name: "a", train: { images: "images/*.png" } }] })).toMatch(/must hold \{id\}, as in/);
    expect(message({ domains: [{ name: "a", train: { ids: ["x"] } }] })).toMatch(/needs either images .* or cases/);
    const twice = { domains: [good.domains[0], good.domains[0]] };
    expect(message(twice)).toMatch(/domains\[1\]\.name "a" is used twice/);
    expect(message({ ...good, labels: { kind: "values", map: { "-1": "disc" } } })).toMatch(/must be a grey value/);
  });

  it("names ignored values that are none, or that a class has too", () => {
    const values = (ignore: unknown) => ({
      ...good,
      labels: { kind: "values", map: { 0: "background", 1: "disc" }, ignore },
    });
    expect(message(values([255, 1]))).toMatch(/labels\.ignore names 1, which labels\.map gives to a class/);
    expect(message(values("#ffffff"))).toMatch(/labels\.ignore /);
    expect(message(values([]))).toMatch(/labels\.ignore /);
    const map = { "#000000": "background", "#FF0000": "disc" };
    expect(message({ ...good, labels: { kind: "colours", map, ignore: "#ff0000" } })).toMatch(
      /labels\.ignore names #ff0000, which labels\.map gives to a class/,
    );
    const classes = { disc: { atLeast: 128 } };
    expect(message({ ...good, labels: { kind: "thresholds", classes, ignore: 255 } })).toMatch(
      /labels\.ignore must be a range such as \{atLeast: 100, atMost: 150\}/,
    );
  });

  it("names contradictory classes", () => {
    const background = { index: 0, name: "background" };
    expect(message({ ...good, classes: [background] })).toMatch(/classes needs a background and at least one more/);
    expect(message({ ...good, classes: [background, { index: 2, name: "disc" }] })).toMatch(
      /classes\[1\]\.index must be 1/,
    );
    const labels = { kind: "values", map: { 0: "background", 1: "cup" } };
    expect(message({ ...good, labels })).toMatch(
      /labels\.map\.1 "cup" is not a class; the classes are background, disc/,
    );
    const circle = [
      { index: 0, name: "cup", inside: "disc" },
      { index: 1, name: "disc", inside: "cup" },
    ];
    expect(message({ ...good, target: "sigmoid", classes: circle })).toMatch(/makes "cup" lie inside itself/);
  });

  it("names a file that is missing, no YAML, or hostile", () => {
    expect(() => loadDataset(join(base, "none.yaml"))).toThrow(/cannot read .*none\.yaml: it does not exist/);
    expect(() => loadDataset(put(join(base, "bad.yaml"), "name: [a\nb: c\n"))).toThrow(
      /bad\.yaml line \d+: is not valid YAML/,
    );
    const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${i ? Array(9).fill(`*a${i - 1}`) : "1"}]`);
    expect(() => loadDataset(put(join(base, "bomb.yaml"), bomb.join("\n")))).toThrow(/bomb\.yaml: cannot be expanded/);
    expect(() => loadDataset(put(join(base, "proto.yaml"), '"__proto__": {name: x}\n'))).toThrow(UsageError);
  });
});

describe("splitProtocol", () => {
  const folder = folderOf(
    ...["1", "2", "3", "4", "5"].flatMap((id) => [`a/images/${id}.png`, ...(id === "2" ? [] : [`a/masks/${id}.png`])]),
    ...["1", "2", "3"].flatMap((id) => [`b/images/${id}.png`]),
  );
  const dataset = load(folder, {
    domains: [
      { name: "a", train: patterns },
      {
        name: "b",
        train: { images: "b/images/{id}.png", ids: ["3", "1"] },
        test: { images: "b/images/{id}.png", ids: ["2"] },
      },
    ],
  });
  const split = (labelledDomain: string, labelledCount: number, validationCount = 0) =>
    splitProtocol(dataset, { labelledDomain, labelledCount, validationCount });
  const ids = (cases: readonly { domain: string; id: string }[]) => cases.map((one) => one.domain + one.id);

  it("takes the first cases with a mask, then validation, and leaves the rest of all domains unlabelled", () => {
    const { labelled, unlabelled, validation } = split("a", 2, 1);
    expect(ids(labelled)).toEqual(["a1", "a3"]);
    expect(ids(validation)).toEqual(["a4"]);
    expect(ids(unlabelled)).toEqual(["a2", "a5", "b3", "b1"]);
  });

  it("refuses more than there are, none, and unknown or unmasked domains", () => {
    expect(() => split("a", 4, 1)).toThrow(
      /4 labelled and 1 validation cases are asked for, but domain a has 4 training cases with a mask; ask for fewer/,
    );
    expect(() => split("a", 0)).toThrow(/labelledCount is 0; it must be a whole number of at least 1/);
    expect(() => split("a", 1, -1)).toThrow(/validationCount is -1/);
    expect(() => split("b", 1)).toThrow(
      /domain b has no training case with a mask; choose a labelled domain with masks \(a\), or add masks$/,
    );
    const bare = load(folder, { domains: [{ name: "b", train: { images: "b/images/{id}.png" } }] });
    expect(() => splitProtocol(bare, { labelledDomain: "b", labelledCount: 1, validationCount: 0 })).toThrow(
      /domain b has no training case with a mask; no domain has any; add masks$/,
    );
    expect(() => split("A", 1)).toThrow(/has no domain "A"; did you mean "a"\? its domains are a, b/);
    expect(() => findDomain(dataset, "q")).toThrow(UsageError);
  });

  it("refuses a labelled domain without training cases", () => {
    const only = load(folder, { domains: [{ name: "t", test: patterns }] });
    const options = { labelledDomain: "t", labelledCount: 1, validationCount: 0 };
    expect(() => splitProtocol(only, options)).toThrow(/domain t has no training cases/);
  });
});

it("the committed JSON schema is that of the code", () => {
  const committed = JSON.parse(readFileSync(new URL("../../schema/dataset.schema.json", import.meta.url), "utf8"));
  expect(committed).toMatchObject(JSON.parse(JSON.stringify(z.toJSONSchema(datasetSchema, { io: "input" }))));
});
