/** The built studio on a folder, and a browser that opens it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { packageRoot } from "../../src/core/package-root.js";
import { entry } from "../cli/built.js";

if (!existsSync(join(packageRoot, "dist", "page", "index.html")))
  throw new Error("dist/page is missing: run `npm run setup` before these tests");

/** A studio in a process of its own. */
export class BuiltStudio {
  private constructor(
    readonly child: ChildProcess,
    readonly link: string,
  ) {}

  /** @param port 0: any that is free */
  static async start(folder: string, port = 0): Promise<BuiltStudio> {
    const child = spawn(process.execPath, [entry, "studio", folder, "--port", String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
    let text = "";
    const link = await new Promise<string>((resolve, reject) => {
      child.once("exit", () => reject(new Error(`the studio ended: ${text}`)));
      child.stdout?.on("data", (piece) => {
        text += piece;
        const found = /http:\S+/.exec(text);
        if (found) resolve(found[0]);
      });
    });
    return new BuiltStudio(child, link);
  }

  /** Ends it with a signal. @returns its exit code; null where the signal itself ended it */
  end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) return resolve(this.child.exitCode);
      this.child.once("exit", (code) => resolve(code));
      this.child.kill(signal);
    });
  }
}

/** Opens the studio's page; `heard` gathers what the browser complains of, and requests that leave the studio. */
export async function open(
  browser: Browser,
  link: string,
  options: BrowserContextOptions = { viewport: { width: 1280, height: 900 } },
): Promise<{ page: Page; heard: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const heard: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") heard.push(message.text());
  });
  page.on("pageerror", (error) => heard.push(String(error)));
  page.on("dialog", (dialog) => heard.push(dialog.message()));
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(link).origin) && !request.url().startsWith("data:"))
      heard.push(request.url());
  });
  await page.goto(link);
  return { page, heard };
}

/** Opens, in the run "first", the editor of the one case that nobody has labelled. Arguments and result as of {@link open}. */
export async function openUnlabelled(...asked: Parameters<typeof open>): ReturnType<typeof open> {
  const opened = await open(...asked);
  await turnToUnlabelled(opened.page);
  return opened;
}

/** Goes from the list of runs to the editor of that case. */
export async function turnToUnlabelled(page: Page): Promise<void> {
  await page.getByRole("link", { name: "first", exact: true }).click();
  await page.getByRole("link", { name: "Cases" }).click();
  await page.getByLabel("Show").selectOption("unmasked");
  await page.locator(".card a").click();
  await page.getByRole("link", { name: /Draw a mask|Go on correcting/ }).click();
}
