/** Accessibility of what a page shows, by axe-core. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Problems that axe finds in what is shown, each with the beginning of the element. @param options of `axe.run` */
export async function problems(page: Page, options: object = {}): Promise<string[]> {
  await page.evaluate(axe);
  const rows = "violations.map(({ id, nodes }) => id + ': ' + nodes[0].html.slice(0, 160))";
  return page.evaluate(`axe.run(${JSON.stringify(options)}).then(({ violations }) => ${rows})`);
}
