/** readMasks: what drawn masks mean, whatever they were saved as; where they do not tell, a question. */
import { describe, expect, it } from "vitest";
import { classOf, codingText } from "../../../src/data/inspect/labels/coding.js";
import { readMasks } from "../../../src/data/inspect/labels/read.js";
import { addTallies, tallyMask } from "../../../src/data/inspect/labels/tally.js";
import type { Verdict } from "../../../src/data/inspect/labels/verdict.js";
import {
  blurred,
  colourJpeg,
  type Drawn,
  discs,
  greyJpeg,
  pixelsOf,
  randomNumbers,
  resized,
  resizedTruth,
  valued,
} from "./drawing.js";

interface Stored extends Drawn {
  readonly pixels: readonly number[];
}

interface Kind {
  readonly coloured?: boolean;
  readonly lossy?: boolean;
}

function judge(masks: readonly Stored[], { coloured = false, lossy = false }: Kind = {}): Verdict {
  return readMasks(
    addTallies(masks.map(({ pixels, size }) => tallyMask({ pixels, height: size, width: size, coloured, lossy }))),
  );
}

/** Eight masks drawn and stored. */
function eight(draw: (random: () => number, i: number) => Drawn, store: (drawn: Drawn) => readonly number[]): Stored[] {
  const random = randomNumbers(7);
  return Array.from({ length: 8 }, (_, i) => {
    const drawn = draw(random, i);
    return { ...drawn, pixels: store(drawn) };
  });
}

/** Dice of every class that was drawn. */
function diceOf(masks: readonly Stored[], verdict: Verdict): number[] {
  if (verdict.kind !== "known") throw new Error(`not known: ${JSON.stringify(verdict)}`);
  const { coding } = verdict.reading;
  const classes = 1 + Math.max(...masks.flatMap(({ truth }) => Math.max(...truth)));
  const counts = Array.from({ length: classes }, () => ({ both: 0, sum: 0 }));
  for (const { pixels, truth } of masks)
    pixels.forEach((value, i) => {
      const found = classOf(coding, value);
      counts[truth[i]].sum++;
      if (found !== undefined && found < classes) counts[found].sum++;
      if (found === truth[i]) counts[found].both++;
    });
  return counts.map(({ both, sum }) => (2 * both) / sum);
}

/** What is said of the masks, with classes called by their numbers. */
function text(verdict: Verdict): string {
  const names = Array.from({ length: 300 }, (_, i) => `class ${i}`);
  return verdict.kind === "known" ? codingText(verdict.reading.coding, names) : verdict.kind;
}

const worst = (masks: readonly Stored[], verdict: Verdict) => Math.min(...diceOf(masks, verdict));

async function asJpeg(masks: readonly Stored[], quality: number): Promise<Stored[]> {
  const again = masks.map(async (one) => ({
    ...one,
    pixels: await pixelsOf(await greyJpeg(one.pixels, one.size, quality), false),
  }));
  return Promise.all(again);
}

const sizes = [48, 96];
const qualities = [60, 75, 90, 95, 100];

describe("masks saved with loss", () => {
  it.each(qualities)(
    "JPEG of quality %i: two values are divided at 128, whatever the size of the object",
    async (quality) => {
      for (const size of sizes)
        for (const radius of [3, 5, 12]) {
          const masks = await asJpeg(
            eight(
              (random) => discs(size, [radius], random),
              (one) => valued(one, [0, 255]),
            ),
            quality,
          );
          const verdict = judge(masks, { lossy: true });
          expect(text(verdict)).toBe("class 1 is from 128 up");
          expect(worst(masks, verdict)).toBeGreaterThan(0.97);
        }
    },
  );

  it.each(qualities)("JPEG of quality %i: three and four values become as many ranges", async (quality) => {
    for (const [radii, values] of [
      [
        [14, 7],
        [0, 127, 255],
      ],
      [
        [14, 7],
        [0, 100, 200],
      ],
      [
        [20, 13, 6],
        [0, 85, 170, 255],
      ],
    ]) {
      const masks = await asJpeg(
        eight(
          (random) => discs(64, radii, random),
          (one) => valued(one, values),
        ),
        quality,
      );
      expect(worst(masks, judge(masks, { lossy: true }))).toBeGreaterThan(0.93);
    }
  });

  it("a JPEG is divided even if it holds two values only, and the object may be the dark one", async () => {
    const exact = eight(
      (random) => discs(32, [6], random),
      (one) => valued(one, [0, 255]),
    );
    expect(text(judge(exact, { lossy: true }))).toBe("class 1 is from 128 up");
    const dark = await asJpeg(
      eight(
        (random) => discs(48, [8], random),
        (one) => valued(one, [255, 0]),
      ),
      90,
    );
    expect(text(judge(dark, { lossy: true }))).toBe("class 1 is up to 127");
  });

  it.each(qualities)("a PNG that was a JPEG of quality %i before is no label map either", async (quality) => {
    for (const radius of [3, 5, 10, 16]) {
      const exact = eight(
        (random) => discs(64, [radius], random),
        (one) => valued(one, [0, 255]),
      );
      expect(text(judge(await asJpeg(exact, quality)))).toBe("class 1 is from 128 up");
    }
    const three = eight(
      (random) => discs(64, [14, 7], random),
      (one) => valued(one, [0, 127, 255]),
    );
    const masks = await asJpeg(three, quality);
    expect(worst(masks, judge(masks))).toBeGreaterThan(0.93);
  });

  it("single pixels that an editor left beside a main value are no classes", () => {
    for (const stray of [254, 250, 1, 3]) {
      const masks = eight(
        (random) => discs(64, [10], random),
        (one) => {
          const pixels = valued(one, [0, 255]);
          pixels[stray > 128 ? pixels.indexOf(255) + 3 : 70] = stray;
          return pixels;
        },
      );
      expect(text(judge(masks))).toBe("class 1 is from 128 up");
    }
    const shades = eight(
      (random) => discs(64, [20, 14, 8], random),
      (one) => valued(one, [0, 100, 101, 200]),
    );
    expect(text(judge(shades))).toBe("0 is class 0, 100 is class 1, 101 is class 2, 200 is class 3");
  });

  it("asks where class numbers were saved as JPEG, as neighbours cannot be told apart", async () => {
    const masks = await asJpeg(
      eight(
        (random) => discs(64, [12, 6], random),
        (one) => valued(one, [0, 1, 2]),
      ),
      95,
    );
    expect(judge(masks, { lossy: true })).toMatchObject({ kind: "asked", ask: /too near to each other/ });
  });

  it.each([75, 90, 100])("colours in JPEG of quality %i count as the nearest main colour", async (quality) => {
    const colours = [0, 0xff0000, 0x00ff00];
    const masks = await Promise.all(
      eight(
        (random) => discs(64, [16, 8], random),
        (one) => valued(one, colours),
      ).map(async (one) => ({
        ...one,
        // Colours are numbered by their values: green is class 1.
        truth: one.truth.map((number) => [0, 2, 1][number]),
        pixels: await pixelsOf(await colourJpeg(one.pixels, one.size, quality), true),
      })),
    );
    const verdict = judge(masks, { coloured: true, lossy: true });
    expect(text(verdict)).toBe("#000000 is class 0, #00ff00 is class 1, #ff0000 is class 2");
    expect(worst(masks, verdict)).toBeGreaterThan(0.85);
  });
});

describe("smoothed masks", () => {
  it.each([
    [255, 128],
    [65535, 32768],
    [4095, 2048],
  ])("soft masks up to %i are divided in the middle of the range", (most, limit) => {
    for (const radius of [8, 12]) {
      const masks = eight(
        (random) => discs(64, [radius], random),
        (one) => blurred(valued(one, [0, most]), one.size, 2),
      );
      expect(text(judge(masks))).toBe(`class 1 is from ${limit} up`);
      const dark = eight(
        (random) => discs(64, [radius], random),
        (one) => blurred(valued(one, [most, 0]), one.size, 2),
      );
      expect(text(judge(dark))).toBe(`class 1 is up to ${limit - 1}`);
    }
  });

  it("few values at borders, as resizing leaves, are no classes", async () => {
    for (const [size, to] of [
      [48, 96],
      [96, 48],
      [64, 45],
    ])
      for (const radius of [3, 6, 14]) {
        const drawn = eight(
          (random) => discs(size, [radius], random),
          (one) => valued(one, [0, 255]),
        );
        const masks = await Promise.all(
          drawn.map(async (one) => ({ ...resizedTruth(one, to), pixels: await resized(one.pixels, size, to) })),
        );
        const verdict = judge(masks);
        expect(text(verdict)).toBe("class 1 is from 128 up");
        expect(worst(masks, verdict)).toBeGreaterThan(0.8);
      }
  });

  it("three classes and colours with smoothed borders keep their classes", async () => {
    const stored = async (values: readonly number[], coloured: boolean) =>
      Promise.all(
        eight(
          (random) => discs(64, [18, 9], random),
          (one) => valued(one, values),
        ).map(async (one) => ({
          ...resizedTruth(one, 96),
          pixels: await resized(one.pixels, 64, 96, coloured),
        })),
      );
    const grey = await stored([0, 128, 255], false);
    expect(worst(grey, judge(grey))).toBeGreaterThan(0.93);
    const colours = await stored([0, 0x00ff00, 0xff0000], true);
    const verdict = judge(colours, { coloured: true });
    expect(worst(colours, verdict)).toBeGreaterThan(0.9);
    expect(verdict).toMatchObject({ reading: { coding: { nearest: true } } });
    const onWhite = await stored([0xffffff, 0x00ff00, 0xff0000], true);
    expect(worst(onWhite, judge(onWhite, { coloured: true }))).toBeGreaterThan(0.9);
  });

  it("asks where soft objects stay far from the end of the scale, and what pictures mean", () => {
    const faint = eight(
      (random) => discs(64, [2], random),
      (one) => blurred(valued(one, [0, 255]), one.size, 2),
    );
    expect(judge(faint)).toMatchObject({ kind: "asked", ask: /reach from 0 to \d+ only/ });
    const random = randomNumbers(3);
    const noise = Array.from({ length: 4096 }, () => random() * 255);
    const picture = {
      size: 64,
      truth: noise.map(() => 0),
      pixels: blurred(noise, 64, 1.5).map((v) => Math.max(0, Math.min(255, 3 * v - 255))),
    };
    expect(judge([picture])).toMatchObject({ kind: "asked", ask: /look like pictures/ });
  });
});

describe("label maps", () => {
  const two = (values: number[]) =>
    eight(
      (random) => discs(48, [9], random),
      (one) => valued(one, values),
    );

  it("each value is a class, the background is what the edges hold", () => {
    expect(text(judge(two([0, 1])))).toBe("0 is class 0, 1 is class 1");
    expect(text(judge(two([0, 255])))).toBe("0 is class 0, 255 is class 1");
    expect(text(judge(two([255, 0])))).toBe("255 is class 0, 0 is class 1");
    expect(text(judge(two([0, 65535])))).toBe("0 is class 0, 65535 is class 1");
    expect(text(judge(two([1, 2])))).toBe("1 is class 0, 2 is class 1");
    expect(text(judge(two([128, 255])))).toBe("128 is class 0, 255 is class 1");
    const three = eight(
      (random) => discs(48, [12, 6], random),
      (one) => valued(one, [255, 128, 0]),
    );
    expect(text(judge(three))).toBe("255 is class 0, 128 is class 1, 0 is class 2");
  });

  it("objects of a single pixel's width, tiny ones and large ones are classes all the same", () => {
    const vessels = eight(
      (_, k) => ({
        size: 64,
        truth: Array.from({ length: 4096 }, (_v, i) =>
          Math.floor(i / 64) === Math.floor(32 + 9 * Math.sin((i % 64) / 7 + k)) ? 1 : 0,
        ),
      }),
      (one) => valued(one, [0, 255]),
    );
    expect(text(judge(vessels))).toBe("0 is class 0, 255 is class 1");
    for (const radius of [1, 2, 28]) {
      const masks = eight(
        (random) => discs(64, [radius], random),
        (one) => valued(one, [0, 255]),
      );
      expect(text(judge(masks))).toBe("0 is class 0, 255 is class 1");
    }
  });

  it("class numbers stay one class a value, however many", () => {
    const many = eight(
      (random) => {
        const truth = Array<number>(96 * 96).fill(0);
        for (let number = 1; number <= 40; number++)
          discs(96, [2 + 2 * random()], random).truth.forEach((inside, i) => {
            if (inside > 0) truth[i] = number;
          });
        return { size: 96, truth };
      },
      (one) => one.truth,
    );
    expect(diceOf(many, judge(many))).toEqual(Array(41).fill(1));
    const gap = eight(
      (random) => discs(48, [12, 8, 4], random),
      (one) => valued(one, [0, 1, 2, 4]),
    );
    expect(text(judge(gap))).toBe("0 is class 0, 1 is class 1, 2 is class 2, 4 is class 4");
  });

  it("asks whether a single value on borders is a class, and whether hundreds of values number objects", () => {
    const rims = eight(
      (random) => discs(48, [6, 5], random),
      (one) => valued(one, [0, 128, 255]),
    );
    const verdict = judge(rims);
    expect(verdict).toMatchObject({ kind: "asked", ask: /^What does 128 mean\? It lies on borders only/ });
    const cells = eight(
      (_, k) => ({
        size: 96,
        truth: Array.from({ length: 9216 }, (_v, i) => {
          const [row, column] = [Math.floor(i / 96), i % 96];
          return row % 12 < 8 && column % 12 < 8 ? 1 + 64 * k + 8 * Math.floor(row / 12) + Math.floor(column / 12) : 0;
        }),
      }),
      (one) => one.truth,
    );
    expect(judge(cells)).toMatchObject({ kind: "asked", choices: [{ coding: { limits: [1] } }, {}] });
  });

  it("asks which value is the background where edges and shares do not tell", () => {
    const half = { size: 32, truth: Array.from({ length: 1024 }, (_, i) => (i % 32 < 16 ? 0 : 1)) };
    for (const values of [
      [0, 255],
      [1, 2],
      [255, 0],
    ]) {
      const verdict = judge([{ ...half, pixels: valued(half, values) }]);
      expect(verdict).toMatchObject({ kind: "asked", ask: /^Which value is the background/, choices: [{}, {}] });
    }
    // Class numbers begin at 0 for none.
    expect(judge([{ ...half, pixels: valued(half, [0, 1]) }])).toMatchObject({ kind: "known" });
  });

  it("takes 0 of class numbers for the background also where the object is larger", () => {
    const large = {
      size: 32,
      truth: Array.from({ length: 1024 }, (_, i) => (i % 32 < 9 && i < 900 ? 0 : 1)),
    };
    expect(text(judge([{ ...large, pixels: valued(large, [0, 1]) }]))).toBe("0 is class 0, 1 is class 1");
    expect(judge([{ ...large, pixels: valued(large, [0, 255]) }])).toMatchObject({ kind: "asked" });
  });

  it("asks what masks of one value alone mean, and takes 0 alone as empty", () => {
    const plain = (...values: number[]) =>
      values.map((value) => ({ size: 8, truth: Array(64).fill(0), pixels: Array(64).fill(value) }));
    expect(judge(plain(0, 0))).toEqual({ kind: "empty" });
    expect(judge(plain(255, 255))).toMatchObject({
      kind: "asked",
      choices: [{ means: /255 is the object/ }, { means: /255 is the background/ }],
    });
    expect(judge(plain(0, 255))).toMatchObject({ kind: "asked" });
  });
});

describe("what nobody labelled", () => {
  const ringed = (border: number, ring: number, number = 1) =>
    eight(
      (random) => discs(64, [10 + ring, 10], random),
      (one) => valued(one, [0, border, number]),
    );

  it.each([255, 65535])(
    "%i around class numbers is ignored, as a border of any width and as small regions",
    (value) => {
      for (const ring of [1, 2, 3])
        expect(text(judge(ringed(value, ring)))).toBe(`0 is class 0, 1 is class 1, ${value} is left out (ignore)`);
      const regions = eight(
        (random) => {
          const [one, other] = [discs(64, [9], random), discs(64, [4], random)];
          return { size: 64, truth: one.truth.map((number, i) => (other.truth[i] > 0 ? 2 : number)) };
        },
        (one) => valued(one, [0, 1, value]),
      );
      expect(text(judge(regions))).toBe(`0 is class 0, 1 is class 1, ${value} is left out (ignore)`);
      const classes = [1, 2, 3].flatMap((number) => ringed(value, 2, number));
      expect(text(judge(classes))).toMatch(/3 is class 3, \d+ is left out \(ignore\)$/);
    },
  );

  it("asks about large areas of 255, and takes it for the class where no mask holds another number", () => {
    const areas = eight(
      (random) => discs(64, [28, 8], random),
      (one) => valued(one, [0, 255, 1]),
    );
    expect(judge(areas)).toMatchObject({
      kind: "asked",
      ask: /^What does 255 mean\? It lies beside the numbers 0 and 1/,
      choices: [{ coding: { ignore: [255] } }, { coding: { ignore: [] } }],
    });
    const hands = [
      ...eight(
        (random) => discs(48, [9], random),
        (one) => valued(one, [0, 1]),
      ),
      ...eight(
        (random) => discs(48, [9], random),
        (one) => valued(one, [0, 255]),
      ),
    ];
    expect(text(judge(hands))).toBe("0 is class 0, 1 is class 1, 255 is class 1");
  });

  it("white and Pascal VOC's #e0e0c0 are ignored as borders and classes as areas", () => {
    for (const border of [0xffffff, 0xe0e0c0]) {
      const hex = `#${border.toString(16)}`;
      const thin = eight(
        (random) => discs(64, [12, 10], random),
        (one) => valued(one, [0, border, 0x800000]),
      );
      expect(text(judge(thin, { coloured: true }))).toBe(
        `#000000 is class 0, #800000 is class 1, ${hex} is left out (ignore)`,
      );
      const wide = eight(
        (random) => discs(64, [22, 10], random),
        (one) => valued(one, [0, border, 0x800000]),
      );
      expect(text(judge(wide, { coloured: true }))).toBe(`#000000 is class 0, #800000 is class 1, ${hex} is class 2`);
    }
  });
});
