/** The mutants of a tiny project: which are made, which die, and what the page says of the rest. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judge } from "../../scripts/mutate/judge.mjs";
import { percent, reasonOf, renewed, staleReasons } from "../../scripts/mutate/report.mjs";
import { findMutants } from "../../scripts/mutate/sites.mjs";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "dimseg-mutate-test-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, ...lines: string[]): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.join("\n"));
  return file;
}

/** The changes made to some lines, and the instrumented text. */
function mutate(...lines: string[]): { changes: string[]; text: string } {
  const file = write("sites/some.ts", ...lines);
  const { mutants, texts } = findMutants(root, [file], "file:///switch.mjs");
  return { changes: mutants.map(({ change }: { change: string }) => change), text: texts.get(file) ?? "" };
}

describe("sites", () => {
  it("are operators, constants, branches and names with a counterpart", () => {
    const { changes } = mutate(
      "export const f = (a: number, on: boolean) => (on && !(a >= 2) ? -a * Math.max(a, 0.5) : a ** 1e-12);",
    );
    expect(changes).toEqual([
      "condition → its opposite",
      "&& → ||",
      "! left out",
      ">= → >",
      ">= → <",
      "2 → 3",
      "2 → 1",
      "* → /",
      "- left out",
      "max → min",
      "0.5 → 1",
      "0.5 → 0.25",
      "** → *",
      "1e-12 → 2e-12",
      "1e-12 → 0",
    ]);
  });

  it("are methods only where their counterpart exists or the result may be left as it was", () => {
    const declarations = "interface T { add(x: T): T; sub(x: T): T; abs(): T; log(): T; neg(): string }";
    const { changes } = mutate(
      declarations,
      "export const f = (a: T, s: Set<T>) => [a.add(a), a.abs(), a.log(), a.neg(), s.add(a), a?.abs()];",
    );
    expect(changes).toEqual(["add → sub", ".abs left out"]);
  });

  it("are not types, texts, errors and imports", () => {
    const { changes } = mutate(
      'import { join } from "node:path";',
      "export type Sign = 1 | -1;",
      "export function f(a: string, describe: (text: number) => void): Sign | undefined {",
      `  describe(3); const b = a + join(a, "1"); const c = \`\${1 + 2} \${b}\`;`,
      "  throw new Error(c + 4);",
      "}",
    );
    expect(changes).toEqual([]);
  });

  it("that read the same on one line are counted", () => {
    expect(mutate("export const f = (a: number) => a + a + a;").changes).toEqual(["+ → -", "+ → - (2)"]);
  });

  it("keep what is evaluated, and when", async () => {
    const lines = [
      "let calls = 0;",
      "const count = <A>(a: A): A => { calls++; return a; };",
      "export function f(a: number | null, b: number) {",
      "  calls = 0; let sum = 1; sum += b;",
      "  const all = [count(a) ?? count(7), count(a) && count(b), count(b) || count(2), b < 2 && count(5)];",
      "  if (b > 1) sum -= 4; else sum *= -b;",
      "  for (let i = 0; i < b; i++) sum = sum * 2 - i;",
      `  return [...all, sum, calls, b === 2 ? \`\${1 + 1}\` : !b];`,
      "}",
    ];
    const { text, changes } = mutate(...lines);
    expect(changes.length).toBeGreaterThan(30);
    const plain = await import(/* @vite-ignore */ write("sites/plain.ts", ...lines));
    const url = new URL("../../scripts/mutate/switch.mjs", import.meta.url).href;
    const instrumented = await import(
      /* @vite-ignore */ write("sites/made.ts", text.replace("file:///switch.mjs", url))
    );
    for (const [a, b] of [
      [null, 2],
      [0, 0],
      [3, 1],
    ])
      expect(instrumented.f(a, b)).toEqual(plain.f(a, b));
  });
});

describe("judging", () => {
  it("kills what a test that passes otherwise notices, hangs on or dies of", { timeout: 120_000 }, async () => {
    write("package.json", '{ "type": "module" }');
    write("runs/some/log.txt", "of a run, which nobody copies");
    write("src/runs/three.ts", "export const three = (): number => 3;");
    write(
      "src/sums/sum.ts",
      'import { three } from "../runs/three.js";',
      "export const scale = three();",
      "export function sum(n: number, step: number): number {",
      "  let total = 0;",
      "  for (let i = n; i > 0; i = i - step) total += i;",
      "  return total * 1;",
      "}",
      "export const unused = (a: number) => a - 1;",
    );
    write(
      "tests/sums/sum.test.ts",
      'import { expect, it } from "vitest";',
      'import { scale, sum } from "../../src/sums/sum.js";',
      'it("adds", () => expect(sum(scale, 1)).toBe(6));',
    );
    write(
      "tests/sums/broken.test.ts",
      'import { expect, it } from "vitest";',
      'import { sum } from "../../src/sums/sum.js";',
      'it("is wrong anyhow", () => expect(sum(0, 1)).toBe(1));',
    );
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const judged = await judge({ root, targets: ["src/runs", "src/sums"], tests: ["tests"], budget: 5, hangs: 2, say });
    const verdicts = judged.map(({ change, verdict }: { change: string; verdict: string }) => `${change}: ${verdict}`);
    expect(verdicts).toEqual([
      "3 → 4: killed",
      "3 → 2: killed",
      "0 → 1: killed",
      "> → >=: lives",
      "> → <=: killed",
      "0 → 1: killed",
      "- → +: timed out",
      "+= → -=: killed",
      "* → /: lives",
      "1 → 2: killed",
      "1 → 0: killed",
      "- → +: not reached",
      "1 → 2: not reached",
      "1 → 0: not reached",
    ]);
    expect(judged[0].by).toContain("adds");
    expect(said.join("\n")).toMatch(/tests.sums.broken\.test\.ts is left out: it fails without a mutant/);
    expect(readFileSync(join(root, "src/sums/sum.ts"), "utf8")).toContain("total += i");
  });
});

describe("the page", () => {
  const mutant = (line: number, change: string, verdict: string) => ({
    file: "src/a/b.ts",
    line,
    code: "return x | 1e-12;",
    change,
    verdict,
  });
  const judged = [
    mutant(1, "+ → -", "killed"),
    mutant(2, "1 → 0", "timed out"),
    mutant(3, "1e-12 → 0", "lives"),
    mutant(4, "1 → 2", "not reached"),
  ];
  const reasons = [
    { file: "b.ts", code: "return x | 1e-12;", change: "1e-12 → 0", reason: "smaller than a rounding" },
    { file: "b.ts", code: "gone", reason: "was equivalent" },
    { file: "other.ts", code: "gone", reason: "not judged now" },
  ];

  it("tells the share, rounded down, and why mutants live", () => {
    expect(percent([...judged, ...judged.slice(0, 2)])).toBe(66.6);
    expect(judged.map((one) => reasonOf(one, reasons)).slice(2)).toEqual([
      "smaller than a rounding",
      "no test runs this code",
    ]);
    expect(staleReasons(reasons, judged)).toEqual([reasons[1]]);
    const page = renewed("", new Map([["src/a", judged]]), ["src/a", "src/c"], reasons);
    expect(page).toContain("| [src/a](#srca) | 4 | 2 | 2 | 50.0 % |");
    expect(page).toContain("4 mutants, 2 killed, 1 of them by a time-out or crash: 50.0 %.");
    expect(page).toContain("| b.ts:3 | `return x \\| 1e-12;` | 1e-12 → 0 | smaller than a rounding |");
  });

  it("keeps the parts of folders that were not judged, and drops those that are gone", () => {
    const first = renewed("", new Map([["src/a", judged]]), ["src/a"], reasons);
    const folders = ["src/c", "src/a"];
    const second = renewed(first, new Map([["src/c", judged.slice(0, 1)]]), folders, reasons);
    expect(second.match(/^## .*$/gm)).toEqual(["## src/c", "## src/a"]);
    expect(second).toContain("| b.ts:3 |");
    expect(second).toContain("| [src/c](#srcc) | 1 | 1 | 0 | 100.0 % |");
    expect(renewed(second, new Map(), ["src/c"], reasons)).not.toContain("src/a");
  });
});
