/** `dimseg studio` as built, in a real browser, on a run that was really trained. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../bench/browser.js";
import { csrfHeader } from "../../src/http/access.js";
import { metricLines, putConfig, Running } from "../cli/built.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { oddId, putDataset } from "../data/tiny.js";
import { problems } from "../support/axe.js";
import { BuiltStudio, open } from "./opened-studio.js";

const base = temporaryFolder();
/** What a page would run if it took names for more than text. */
const hostile = "<img src=x onerror=alert(1)>";
let studio: BuiltStudio;
let browser: Browser;

beforeAll(async () => {
  putDataset(join(base, "data"));
  put(join(base, `data/a/test/images/${hostile}.png`), png(32, 32, new Uint8Array(1024)));
  put(join(base, hostile, "config.yaml"), "{");
  put(join(base, hostile, "environment.json"), "{");
  await trainRun(base, "first");
  await dimseg("estimate", join(base, "first"));
  await dimseg("evaluate", join(base, "first"), "--network", "student");
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await studio?.end();
});

/** Asks the studio as its page would, with its cookie. */
async function asPage() {
  const { origin, search } = new URL(studio.link);
  const opened = await fetch(origin + search.replace("?", "/?"), { redirect: "manual" });
  const cookie = String(opened.headers.get("set-cookie")).split(";")[0];
  return (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { ...init, headers: { cookie, ...init.headers } });
}

describe("its server", () => {
  it("tells nobody anything who does not show the link's token", async () => {
    const { origin } = new URL(studio.link);
    for (const path of ["/", "/api/runs", "/csrf-token"]) expect((await fetch(origin + path)).status).toBe(401);
  });

  it("finds no run or case by a path", async () => {
    const get = await asPage();
    const list = await get("/api/runs");
    expect(list.status).toBe(200);
    const run = ((await list.json()) as { runs: { id: string; place: string }[] }).runs.find(
      ({ place }) => place === "first",
    )?.id;
    const parts = ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "C:%5Cboot.ini", "a%00", "x".repeat(4096), "%C0%AE"];
    const places = ["/", "/api/runs/", `/api/runs/${run}/cases/`, `/api/runs/${run}/`, "/api/new/plans/"];
    for (const place of places)
      for (const part of [...parts, "first"])
        expect([place, part, (await get(place + part)).status >= 400]).toEqual([place, part, true]);
    for (const tail of ["slices/image/0/..%2F0", "draft/x/slices/0/0", "draft/..%2F..%2Fx/slices/0/0", "thumbnail"])
      expect((await get(`/api/runs/${run}/cases/..%2F..%2Fdata/${tail}`)).status).toBeGreaterThanOrEqual(400);
  });

  it("changes nothing for pages of others, nor for its own without the token that it alone can read", async () => {
    const ask = await asPage();
    const { origin } = new URL(studio.link);
    const { token } = (await (await ask("/csrf-token")).json()) as { token: string };
    const post = async (headers: Record<string, string>) => {
      const body = JSON.stringify({ path: "data" });
      const init = { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
      return (await ask("/api/new/look", init)).status;
    };
    expect(await post({ origin: "https://evil.example", [csrfHeader]: token })).toBe(403);
    expect(await post({ origin })).toBe(403);
    expect(await post({ origin, [csrfHeader]: "x".repeat(token.length) })).toBe(403);
    expect(await post({ origin, [csrfHeader]: token })).toBe(200);
  });
});

interface JudgedDomain {
  readonly name: string;
  readonly labelled: boolean;
  readonly cases: number;
  readonly missed: Readonly<Record<string, number>>;
  readonly average: { readonly dice: { readonly mean: number } };
}

/** What axe finds in light colours and in dark ones. */
async function problemsInBothSchemes(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await problems(page)).map((one) => `${colorScheme}: ${one}`));
  }
  return found;
}

/** Elements that move or change their look little by little: none does, so that nobody has to ask for less of it. */
async function movements(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll("*")].filter((element) => {
    const { transitionDuration, animationName } = getComputedStyle(element);
    return transitionDuration !== "0s" || animationName !== "none";
  }).map(({ localName }) => localName)`);
}

describe.skipIf(!hasBrowser)("its page", () => {
  it("shows runs, curves, cases and a case, says nothing to others, and passes axe in every view", async () => {
    const { page, heard } = await open(browser, studio.link);
    await page.getByRole("link", { name: "first", exact: true }).waitFor();
    expect(await page.locator("tbody tr").innerText()).toMatch(/Finished/);
    await page.getByRole("alert").filter({ hasText: hostile }).waitFor();
    expect(await problemsInBothSchemes(page)).toEqual([]);

    await page.getByRole("link", { name: "first", exact: true }).click();
    await page.locator(".chart canvas").first().waitFor();
    expect(await page.locator(".chart h2").allInnerTexts()).toEqual(
      expect.arrayContaining(["Validation Dice", "Losses", "Learning rate"]),
    );
    const summary = readFileSync(join(base, "first/evaluation/last-student/summary.json"), "utf8");
    const rows = JSON.parse(summary).domains.map(
      ({ name, labelled, cases, missed, average: { dice } }: JudgedDomain) => {
        const none = Object.values(missed).reduce((sum, count) => sum + count, 0);
        return `${name}${labelled ? ", labelled" : ""}\t${cases}\t${none}\t${(100 * dice.mean).toFixed(1)} %`;
      },
    );
    await page.locator(".judged tbody tr").first().waitFor();
    const shown = await page.locator(".judged tbody tr").allInnerTexts();
    expect(shown.map((row) => row.split("\t").slice(0, 4).join("\t"))).toEqual(rows);
    expect(await problems(page)).toEqual([]);

    await page.getByRole("link", { name: "Cases" }).click();
    await page.locator(".card img").first().waitFor();
    expect(await page.locator(".card").count()).toBe(17);
    expect(await problemsInBothSchemes(page)).toEqual([]);
    // Names from files are shown as text.
    expect(await page.locator(".card-name").allInnerTexts()).toEqual(expect.arrayContaining([oddId, hostile]));
    await page.getByLabel("Used for").selectOption("test");
    expect(await page.locator(".card").count()).toBe(6);
    const lows = (await page
      .locator(".card .range")
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute("x"))))) as number[];
    expect(lows).toEqual([...lows].sort((a, b) => a - b));

    // All but the hostile image have a mask.
    await page.locator(".card").filter({ hasNotText: hostile }).first().getByRole("link").first().click();
    await page.locator('canvas[data-drawn^="doubt"]').waitFor();
    expect(await page.locator(".slice figcaption").allInnerTexts()).toEqual([
      "Image",
      "Reference",
      "Prediction",
      "Doubt",
    ]);
    expect(await problemsInBothSchemes(page)).toEqual([]);
    expect(await movements(page)).toEqual([]);
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("goes on with a stopped run, whose curves grow meanwhile, and stops it again", async () => {
    const long = join(base, "long");
    const config = putConfig(join(base, "long.yaml"), { training: { iterations: 5000 }, evaluation: { every: 1000 } });
    const training = new Running(["train", config, "--out", long]);
    await training.until(() => metricLines(long) > 2);
    expect((await training.interrupt("SIGTERM")).code).toBe(143);
    const before = metricLines(long);

    const { page, heard } = await open(browser, studio.link);
    await page.getByRole("link", { name: "long", exact: true }).click();
    await page.locator(".badge", { hasText: "Stopped" }).waitFor();
    const step = () => page.locator("progress").evaluate((bar) => Number(bar.getAttribute("value")));
    const first = await step();
    await page.getByRole("button", { name: "Go on training" }).click();
    await page.locator(".badge.running").waitFor();
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(first + 2);
    expect(metricLines(long)).toBeGreaterThan(before);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".badge.stopped").waitFor();
    expect(await page.getByRole("button", { name: "Go on training" }).count()).toBe(1);
    expect(heard).toEqual([]);
    await page.context().close();
  });
});
