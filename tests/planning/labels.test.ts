/** Whose labels a plan takes, and how many. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../src/core/errors.js";
import { loadDataset } from "../../src/data/dataset.js";
import { planLabels } from "../../src/planning/labels.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../data/files.js";

const base = temporaryFolder();

/** Domains of so many training images, and as many of them with masks; ids are PATIENT_NUMBER. */
function putDomains(
  name: string,
  domains: Record<string, { images: number; masks: number; patients: number }>,
): string {
  const folder = join(base, name);
  for (const [domain, { images, masks, patients }] of Object.entries(domains))
    for (let i = 0; i < images; i++) {
      const id = `p${i % patients}_${i}`;
      put(join(folder, domain, "images", `${id}.png`), png(8, 8, new Uint8Array(64).fill(i)));
      if (i < masks) put(join(folder, domain, "masks", `${id}.png`), png(8, 8, new Uint8Array(64)));
    }
  const source = (domain: string) => ({
    images: `${domain}/images/{id}.png`,
    ...(domains[domain].masks > 0 ? { masks: `${domain}/masks/{id}.png` } : {}),
  });
  return putDatasetYaml(folder, {
    subject: { before: "_" },
    domains: Object.keys(domains).map((domain) => ({ name: domain, train: source(domain) })),
  });
}

const planned = (name: string, domains: Parameters<typeof putDomains>[1], wanted?: string) =>
  planLabels(loadDataset(putDomains(name, domains)), wanted);

describe("labels", () => {
  const two = { a: { images: 30, masks: 10, patients: 30 }, b: { images: 20, masks: 20, patients: 20 } };

  it("are all of the domain with most masks, but for a fifth that validates", () => {
    const found = planned("two", two);
    expect(found).toMatchObject({ domain: "b", count: 16, validation: 4 });
    expect(found.split.unlabelled).toHaveLength(30);
    expect(found.reasons.domain).toMatch(/most masks \(20\); those of a are not used/);
  });

  it("are of the domain that is asked for", () => {
    expect(planned("asked", two, "a")).toMatchObject({ domain: "a", count: 8, validation: 2 });
    expect(() => planned("unknown", two, "c")).toThrow(UsageError);
    expect(() => planned("unknown too", two, "c")).toThrow(/no domain "c"/);
  });

  it("keep none apart where there are few, or all are of one patient", () => {
    expect(planned("few", { a: { images: 9, masks: 4, patients: 9 } })).toMatchObject({ count: 4, validation: 0 });
    expect(planned("one patient", { a: { images: 12, masks: 12, patients: 1 } })).toMatchObject({
      count: 12,
      validation: 0,
    });
    expect(planned("one", { a: { images: 1, masks: 1, patients: 1 } }).split.unlabelled).toEqual([]);
  });

  it("never share a patient with what validates", () => {
    const { split } = planned("patients", { a: { images: 20, masks: 20, patients: 3 } });
    const learnt = new Set(split.labelled.map((one) => one.subject));
    expect(split.validation.length).toBeGreaterThan(0);
    expect(split.validation.some((one) => learnt.has(one.subject))).toBe(false);
  });

  it("are refused where nobody made any", () => {
    const none = () => planned("none", { a: { images: 3, masks: 0, patients: 3 } });
    expect(none).toThrow(DataError);
    expect(none).toThrow(/no domain has any; add masks/);
  });
});
