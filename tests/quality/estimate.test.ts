/** Calibration and estimates on signals that are made up, so that the true Dice is known. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { calibrate, type PartCalibration, spreadAt } from "../../src/quality/calibration.js";
import { formatCalibration, readCalibration } from "../../src/quality/calibration-file.js";
import { domainEstimates, estimateParts, weakParts } from "../../src/quality/estimate.js";
import { estimatesCsv } from "../../src/quality/estimates-csv.js";
import type { CaseObservation } from "../../src/quality/observation.js";
import { conformalRadius, groupedRadius } from "../../src/statistics/conformal.js";
import { mean } from "../../src/statistics/mean.js";
import { put, temporaryFolder } from "../data/files.js";
import { observed } from "./observed.js";

const side = 20;
const rows = (from: number, to: number) =>
  Array.from({ length: side }, (_, row) =>
    Array.from({ length: side }, (_c, column) =>
      row >= 5 && row < 15 && column >= from && column < to ? "#" : ".",
    ).join(""),
  );
const truth = rows(5, 15);

/**
 * A case whose mask misses so many columns of the truth, whose members disagree about as many, and whose reverse classifier
 * says so with noise: Dice falls with what the signals see.
 */
function made(stream: RandomStream, missing: number, labelled = true): CaseObservation {
  const noise = () => Math.round(stream.normal(0, 0.7));
  const seenMissing = Math.min(9, Math.max(0, missing + noise()));
  const member = rows(5 + Math.min(9, Math.max(0, Math.floor(missing / 2) + noise())), 15);
  return {
    parts: [
      observed({
        mask: rows(5 + missing, 15),
        members: { mirror: [member] },
        reverse: 1 - seenMissing / 10,
        ...(labelled ? { reference: truth } : {}),
      }),
    ],
    feature: Float32Array.from([stream.normal(), stream.normal()]),
  };
}

/** Labelled images as they are, and through scanners that make each worse in its way. */
function calibrated(seed: number): (PartCalibration | null)[] {
  const labelled = Array.from({ length: 12 }, (_, i) => ({
    subject: `s${i}`,
    seen: made(new RandomStream(seed, "labelled", 0, i), i % 2),
  }));
  const shifted = Array.from({ length: 32 * 8 }, (_, i) => {
    const scanner = Math.floor(i / 8);
    const stream = new RandomStream(seed, "shifted", 0, i);
    const missing = Math.min(9, Math.max(0, Math.round(scanner / 4 + stream.normal())));
    return { subject: `s${i % 12}`, scanner, seen: made(stream, missing) };
  });
  return calibrate(["disc"], labelled, shifted);
}

const calibrations = calibrated(1);
const [calibration] = calibrations;

/** Cases of a domain whose masks miss about so much. */
function domain(name: string, count: number, missing: number, seed = 9) {
  return Array.from({ length: count }, (_, i) => {
    const stream = new RandomStream(seed, name, 0, i);
    const own = Math.min(9, Math.max(0, Math.round(missing + stream.normal())));
    return { domain: name, id: String(i), parts: estimateParts(made(stream, own), calibrations, ["disc"], 0.9) };
  });
}

describe("estimates", () => {
  it("uses the signals that were told of every mask, none of members that were not asked", () => {
    expect(calibration!.signals).toEqual([
      ...["mirrorAgreement", "softDice", "featureNearness", "shapeLikeness", "reverseClassification", "restyledDice"],
    ]);
  });

  it("uses none that takes an image's extent for granted where the part is many things", () => {
    const many = rows(5, 15).map((row, y) => (y % 4 === 1 ? ".".repeat(side) : row));
    const seen = (i: number) => {
      const one = made(new RandomStream(2, "many", 0, i), i % 4);
      const [part] = one.parts;
      return { ...one, parts: [{ ...part, heldShape: observed({ mask: many, reference: many }).heldShape }] };
    };
    const labelled = Array.from({ length: 12 }, (_, i) => ({ subject: `s${i}`, seen: seen(i) }));
    const shifted = Array.from({ length: 64 }, (_, i) => ({ subject: `s${i % 12}`, scanner: i % 8, seen: seen(i) }));
    const [part] = calibrate(["nuclei"], labelled, shifted);
    expect(part?.signals).toEqual(["mirrorAgreement", "softDice", "restyledDice"]);
  });

  it("hold as large a share of masks in as large a share of scanners as the level says", () => {
    const [one] = domain("d", 1, 3)[0].parts;
    const radius = groupedRadius(calibration!.scores, 0.9) * spreadAt(calibration!.spread, one.dice);
    expect(radius).toBeGreaterThan(
      conformalRadius(calibration!.scores.flat(), 0.9) * spreadAt(calibration!.spread, one.dice),
    );
    expect([one.low, one.high]).toEqual([Math.max(0, one.dice - radius), Math.min(1, one.dice + radius)]);
  });

  it("cover the truth of new cases about as often as their level says", () => {
    const cases = [0, 2, 4, 6].flatMap((missing) => domain(`d${missing}`, 100, missing));
    const parts = cases.flatMap((one) => one.parts).filter(({ ground }) => ground === "fitted");
    const covered = parts.filter(({ low, high, measured }) => measured >= low && measured <= high).length;
    expect(parts.length).toBeGreaterThan(380);
    expect(covered / parts.length).toBeGreaterThan(0.85);
    expect(mean(parts.map(({ dice, measured }) => Math.abs(dice - measured)))).toBeLessThan(0.06);
  });

  it("give the means of domains with an interval that holds them", () => {
    const [good, bad] = domainEstimates([...domain("good", 40, 0), ...domain("bad", 40, 6)], calibrations, 0.9);
    for (const one of [good, bad]) {
      expect(one).toMatchObject({ part: "disc", cases: 40, unlike: false, measuredCases: 40 });
      expect(one.measured).toBeGreaterThan(one.low);
      expect(one.measured).toBeLessThan(one.high);
    }
    expect(good.dice).toBeGreaterThan(bad.dice + 0.2);
    expect(good.doubtful).toBeLessThan(10);
    expect(bad.doubtful).toBeGreaterThan(good.doubtful);
  });

  it("are as unsure of a few images as of each, and surer of many", () => {
    const width = (count: number) => {
      const widths = [0, 2, 4, 6].flatMap((missing) => {
        const cases = domain("few", count, missing);
        return domainEstimates(cases, calibrations, 0.9).map(({ low, high }) => high - low);
      });
      return mean(widths);
    };
    const [alone] = domain("alone", 1, 3);
    const [{ dice, low, high, hd95 }] = [alone.parts[0]];
    expect(domainEstimates([alone], calibrations, 0.9)[0]).toMatchObject({ dice, low, high, hd95 });
    expect(width(2)).toBeGreaterThan(width(8));
    // Means of pairs of new masks are inside as often as they should be.
    const pairs = [0, 2, 4, 6].flatMap((missing) =>
      Array.from({ length: 50 }, (_, seed) => domainEstimates(domain("pair", 2, missing, seed), calibrations, 0.9)[0]),
    );
    const inside = pairs.filter(({ low, high, measured }) => measured >= low && measured <= high);
    expect(inside.length / pairs.length).toBeGreaterThan(0.85);
  });

  it("give HD95 in pixels with intervals that hold it, and nothing where nothing was found", () => {
    const cases = [0, 2, 4, 6].flatMap((missing) => domain(`d${missing}`, 60, missing));
    const distances = cases
      .flatMap(({ parts }) => parts)
      .filter(({ ground }) => ground === "fitted")
      .map(({ hd95 }) => hd95);
    const covered = distances.filter(({ low, high, measured }) => measured >= low && measured <= high).length;
    expect(covered / distances.length).toBeGreaterThan(0.85);
    expect(mean(distances.map(({ estimate, measured }) => Math.abs(estimate - measured)))).toBeLessThan(1);
    for (const { hd95 } of domainEstimates(cases, calibrations, 0.9)) {
      expect(hd95.measured).toBeGreaterThanOrEqual(hd95.low);
      expect(hd95.measured).toBeLessThanOrEqual(hd95.high);
    }
    const empty = { parts: [observed({ mask: rows(5, 5), reference: truth })], feature: Float32Array.from([0, 0]) };
    expect(estimateParts(empty, calibrations, ["disc"], 0.9)[0].hd95.estimate).toBeNaN();
  });

  it("say nothing of signals that contradict each other as they never did", () => {
    const contradiction = {
      parts: [observed({ mask: rows(5, 15), members: { mirror: [rows(14, 15)] }, reverse: 0, reference: truth })],
      feature: Float32Array.from([0, 0]),
    };
    const [estimate] = estimateParts(contradiction, calibrations, ["disc"], 0.9);
    expect(estimate).toMatchObject({ ground: "unknown", dice: Number.NaN, low: 0, high: 1, doubtful: true });
    const many = Array.from({ length: 5 }, (_, i) => ({ domain: "strange", id: String(i), parts: [estimate] }));
    expect(domainEstimates(many, calibrations, 0.9)[0]).toMatchObject({ unknown: 5, unlike: true, dice: Number.NaN });
  });

  it("do not call a domain unlike where no scanner does the network harm and it hardly differs from them", () => {
    const cases = domain("d", 10, 2);
    const home = cases[0].parts[0].pattern.map((_, j) => mean(cases.map(({ parts }) => parts[0].pattern[j])));
    const steady = (off: number) => ({
      ...calibration!,
      scannerPatterns: [home.map((value) => value + off)],
      scannerDistances: calibration!.scannerDistances.map(() => 0.001),
    });
    expect(domainEstimates(cases, [steady(0.04)], 0.9)[0].unlike).toBe(false);
    expect(domainEstimates(cases, [steady(0.06)], 0.9)[0].unlike).toBe(true);
  });

  it("take no signal that cannot be told for a good one", () => {
    const silent = made(new RandomStream(9, "silent"), 6);
    const [part] = silent.parts;
    const [known] = estimateParts(silent, calibrations, ["disc"], 0.9);
    expect(known.ground).toBe("fitted");
    const [estimate] = estimateParts(
      { ...silent, parts: [{ ...part, restyled: Number.NaN }] },
      calibrations,
      ["disc"],
      0.9,
    );
    expect(estimate).toMatchObject({ ground: "unknown", low: 0, high: 1, doubtful: true });
  });

  it("take an empty mask of a part that every labelled image holds for wrong, and say nothing of others", () => {
    const empty = { parts: [observed({ mask: rows(5, 5) })], feature: Float32Array.from([0, 0]) };
    expect(estimateParts(empty, calibrations, ["disc"], 0.9)[0]).toMatchObject({ ground: "empty", dice: 0, high: 0 });
    const sometimes = { ...calibration!, reference: { ...calibration!.reference, always: false } };
    expect(estimateParts(empty, [sometimes], ["disc"], 0.9)[0].ground).toBe("unknown");
    expect(estimateParts(empty, [null], ["disc"], 0.9)[0].ground).toBe("unknown");
  });

  it("does not ask for more certainty than the scanners give: an interval of 99.9 % is everything", () => {
    const [one] = domainEstimates(domain("d", 10, 2), calibrations, 0.999);
    expect([one.low, one.high]).toEqual([0, 1]);
  });
});

it("a network that fails at home is told from one that does not", () => {
  expect(calibration!.home).toBeCloseTo(mean([1, 180 / 190]), 9);
  expect(weakParts(calibrations)).toEqual([]);
  expect(weakParts([{ ...calibration!, home: 0.3 }, { ...calibration!, home: Number.NaN }, null])).toEqual([
    "disc",
    "disc",
  ]);
});

it("too few masks give no calibration", () => {
  const few = [{ subject: "s", seen: made(new RandomStream(1, "few"), 0) }];
  expect(calibrate(["disc"], few, [])).toEqual([null]);
  // Of many images as they are no error of images that are not is known.
  const many = Array.from({ length: 25 }, (_, i) => ({ subject: `s${i}`, seen: made(new RandomStream(1, `${i}`), 0) }));
  expect(calibrate(["disc"], many, [])).toEqual([null]);
});

it("a part that no labelled image holds gives no calibration", () => {
  const none = { mask: rows(5, 15), reference: rows(5, 5), members: { mirror: [rows(6, 15)] } };
  const seen = () => ({ parts: [observed(none)], feature: Float32Array.from([0, 0]) });
  const labelled = Array.from({ length: 12 }, (_, i) => ({ subject: `s${i}`, seen: seen() }));
  const shifted = Array.from({ length: 64 }, (_, i) => ({ subject: `s${i % 12}`, scanner: i % 8, seen: seen() }));
  expect(calibrate(["disc"], labelled, shifted)).toEqual([null]);
});

it("the spread is linear between its steps", () => {
  expect([-1, 0, 0.25, 0.5, 1, 2].map((at) => spreadAt([1, 3, 7], at))).toEqual([1, 1, 2, 3, 7, 7]);
});

it("a calibration is read as it was kept, for its own network alone, and made anew where the file is damaged", () => {
  const key = {
    dimseg: "1",
    signals: ["confidence"],
    step: 5,
    network: "student",
    with: [],
    checkpoints: [],
    labelled: "x",
  };
  const text = formatCalibration(key, calibrations);
  const path = put(join(temporaryFolder(), "calibration.json"), text);
  expect(readCalibration(path, key)).toEqual(calibrations);
  expect(readCalibration(path, { ...key, step: 6 })).toBeUndefined();
  expect(readCalibration(path, { ...key, signals: ["confidence", "later"] })).toBeUndefined();
  const [{ model, ...other }] = calibrations as PartCalibration[];
  const earlier = [{ ...other, model: { ...model, weights: model.weights.slice(0, model.maps.length) } }];
  expect(readCalibration(put(path, formatCalibration(key, earlier)), key)).toBeUndefined();
  expect(readCalibration(put(path, text.slice(0, 99)), key)).toBeUndefined();
  expect(readCalibration(put(path, text.replace("spread", "sprawl")), key)).toBeUndefined();
});

it("the most doubtful case comes first, and numbers that are not known are empty", () => {
  const [good] = domain("good", 1, 0);
  const [bad] = domain("bad", 1, 7);
  const without = {
    domain: "x",
    id: "none",
    parts: estimateParts(
      { parts: [observed({ mask: rows(5, 5) })], feature: new Float32Array(2) },
      [null],
      ["disc"],
      0.9,
    ),
  };
  const [header, ...lines] = estimatesCsv([good, bad, without], calibrations).trim().split("\n");
  expect(header).toBe(
    `domain,id,part,ground,dice,low,high,doubtful,measured,hd95,hd95 low,hd95 high,measured hd95,${calibration!.signals.join()}`,
  );
  expect(lines.map((line) => line.split(",")[0])).toEqual(["x", "bad", "good"]);
  expect(lines[0]).toBe(`x,none,disc,unknown,,0,1,yes,,,0,${Math.hypot(20, 20)},,,,,,,`);
});
