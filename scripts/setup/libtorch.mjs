/**
 * Step 2: decides which libtorch the addon is built against and writes it to build/libtorch.json. The finding is
 * kept until its library changes or the environment asks for something else; deleting build/ makes set-up look again.
 */
import { dirname, join, resolve } from "node:path";
import { blasWarning, findDebian } from "./debian.mjs";
import { describeLibtorch } from "./describe.mjs";
import { fingerprint, readJson, requireWritable, writeJson } from "./files.mjs";
import { libraryFile } from "./platform.mjs";
import { run, which } from "./process.mjs";
import { SetupError } from "./report.mjs";
import { fetchWheel, findCachedWheel } from "./wheel.mjs";

const settings = ["DIMSEG_LIBTORCH", "DIMSEG_LIBTORCH_SOURCE", "DIMSEG_CUDA", "DIMSEG_CACHE"];

/** The folder that DIMSEG_LIBTORCH names. */
function findNamed(folder) {
  const root = resolve(folder);
  return describeLibtorch({ root, include: join(root, "include"), lib: join(root, "lib"), source: "DIMSEG_LIBTORCH" });
}

/** The PyTorch of the machine's python3, found without importing it. */
async function findPython(_, environment) {
  const python = which("python3", environment);
  const ask =
    "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')";
  const { code, output } =
    python === undefined ? { code: -1, output: "" } : await run(python, ["-c", ask], { env: environment });
  const root = output.trim().split("\n").at(-1);
  if (code !== 0 || root === "") {
    throw new SetupError(
      `${python ?? "python3"} has no PyTorch; run \`python3 -m pip install torch\` or activate the environment that has it.`,
    );
  }
  return describeLibtorch({ root, include: join(root, "include"), lib: join(root, "lib"), source: "python" });
}

/** The ways to a libtorch when DIMSEG_LIBTORCH names none, best first. */
const sources = {
  wheel: async (report, environment) => findCachedWheel(environment) ?? (await fetchWheel(report, environment)),
  python: findPython,
  debian: findDebian,
};

/**
 * Tries each source in turn. When all fail, the first failure is told, since the first source is the one to mend;
 * when a later one serves, it is noted, since the later ones are slower.
 */
async function searchAll(report, environment) {
  let first;
  for (const find of Object.values(sources)) {
    try {
      const found = await find(report, environment);
      if (first !== undefined) report.note(`not the pinned wheel: ${first.message}`);
      return found;
    } catch (cause) {
      first ??= cause;
    }
  }
  throw first;
}

/** Looks where the environment says, in the order of docs/install.md. */
async function search(environment, report) {
  if (environment.DIMSEG_LIBTORCH) return findNamed(environment.DIMSEG_LIBTORCH);
  const forced = environment.DIMSEG_LIBTORCH_SOURCE;
  if (!forced) return searchAll(report, environment);
  if (!Object.hasOwn(sources, forced)) {
    throw new SetupError(
      `DIMSEG_LIBTORCH_SOURCE=${forced} is no source of libtorch; set it to ${Object.keys(sources).join(", ")} or unset it.`,
    );
  }
  return sources[forced](report, environment);
}

/** Whether a finding of an earlier run answers the same question and still stands. */
function stillHolds(found, request) {
  if (found === undefined || JSON.stringify(found.request) !== JSON.stringify(request)) return false;
  return found.fingerprint === fingerprint(join(found.libDir, libraryFile("torch_cpu")));
}

/**
 * Finds libtorch and records it.
 * @returns {version, source, root, includeDirs, libDir, cxx11abi, cuda, cudaRuntime?, cudaIncludeDirs?, fingerprint}
 * @throws SetupError with the command that mends it when there is none
 */
export async function findLibtorch(root, report, environment = process.env) {
  report.begin("libtorch");
  const record = join(root, "build", "libtorch.json");
  const request = Object.fromEntries(settings.map((name) => [name, environment[name] ?? ""]));
  let found = readJson(record);
  if (!stillHolds(found, request)) {
    // Told before anything is downloaded.
    requireWritable(dirname(record));
    found = { ...(await search(environment, report)), request };
    writeJson(record, found);
  }
  const warning = found.source === "debian" ? blasWarning() : undefined;
  report.done(
    `${found.version}${found.cuda ? " with CUDA" : ""} (${found.source}) in ${found.root}${warning ? `; ${warning}` : ""}`,
  );
  return found;
}
