/** The mask editor in a real browser: mouse, keys alone, fingers, pen; saving; accessible. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../../bench/browser.js";
import { buildPage, fundusCase, type OpenedCase, openEditor } from "../../../bench/studio-page/opened.js";
import { temporaryFolder } from "../../data/files.js";
import { problems } from "../../support/axe.js";

const size = 128;
const out = temporaryFolder();
const eye = fundusCase(size);
const blank: OpenedCase = { ...eye, mask: new Uint8Array(size * size) };

/** Opened editor with ways to ask what was saved and to point at pixels. */
class Opened {
  private constructor(
    readonly page: Page,
    readonly heard: string[],
  ) {}

  static async at(browser: Browser, files: Map<string, Uint8Array>, one: OpenedCase, how?: BrowserContextOptions) {
    const { page, heard } = await openEditor(browser, files, one, how);
    return new Opened(page, heard);
  }

  /** Where the middle of a pixel is on the page, as long as nobody zoomed. */
  async place(x: number, y: number): Promise<[number, number]> {
    const stage = (await this.page.locator(".editor-stage").boundingBox())!;
    const scale = Math.min((stage.width - 32) / size, (stage.height - 32) / size);
    const [left, top] = [(stage.width - scale * size) / 2, (stage.height - scale * size) / 2];
    return [stage.x + left + scale * (x + 0.5), stage.y + top + scale * (y + 0.5)];
  }

  async drag(from: [number, number], to: [number, number]): Promise<void> {
    await this.page.mouse.move(...(await this.place(...from)));
    await this.page.mouse.down();
    await this.page.mouse.move(...(await this.place(...to)), { steps: 6 });
    await this.page.mouse.up();
  }

  async click(x: number, y: number): Promise<void> {
    await this.page.mouse.click(...(await this.place(x, y)));
  }

  /** The mask as it arrived. */
  async saved(): Promise<Uint8Array> {
    return Uint8Array.from((await this.page.evaluate("[...kept.saved]")) as number[]);
  }

  async arrived(strokes: number): Promise<Uint8Array> {
    await expect.poll(() => this.page.evaluate("kept.strokes.length")).toBe(strokes);
    return await this.saved();
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async close(): Promise<void> {
    expect(this.heard).toEqual([]);
    await this.page.context().close();
  }
}

const at = (mask: Uint8Array, x: number, y: number) => mask[y * size + x];
const area = (mask: Uint8Array) => mask.filter(Boolean).length;

describe.skipIf(!hasBrowser)("the editor in a browser (skipped where there is no /usr/bin/chromium)", () => {
  let browser: Browser;
  let files: Map<string, Uint8Array>;
  const open = (one: OpenedCase, how?: BrowserContextOptions) => Opened.at(browser, files, one, how);

  beforeAll(async () => {
    browser = await launch();
    files = await buildPage(out);
  });
  afterAll(() => browser?.close());

  it("draws with the mouse, colours what it drew, saves each stroke, and undoes it", async () => {
    const editor = await open(blank);
    await editor.press("2", "[", "[");
    await editor.page.locator(".editor-stage").focus();
    await editor.press("2");
    await editor.drag([30, 40], [80, 40]);
    const mask = await editor.arrived(1);
    expect([at(mask, 30, 40), at(mask, 55, 40), at(mask, 80, 40), at(mask, 55, 60)]).toEqual([2, 2, 2, 0]);
    const [x, y] = await editor.place(55, 40);
    const colour = (await editor.page.evaluate(
      `(() => {
        const canvas = document.querySelectorAll("canvas")[1];
        const { left, top } = canvas.getBoundingClientRect();
        return [...canvas.getContext("2d").getImageData(${x} - left, ${y} - top, 1, 1).data];
      })()`,
    )) as number[];
    // Yellow, a third opaque; a canvas rounds colours that are not opaque.
    expect(colour[3]).toBe(Math.round(0.35 * 255));
    expect(colour[0]).toBeGreaterThan(230);
    expect(colour[2]).toBeLessThan(80);
    expect(await editor.page.locator(".editor-saved").textContent()).toBe("All saved");
    await editor.press("Control+z");
    expect(area(await editor.arrived(2))).toBe(0);
    await editor.press("Control+Shift+z");
    expect(await editor.arrived(3)).toEqual(mask);
    await editor.close();
  });

  it("is worked by keys alone", async () => {
    const editor = await open(blank);
    const { page } = editor;
    const isOnStage = () => page.evaluate("document.activeElement.className");
    for (let tabs = 0; tabs < 20 && (await isOnStage()) !== "editor-stage"; tabs++) await page.keyboard.press("Tab");
    await editor.press("2");
    // As thin as it gets.
    for (let i = 0; i < 24; i++) await page.keyboard.press("[");
    await editor.press("Enter", "Shift+ArrowRight", "ArrowRight", "ArrowDown", "Enter", "ArrowLeft");
    const line = await editor.arrived(1);
    expect(area(line)).toBe(13);
    expect([at(line, 64, 64), at(line, 75, 64), at(line, 75, 65)]).toEqual([2, 2, 2]);
    // A triangle on the part: corners by Enter, closed at the last one.
    await editor.press("p", "Enter", "Shift+ArrowRight", "Enter", "Shift+ArrowDown", "Enter", "Enter");
    const triangle = await editor.arrived(2);
    expect(area(triangle)).toBeGreaterThan(13 + 40);
    await editor.press("Control+z", "Control+z");
    expect(area(await editor.arrived(4))).toBe(0);
    await editor.press("?");
    await page.locator("dialog").waitFor({ state: "visible" });
    await editor.press("Escape");
    await page.locator("dialog").waitFor({ state: "hidden" });
    expect(await isOnStage()).toBe("editor-stage");
    await editor.close();
  });

  it("edits parts that lie in each other, fills, removes pieces and smooths", async () => {
    const editor = await open(eye);
    const first = eye.mask;
    const cups = (mask: Uint8Array) => mask.filter((code) => code & 1).length;
    await editor.page.getByRole("radio", { name: /^disc/ }).check();
    await editor.page.getByRole("button", { name: "Pieces" }).click();
    await editor.click(first.indexOf(2) % size, Math.floor(first.indexOf(2) / size) + 2);
    expect(area(await editor.arrived(1))).toBe(0);
    await editor.page.getByRole("button", { name: "Undo" }).click();
    expect(await editor.arrived(2)).toEqual(first);
    await editor.page.getByRole("radio", { name: /^cup/ }).check();
    await editor.click(first.indexOf(3) % size, Math.floor(first.indexOf(3) / size) + 2);
    const noCup = await editor.arrived(3);
    expect([area(noCup), cups(noCup)]).toEqual([area(first), 0]);
    await editor.page.getByRole("button", { name: "Fill" }).click();
    await editor.click(first.indexOf(3) % size, Math.floor(first.indexOf(3) / size) + 2);
    expect(cups(await editor.arrived(4))).toBe(area(first));
    await editor.page.getByRole("button", { name: "Smooth cup" }).click();
    expect(cups(await editor.arrived(5))).not.toBe(area(first));
    await editor.close();
  });

  it("closes a polygon by a double click", async () => {
    const editor = await open(blank);
    await editor.page.getByRole("button", { name: "Polygon" }).click();
    await editor.click(20, 20);
    await editor.click(60, 20);
    await editor.page.mouse.dblclick(...(await editor.place(60, 60)));
    const mask = await editor.arrived(1);
    expect(area(mask)).toBeGreaterThan(700);
    expect([at(mask, 50, 30), at(mask, 30, 50)]).toEqual([3, 0]);
    await editor.close();
  });

  it("shows the model's mask and takes it over", async () => {
    const editor = await open(eye);
    await editor.page.getByRole("checkbox", { name: /Compare/ }).check();
    await editor.page.getByRole("button", { name: /Accept/ }).click();
    expect(await editor.arrived(1)).toEqual(eye.prediction);
    await editor.press("Control+z");
    expect(await editor.arrived(2)).toEqual(eye.mask);
    await editor.close();
  });

  it("goes on painting while nothing can be saved, says so, and saves all in the end", async () => {
    const editor = await open(blank);
    const said = () => editor.page.locator(".editor-saved").textContent();
    await editor.page.evaluate("kept.isGone = true");
    await editor.drag([30, 30], [60, 30]);
    await editor.drag([30, 60], [60, 60]);
    await expect.poll(said).toBe("2 strokes not saved: no answer from the server. Trying again.");
    expect(area(await editor.saved())).toBe(0);
    await editor.page.evaluate("kept.isGone = false");
    await expect.poll(said, { timeout: 20_000 }).toBe("All saved");
    const mask = await editor.arrived(2);
    expect([at(mask, 45, 30), at(mask, 45, 60)]).toEqual([3, 3]);
    await editor.close();
  });

  it("zooms by the wheel at the pointer, sizes the brush with Shift, and pans by space and drag", async () => {
    const editor = await open(blank);
    const { page } = editor;
    const zoom = async () => Number.parseInt((await page.locator(".editor-zoom").innerText()).replace(/\D+/g, " "), 10);
    const under = async () => (await page.locator(".editor-cursor").textContent())?.split(", grey")[0];
    await page.mouse.move(...(await editor.place(90, 40)));
    const [before, was] = [await under(), await zoom()];
    await page.mouse.wheel(0, -400);
    await expect.poll(zoom).toBeGreaterThan(1.5 * was);
    await page.mouse.move(...(await editor.place(90, 40)));
    expect(await under()).toBe(before);
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, -100);
    await page.keyboard.up("Shift");
    await expect.poll(() => page.getByRole("slider", { name: "Size" }).inputValue()).toBe("27");
    await page.locator(".editor-stage").focus();
    const [x, y] = await editor.place(90, 40);
    await page.keyboard.down(" ");
    await page.mouse.down();
    await page.mouse.move(x - 60, y + 30, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up(" ");
    expect(await under()).toBe(before);
    expect(area(await editor.arrived(0))).toBe(0);
    await editor.close();
  });

  it("draws with one finger, and zooms with two without a stroke", async () => {
    const editor = await open(blank, { hasTouch: true, viewport: { width: 820, height: 1180 } });
    const { page } = editor;
    const session = await page.context().newCDPSession(page);
    const touch = async (type: "touchStart" | "touchMove" | "touchEnd", ...fingers: [number, number][]) => {
      const places = await Promise.all(fingers.map(([x, y]) => editor.place(x, y)));
      await session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: places.map(([x, y], id) => ({ x, y, id })),
      });
    };
    await touch("touchStart", [40, 50]);
    await touch("touchMove", [60, 50]);
    await touch("touchMove", [80, 50]);
    await touch("touchEnd");
    const mask = await editor.arrived(1);
    expect([at(mask, 60, 50), at(mask, 60, 90)]).toEqual([3, 0]);
    const zoom = () => page.locator(".editor-zoom").innerText();
    const was = await zoom();
    await touch("touchStart", [50, 90]);
    await touch("touchStart", [50, 90], [70, 90]);
    await touch("touchMove", [40, 90], [80, 90]);
    await touch("touchEnd");
    await expect.poll(zoom).not.toBe(was);
    expect(await editor.arrived(1)).toEqual(mask);
    await editor.close();
  });

  it("of a mask that may only be read changes nothing", async () => {
    const editor = await open({ ...eye, readOnly: true });
    await editor.drag([30, 30], [90, 60]);
    await editor.press("s", "Enter", "b");
    expect(await editor.page.locator(".editor-saved").textContent()).toBe("Read only");
    expect(await editor.page.getByRole("button", { name: "Brush" }).isDisabled()).toBe(true);
    expect(await editor.arrived(0)).toEqual(eye.mask);
    await editor.close();
  });

  it.each([
    [1280, "light"],
    [1280, "dark"],
    [820, "light"],
    [390, "dark"],
  ] as const)(
    "at %i pixels, %s: accessible, with and without its sheet, no sideways scroll",
    async (width, colorScheme) => {
      const editor = await open(eye, { viewport: { width, height: 900 }, colorScheme });
      expect(await editor.page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      // Pages have a heading and landmarks around the editor.
      const found = () => problems(editor.page, { rules: { "page-has-heading-one": { enabled: false } } });
      expect(await found()).toEqual([]);
      await editor.press("?");
      await editor.page.locator(".editor-stage").focus();
      await editor.press("?");
      expect(await found()).toEqual([]);
      await editor.close();
    },
  );
});
