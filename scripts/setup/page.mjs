/**
 * Step 5: builds the studio's page into dist/page when one of its files, its settings or an installed package changed.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { hashOf, listFiles, writeWhole } from "./files.mjs";
import { run, whileWaiting } from "./process.mjs";
import { SetupError } from "./report.mjs";

/** Folders of src that the page has files of. */
const rooms = ["core", "data", "grid", "inference", "studio"];

/** Hash of everything the page is made from. */
function pageHash(root, config) {
  const endings = [".ts", ".tsx", ".css", ".html", ".svg", ".json"];
  const sources = rooms.flatMap((room) => listFiles(join(root, "src", room), endings));
  const settings = [config, join(root, "package-lock.json")];
  return hashOf(...[...settings, ...sources].flatMap((path) => [relative(root, path), readFileSync(path)]));
}

/**
 * Builds the page when due.
 * @throws SetupError when it cannot be built; the bundler's own messages are printed first
 */
export async function buildPage(root, report) {
  report.begin("page");
  const config = join(root, "scripts", "page", "vite.config.mjs");
  const stamp = join(root, "dist", ".page");
  const hash = pageHash(root, config);
  const current = existsSync(stamp) && readFileSync(stamp, "utf8") === hash;
  if (current && existsSync(join(root, "dist", "page", "index.html"))) return report.done("up to date");
  const bundler = join(root, "node_modules", "vite", "bin", "vite.js");
  const building = run(process.execPath, [bundler, "build", "--config", config], { cwd: root });
  const { code, output } = await whileWaiting(building, () => report.progress("building"));
  if (code !== 0) {
    report.show(output);
    throw new SetupError("the studio's page cannot be built; mend the errors above, then run `npm run setup` again.");
  }
  writeWhole(stamp, hash);
  report.done("built to dist/page");
}
