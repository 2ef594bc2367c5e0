/** A report's folder is replaced file by file, and never stands on something else. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { checkReportFolder, writeReport } from "../../src/reporting/write-report.js";
import { put, temporaryFolder } from "../data/files.js";

const base = temporaryFolder();
const page = { path: "index.html", content: '<meta name="generator" content="dimseg report">' };
const figure = (id: string) => ({ path: `figures/${id}.svg`, content: id });

it("writes all files, and removes those of an earlier report that are no longer made", () => {
  const folder = join(base, "report");
  writeReport(folder, "1", [page, figure("a"), figure("b")]);
  put(join(folder, "figures/mine.txt"), "kept");
  writeReport(folder, "1", [page, figure("b")]);
  expect(readdirSync(join(folder, "figures")).sort()).toEqual(["b.svg", "mine.txt"]);
  expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toEqual({
    dimseg: "1",
    files: ["index.html", "figures/b.svg"],
  });
});

it("refuses a folder that holds something else, and a file, before anything is written", () => {
  const folder = join(base, "thesis");
  put(join(folder, "chapter.tex"), "");
  expect(() => checkReportFolder(folder)).toThrow(UsageError);
  expect(() => writeReport(folder, "1", [page])).toThrow(
    `${folder} holds something that is not a report (chapter.tex); choose a new or empty folder with --out`,
  );
  expect(readdirSync(folder)).toEqual(["chapter.tex"]);
  expect(() => checkReportFolder(join(folder, "chapter.tex"))).toThrow("is a file; choose a folder with --out");
});

it("refuses another program's page and record", () => {
  const site = join(base, "site");
  put(join(site, "index.html"), "<h1>Mine</h1>");
  expect(() => checkReportFolder(site)).toThrow("(index.html)");
  const other = join(base, "other");
  put(join(other, "report.json"), '{ "sales": 3 }');
  expect(() => checkReportFolder(other)).toThrow("(report.json)");
});

it("goes on where an earlier writing was killed", () => {
  const folder = join(base, "killed");
  put(join(folder, "figures/a.svg"), "a");
  put(join(folder, "figures", ".b.svg.1.abcd.tmp"), "");
  put(join(folder, page.path), page.content);
  mkdirSync(join(folder, "tables"));
  expect(() => checkReportFolder(folder)).not.toThrow();
  expect(() => checkReportFolder(join(base, "none"))).not.toThrow();
});

it("removes and writes nothing through a link inside a report", () => {
  const folder = join(base, "linked");
  const thesis = put(join(base, "papers/thesis.txt"), "mine");
  writeReport(folder, "1", [page]);
  symlinkSync(join(base, "papers"), join(folder, "figures"));
  writeFileSync(join(folder, "report.json"), JSON.stringify({ dimseg: "1", files: ["figures/thesis.txt"] }));
  expect(() => writeReport(folder, "1", [page, figure("a")])).toThrow(UsageError);
  expect(() => writeReport(folder, "1", [page])).toThrow(`${folder}/figures is a link`);
  expect(readFileSync(thesis, "utf8")).toBe("mine");
});

it("removes nothing outside the report, whatever its record says", () => {
  const folder = join(base, "tampered");
  const victim = put(join(base, "victim.svg"), "");
  writeReport(folder, "1", [page]);
  writeFileSync(
    join(folder, "report.json"),
    JSON.stringify({ dimseg: "1", files: ["../victim.svg", "figures/../../victim.svg"] }),
  );
  writeReport(folder, "1", [page]);
  expect(existsSync(victim)).toBe(true);
});
