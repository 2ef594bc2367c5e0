/**
 * libtorch from Debian's or Ubuntu's libtorch-dev: slower and older than the pinned wheel, but only apt is needed.
 */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { describeLibtorch, headerVersion } from "./describe.mjs";
import { aptCommand, canUseApt, multiarch } from "./platform.mjs";
import { failureLine, run, whileWaiting } from "./process.mjs";
import { SetupError } from "./report.mjs";

const include = "/usr/include";
const lib = join("/usr/lib", multiarch());
const packages = ["libtorch-dev", "libopenblas0-pthread"];

function isInstalled() {
  return headerVersion(include) !== undefined;
}

/**
 * Debian's libtorch; installed by apt-get first when that is missing and set-up runs as root.
 * @throws SetupError when it is not there and cannot be installed
 */
export async function findDebian(report) {
  if (!isInstalled()) {
    if (!canUseApt())
      throw new SetupError(`Debian's libtorch is not installed; run \`${aptCommand(packages.join(" "))}\`.`);
    await install(report);
  }
  return describeLibtorch({ root: "/usr", include, lib, source: "debian" });
}

async function install(report) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const command of ["update", `install -y --no-install-recommends ${packages.join(" ")}`]) {
    const running = run("apt-get", command.split(" "), { env });
    const { code, output } = await whileWaiting(running, () => report.progress(`apt-get ${command}`));
    if (code === 0) continue;
    throw new SetupError(
      `\`apt-get ${command}\` failed (${failureLine(output)}); check the network and run \`${aptCommand(packages.join(" "))}\`.`,
    );
  }
}

/** A warning when matrix products would go through the unoptimised reference BLAS; undefined when all is well. */
export function blasWarning() {
  const path = join(lib, "libblas.so.3");
  if (!existsSync(path) || /openblas|mkl|blis|atlas/.test(realpathSync(path))) return undefined;
  return `the reference BLAS is slow; run \`${aptCommand("libopenblas0-pthread")}\``;
}
