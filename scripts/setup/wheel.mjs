/**
 * libtorch out of the pinned PyTorch wheel: fetched by pip, which knows the user's indexes, proxies and
 * find-links, and unpacked without Python into a cache that all clones share. A wheel is a zip archive; its
 * lib/ and include/ are all that is needed.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeLibtorch } from "./describe.mjs";
import { folderSize, makeFolderWhole, requireSpace } from "./files.mjs";
import { cacheFolder } from "./places.mjs";
import { aptCommand, platformName, wheelsCanLoad, wheelTags } from "./platform.mjs";
import { failureLine, run, which, whileWaiting } from "./process.mjs";
import { formatBytes, SetupError } from "./report.mjs";
import { extractZip } from "./zip.mjs";

/** The libtorch that dimseg is developed and measured with. */
export const pinnedVersion = "2.13.0";

const publicIndex = "https://download.pytorch.org/whl";
const defaultCuda = "cu130";
/** Download, unpacked libraries and headers, with some air. */
const spaceNeeded = { cpu: 0.9e9, cuda: 12e9 };
/** Parts of lib/ that only Python or PyTorch's own tests load. */
const pythonOnly = /^torch\/lib\/lib(torch_python|shm|aoti_custom_ops|backend_with_compiler|\w+_test)\b/;
/** NVIDIA's wheels carry older tags than PyTorch's. */
const cudaPlatforms = ["manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux1"];

/** "cpu", or the CUDA build that DIMSEG_CUDA asks for ("cu130" when it names none). */
export function wheelVariant(environment = process.env) {
  const wish = environment.DIMSEG_CUDA ?? "";
  if (wish === "" || wish === "0" || process.platform !== "linux") return "cpu";
  return /^cu\d+$/.test(wish) ? wish : defaultCuda;
}

/** Where the unpacked wheel lies or will lie. */
export function cachedWheel(environment = process.env) {
  return join(cacheFolder(environment), `libtorch-${pinnedVersion}-${wheelVariant(environment)}-${platformName()}`);
}

function describeWheel(folder) {
  const root = join(folder, "torch");
  return describeLibtorch({ root, include: join(root, "include"), lib: join(root, "lib"), source: "wheel" });
}

/** Arguments of `pip download` for this machine. */
function pipArguments(variant, target) {
  const tags = wheelTags();
  const older = cudaPlatforms.map((name) => `${name}_${tags[0].split("_").slice(3).join("_")}`);
  const platforms = variant === "cpu" ? tags : [...tags, ...older];
  const common = ["-m", "pip", "download", "--only-binary=:all:", "--python-version", "3.11", "--no-cache-dir"];
  const quiet = ["--disable-pip-version-check", "--no-input", "--retries", "1", "--dest", target];
  // A CUDA build needs NVIDIA's wheels beside it; the CPU build needs nothing.
  const alone = variant === "cpu" ? ["--no-deps"] : [];
  return [...common, ...alone, ...platforms.flatMap((tag) => ["--platform", tag]), ...quiet];
}

/** Why pip failed; without a network it only says that it found nothing. */
function pipFailure(output) {
  if (/ConnectionError|Max retries|timed out/i.test(output)) return "no connection to the package index";
  return failureLine(output)
    .replace(/^ERROR: /, "")
    .replace(/\.$/, "");
}

/**
 * Downloads the wheel into `target`: first from the user's find-links alone, so that a machine without a network
 * waits for nothing, then from the user's indexes and PyTorch's public one.
 * @throws SetupError when pip is missing or finds nothing
 */
async function download(variant, target, report, environment) {
  const python = which("python3", environment);
  const install = aptCommand("python3 python3-pip");
  if (python === undefined)
    throw new SetupError(`libtorch ${pinnedVersion} comes through pip but there is no python3; run \`${install}\`.`);
  if ((await run(python, ["-m", "pip", "--version"], { env: environment })).code !== 0) {
    throw new SetupError(`libtorch ${pinnedVersion} comes through pip but ${python} has no pip; run \`${install}\`.`);
  }
  // pip's own temporary files go where the space was checked and where their growth can be watched.
  const temporary = join(target, "pip");
  const options = { env: { ...environment, TMPDIR: temporary } };
  const build = process.platform === "linux" ? `+${variant}` : "";
  const attempts = [
    ["--no-index", `torch==${pinnedVersion}`],
    ["--extra-index-url", `${publicIndex}/${variant}`, `torch==${pinnedVersion}${build}`],
  ];
  let failure = "";
  for (const attempt of attempts) {
    mkdirSync(temporary, { recursive: true });
    const fetching = run(python, [...pipArguments(variant, target), ...attempt], options);
    const watch = () =>
      report.progress(`pip download torch ${pinnedVersion} ${variant}: ${formatBytes(folderSize(target))}`);
    const { code, output } = await whileWaiting(fetching, watch);
    rmSync(temporary, { recursive: true, force: true });
    if (code === 0) return;
    failure = pipFailure(output);
  }
  throw new SetupError(
    `pip cannot get torch ${pinnedVersion} (${failure}); check the network and \`python3 -m pip config list\`, or run \`${aptCommand("libtorch-dev libopenblas0-pthread")}\`.`,
  );
}

/** Unpacks the needed parts of every wheel in `downloads` into `target`. */
async function unpack(downloads, target, report) {
  for (const name of readdirSync(downloads).filter((file) => /^(torch|nvidia).*\.whl$/.test(file))) {
    await extractZip(join(downloads, name), target, {
      select: (entry) => /^(torch\/(lib|include)|torch\.libs|nvidia)\//.test(entry) && !pythonOnly.test(entry),
      onProgress: (done, total) =>
        report.progress(`unpacking ${name.split("-")[0]}: ${Math.floor((100 * done) / total)} %`),
    });
  }
}

/** Refuses the CUDA build where the CPU build was asked for, and the other way round. */
function requireVariant(found, variant) {
  if (found.cuda === (variant !== "cpu")) return;
  const [got, remedy] = found.cuda ? ["the CUDA build", "DIMSEG_CUDA=1"] : ["the CPU build", "DIMSEG_CUDA=0"];
  throw new SetupError(
    `pip's find-links hold ${got} of torch ${pinnedVersion} but ${variant} was asked for; set ${remedy} to take it.`,
  );
}

/** The unpacked copy; undefined when there is none. */
export function findCachedWheel(environment = process.env) {
  const folder = cachedWheel(environment);
  return existsSync(folder) ? describeWheel(folder) : undefined;
}

/**
 * Fetches and unpacks the pinned wheel; a run that is killed leaves nothing that counts as unpacked.
 * @throws SetupError when there is no wheel for this machine, no pip, no network or no space
 */
export async function fetchWheel(report, environment = process.env) {
  if (wheelTags().length === 0 || !wheelsCanLoad()) {
    const reason = wheelTags().length === 0 ? platformName() : "a C library older than glibc 2.28 (or musl)";
    throw new SetupError(
      `PyTorch publishes no libtorch ${pinnedVersion} for ${reason}; build libtorch 1.13 or newer and set DIMSEG_LIBTORCH to it.`,
    );
  }
  const folder = cachedWheel(environment);
  const variant = wheelVariant(environment);
  requireSpace(
    join(folder, ".."),
    spaceNeeded[variant === "cpu" ? "cpu" : "cuda"],
    `libtorch ${pinnedVersion} ${variant}`,
  );
  await makeFolderWhole(folder, async (temporary) => {
    const downloads = join(temporary, "download");
    mkdirSync(downloads);
    await download(variant, downloads, report, environment);
    await unpack(downloads, temporary, report);
    rmSync(downloads, { recursive: true });
    requireVariant(describeWheel(temporary), variant);
  });
  return describeWheel(folder);
}
