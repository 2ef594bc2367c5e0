import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { ResourceError, UsageError } from "../../src/core/errors.js";
import { allCases, loadDataset } from "../../src/data/dataset.js";
import { generateFundusPhantom } from "../../src/phantoms/fundus/fundus.js";
import { generatePhantom } from "../../src/phantoms/generate.js";
import {
  generateProstatePhantom,
  generateProstateVolume,
  slicesPerPatient,
} from "../../src/phantoms/prostate/prostate.js";
import {
  fundusDomains,
  type Phantom,
  type PhantomKind,
  phantomDomains,
  prostateSites,
} from "../../src/phantoms/types.js";
import { writePhantoms } from "../../src/phantoms/write.js";

const scratch = mkdtempSync(join(tmpdir(), "dimseg-phantoms-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const digest = ({ image, mask }: Pick<Phantom, "image" | "mask">): string =>
  createHash("sha256").update(image).update(mask).digest("hex");

function count(values: Uint8Array, wanted: number): number {
  return values.reduce((sum, value) => sum + (value === wanted ? 1 : 0), 0);
}

/** Mean and deviation of every colour channel. */
function statistics({ image, channels }: Phantom): number[] {
  return Array.from({ length: channels }, (_, c) => image.filter((_, i) => i % channels === c)).flatMap((plane) => {
    const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
    const variance = plane.reduce((sum, value) => sum + (value - mean) ** 2, 0) / plane.length;
    return [mean, Math.sqrt(variance)];
  });
}

const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((value, i) => value - b[i]));
const centre = (rows: number[][]): number[] =>
  rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);

/** Statistics of some pictures of every domain; prostate pictures of different patients. */
function surveyed(kind: PhantomKind): number[][][] {
  return phantomDomains(kind).map((domain) =>
    Array.from({ length: 8 }, (_, i) => {
      const index = kind === "fundus" ? i : slicesPerPatient * i + 4;
      return statistics(generatePhantom(kind, { seed: 3, domain, split: "train", index, size: 64 }));
    }),
  );
}

describe("a phantom", () => {
  it("is a function of seed, domain, split and index alone", () => {
    const kinds = fc.constantFrom<PhantomKind>("fundus", "prostate");
    const key = fc.record({
      seed: fc.nat(),
      index: fc.nat(500),
      split: fc.constantFrom("train" as const, "test" as const),
    });
    fc.assert(
      fc.property(kinds, key, fc.nat(5), (kind, part, place) => {
        const domains = phantomDomains(kind);
        const whole = { ...part, domain: domains[place % domains.length], size: 48 };
        const drawn = digest(generatePhantom(kind, whole));
        generatePhantom(kind, { ...whole, index: whole.index + 1 });
        expect(digest(generatePhantom(kind, { ...whole }))).toBe(drawn);
        expect(digest(generatePhantom(kind, { ...whole, index: whole.index + 1 }))).not.toBe(drawn);
        expect(digest(generatePhantom(kind, { ...whole, seed: whole.seed + 1 }))).not.toBe(drawn);
        expect(digest(generatePhantom(kind, { ...whole, split: whole.split === "train" ? "test" : "train" }))).not.toBe(
          drawn,
        );
      }),
      { numRuns: 6 },
    );
  });

  it.each([64, 128, 256])("has the same anatomy at %i pixels", (size) => {
    for (const kind of ["fundus", "prostate"] as const) {
      const key = { seed: 5, domain: phantomDomains(kind)[0], split: "train" as const, index: 3 };
      const small = generatePhantom(kind, { ...key, size: 32 });
      const large = generatePhantom(kind, { ...key, size });
      expect(large.image).toHaveLength(size * size * large.channels);
      expect(large.mask).toHaveLength(size * size);
      const share = ({ mask }: Phantom): number => count(mask, 0) / mask.length;
      expect(share(large)).toBeCloseTo(share(small), 2);
    }
  });

  it("refuses what it cannot draw", () => {
    const key = { seed: 1, domain: "Domain1", split: "train", index: 0, size: 64 } as const;
    expect(() => generatePhantom("fundus", { ...key, domain: "BMC" })).toThrow(/no domain BMC; choose from Domain1/);
    expect(() => generateFundusPhantom({ ...key, size: 12.5 })).toThrow(UsageError);
    expect(() => generateFundusPhantom({ ...key, seed: -1 })).toThrow(/phantom seed is -1/);
    const patient = { ...key, domain: "UCL" } as const;
    expect(() => generateProstateVolume(patient, 1)).toThrow(/slices is 1; choose a whole number from 2 on/);
    expect(() => generateFundusPhantom({ ...key, index: 0.5 })).toThrow(/phantom index is 0.5/);
  });
});

describe("fundus phantoms", () => {
  it("have a cup inside the disc inside the picture", () => {
    for (const domain of fundusDomains) {
      for (let index = 0; index < 6; index++) {
        const size = 128;
        const { mask, image } = generateFundusPhantom({ seed: 2, domain, split: "test", index, size });
        expect(image).toHaveLength(size * size * 3);
        expect(new Set(mask)).toEqual(new Set([0, 128, 255]));
        const [cup, rim] = [count(mask, 0), count(mask, 128)];
        const ratio = Math.sqrt(cup / (cup + rim));
        expect(ratio).toBeGreaterThan(0.25);
        expect(ratio).toBeLessThan(0.87);
        for (let i = 0; i < size; i++)
          for (const edge of [i, (size - 1) * size + i, i * size, i * size + size - 1]) expect(mask[edge]).toBe(255);
        for (let at = 0; at < mask.length; at++)
          if (mask[at] === 0 && mask[at + 1] === 255) expect.fail(`the cup reaches the disc's edge at pixel ${at}`);
      }
    }
  });

  it("show the cup paler than the rim and the rim paler than the retina", () => {
    for (const domain of fundusDomains) {
      const green = { cup: 0, rim: 0, retina: 0 };
      for (let index = 0; index < 6; index++) {
        const { mask, image } = generateFundusPhantom({ seed: 2, domain, split: "train", index, size: 96 });
        const mean = (value: number): number =>
          mask.reduce((sum, m, i) => sum + (m === value ? image[3 * i + 1] : 0), 0) / count(mask, value);
        green.cup += mean(0);
        green.rim += mean(128);
        green.retina += mean(255);
      }
      expect(green.cup).toBeGreaterThan(green.rim);
      expect(green.rim).toBeGreaterThan(green.retina);
    }
  });

  it("differ more between any two cameras than within one", () => {
    const domains = surveyed("fundus");
    const spreads = domains.map((rows) => centre(rows.map((row) => [distance(row, centre(rows))]))[0]);
    domains.forEach((rows, a) => {
      domains.slice(0, a).forEach((others, b) => {
        const apart = distance(centre(rows), centre(others));
        expect(apart, `${fundusDomains[a]} and ${fundusDomains[b]}`).toBeGreaterThan((spreads[a] + spreads[b]) / 2);
      });
    });
  });
});

describe("prostate phantoms", () => {
  it("show some prostate in every slice, and never all over", () => {
    for (const domain of prostateSites) {
      for (let index = 0; index < 2 * slicesPerPatient; index++) {
        const { mask } = generateProstatePhantom({ seed: 4, domain, split: "train", index, size: 64 });
        expect(new Set(mask)).toEqual(new Set([0, 255]));
        const share = count(mask, 0) / mask.length;
        expect(share).toBeGreaterThan(0.002);
        expect(share).toBeLessThan(0.15);
      }
    }
  });

  it("differ more between sites than within one", () => {
    const sites = surveyed("prostate");
    const middle = centre(sites.flat());
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const within = mean(sites.flatMap((rows) => rows.map((row) => distance(row, centre(rows)))));
    const between = mean(sites.map((rows) => distance(centre(rows), middle)));
    expect(between).toBeGreaterThan(within);
  });

  it("are the slices of a volume that changes smoothly", () => {
    const size = 64;
    const key = { seed: 6, domain: "RUNMC", split: "train", index: 2, size } as const;
    const volume = generateProstateVolume(key, slicesPerPatient);
    expect(volume.shape).toEqual([slicesPerPatient, size, size]);
    const slice = (data: Uint8Array, i: number): Uint8Array => data.subarray(i * size * size, (i + 1) * size * size);
    for (let i = 0; i < slicesPerPatient; i++) {
      const single = generateProstatePhantom({ ...key, index: key.index * slicesPerPatient + i });
      expect(single.image).toEqual(Uint8Array.from(slice(volume.image, i)));
      expect(single.mask).toEqual(Uint8Array.from(slice(volume.mask, i)));
    }
    const fine = generateProstateVolume(key, 24);
    for (let i = 1; i < 24; i++) {
      const [a, b] = [slice(fine.mask, i - 1), slice(fine.mask, i)];
      const common = a.reduce((sum, value, at) => sum + (value === 0 && b[at] === 0 ? 1 : 0), 0);
      expect((2 * common) / (count(a, 0) + count(b, 0))).toBeGreaterThan(0.85);
    }
    expect(fine.spacing[0] * 24).toBeCloseTo(volume.spacing[0] * slicesPerPatient, 9);
    expect(fine.spacing[1] * size).toBeGreaterThan(150);
  });
});

describe("writePhantoms", () => {
  const request = { size: 48, trainPerDomain: 2, testPerDomain: 1, seed: 7 };

  it("writes the paper's layouts, which the product reads back", async () => {
    const seen: number[] = [];
    const fundus = await writePhantoms({
      ...{ ...request, out: scratch, kind: "fundus" as const },
      onProgress: (done, total) => seen.push(done / total),
    });
    expect(fundus).toMatchObject({ folder: join(scratch, "Fundus"), images: 12 });
    expect(seen.at(-1)).toBe(1);
    expect(existsSync(join(scratch, "Fundus/Domain3/train/ROIs/image/phantom_0001.png"))).toBe(true);
    expect(existsSync(join(scratch, "Fundus/Domain3/test/ROIs/mask/phantom_0000.png"))).toBe(true);
    const dataset = loadDataset(fundus.dataset);
    expect(dataset.domains.map((domain) => domain.name)).toEqual([...fundusDomains]);
    expect(allCases(dataset)).toHaveLength(12);

    const prostate = await writePhantoms({ ...request, out: scratch, kind: "prostate", domains: ["HK", "UCL"] });
    expect(readdirSync(prostate.folder).sort()).toEqual(["HK", "UCL", "dataset.yaml"]);
    expect(existsSync(join(prostate.folder, "HK/train/image/0000_01.png"))).toBe(true);
    expect(allCases(loadDataset(prostate.dataset))).toHaveLength(6);
  });

  it("stores exactly the drawn pixels, whatever the number of pictures", async () => {
    const one = join(scratch, "one");
    await writePhantoms({
      ...request,
      out: one,
      kind: "fundus",
      domains: ["Domain2"],
      trainPerDomain: 1,
      testPerDomain: 0,
    });
    const file = "Fundus/Domain2/train/ROIs/image/phantom_0000.png";
    expect(readFileSync(join(one, file))).toEqual(readFileSync(join(scratch, file)));
    const drawn = generateFundusPhantom({ seed: 7, domain: "Domain2", split: "train", index: 0, size: 48 });
    expect(new Uint8Array(await sharp(join(one, file)).raw().toBuffer())).toEqual(drawn.image);
    const mask = sharp(join(one, file.replace("image", "mask")));
    expect((await mask.metadata()).channels).toBe(1);
    expect(new Uint8Array(await mask.toColourspace("b-w").raw().toBuffer())).toEqual(drawn.mask);
  });

  it("never writes into a folder that is there, and leaves nothing behind when it fails", async () => {
    await expect(writePhantoms({ ...request, out: scratch, kind: "fundus" })).rejects.toThrow(/Fundus: exists already/);
    const file = join(scratch, "file");
    writeFileSync(file, "");
    await expect(writePhantoms({ ...request, out: file, kind: "fundus" })).rejects.toThrow(ResourceError);
    // Enough pictures that others are under way when the first one fails.
    const stopped = { ...request, trainPerDomain: 4, out: join(scratch, "stopped"), kind: "fundus" as const };
    const stop = (): never => {
      throw new Error("stopped");
    };
    await expect(writePhantoms({ ...stopped, onProgress: stop })).rejects.toThrow("stopped");
    expect(readdirSync(stopped.out)).toEqual([]);
  });

  it.each([
    [{ domains: ["Domain9"] }, /no domain Domain9; choose from Domain1, /],
    [{ domains: [] }, /no domain was chosen/],
    [{ trainPerDomain: -1 }, /train count is -1/],
    [{ trainPerDomain: 0, testPerDomain: 0 }, /both counts are 0/],
    [{ size: 8 }, /phantom size is 8/],
  ])("refuses %j", async (change, message) => {
    const out = join(scratch, "refused");
    await expect(writePhantoms({ ...request, out, kind: "fundus", ...change })).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});
