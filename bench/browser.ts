/** The browser that pages are measured and tested in: Debian's Chromium, by playwright-core. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

export const chromiumPath = "/usr/bin/chromium";

/** Whether there is a browser. */
export const hasBrowser = existsSync(chromiumPath);

/** Starts it without a window. @param flags of Chromium, beside the usual ones */
export function launch(...flags: string[]): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", ...flags] });
}
