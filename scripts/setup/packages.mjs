/**
 * Step 1: the npm packages of package-lock.json. npm itself writes down what it installed, in
 * node_modules/.package-lock.json and only when it has finished, so comparing the two files tells whether
 * `npm ci` is due without running npm. `npm install --package-lock-only` writes it, too, and installs nothing: the
 * packages themselves are asked for their versions as well.
 */
import { join } from "node:path";
import { readJson } from "./files.mjs";
import { failureLine, run, which, whileWaiting } from "./process.mjs";
import { SetupError } from "./report.mjs";

/**
 * Whether node_modules holds exactly the versions of package-lock.json. npm leaves out optional packages of other
 * machines without a word, but also one of ours that it could not fetch: that one is asked for again.
 */
export function packagesAreCurrent(root) {
  const wanted = readJson(join(root, "package-lock.json"))?.packages;
  const installed = readJson(join(root, "node_modules", ".package-lock.json"))?.packages;
  if (wanted === undefined || installed === undefined) return false;
  const names = new Set([...Object.keys(wanted), ...Object.keys(installed)]);
  names.delete("");
  const ours = new Set(Object.keys(wanted[""]?.optionalDependencies ?? {}).map((name) => `node_modules/${name}`));
  return [...names].every((name) => {
    const [want, have] = [wanted[name], installed[name]];
    if (want === undefined) return false;
    if (have === undefined && ours.has(name)) return !fitsMachine(want);
    if (have === undefined) return want.optional === true || want.devOptional === true;
    if (want.version !== have.version || want.integrity !== have.integrity || !fitsMachine(have)) return false;
    return readJson(join(root, name, "package.json"))?.version === have.version;
  });
}

/** False for a binary package of another machine, as a copied node_modules may hold. */
function fitsMachine({ os = [], cpu = [] }) {
  return allows(os, process.platform) && allows(cpu, process.arch);
}

/** npm's lists name what is allowed, or with "!" what is not. */
function allows(list, value) {
  return !list.includes(`!${value}`) && (list.includes(value) || list.every((item) => item.startsWith("!")));
}

/** npm's own reason: the first line of its error that is not a code, without the label. */
function npmFailure(output) {
  const reasons = output.matchAll(/^npm (?:error|ERR!) (?!(?:code|syscall|errno|path) )(.+)$/gm);
  return reasons.next().value?.[1].replace(/\.$/, "") ?? failureLine(output);
}

/**
 * Runs `npm ci` when it is due.
 * @throws SetupError when npm is missing or fails
 */
export async function installPackages(root, report) {
  report.begin("packages");
  if (packagesAreCurrent(root)) return report.done("up to date");
  const npm = which("npm");
  if (npm === undefined) {
    throw new SetupError(
      "npm was not found on PATH; install it with `apt-get install npm` or with Node from https://nodejs.org.",
    );
  }
  // onnxruntime-node would otherwise download GPU libraries while it installs.
  const environment = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  // npm's own waits between retries add up to many minutes where there is no network.
  const patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", ...patience];
  const installing = run(npm, args, { cwd: root, env: environment });
  const { code, output } = await whileWaiting(installing, () => report.progress("npm ci"));
  if (code !== 0) {
    throw new SetupError(
      `\`npm ci\` failed (${npmFailure(output)}); mend that, or check the network and \`npm config get registry\`, then set up again.`,
    );
  }
  report.done("installed by npm ci");
}
