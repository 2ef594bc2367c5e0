/**
 * What this machine is and what runs on it: supported platforms, wheel tags, file names of shared libraries and
 * the architecture a library was built for, read from its header.
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { SetupError } from "./report.mjs";

const elfMachines = { 62: "x64", 183: "arm64", 3: "ia32", 40: "arm", 243: "riscv64", 21: "ppc64", 22: "s390x" };
const machProcessors = { 16777223: "x64", 16777228: "arm64" };

/** Tags of the pinned wheels; pip takes the first that exists. */
const wheelPlatforms = {
  "linux-x64": ["manylinux_2_28_x86_64"],
  "linux-arm64": ["manylinux_2_28_aarch64"],
  "darwin-arm64": ["macosx_11_0_arm64", "macosx_14_0_arm64"],
};

/** "linux-x64" and the like. */
export function platformName(platform = process.platform, arch = process.arch) {
  return `${platform}-${arch}`;
}

/**
 * Refuses machines for which no libtorch exists.
 * @throws SetupError
 */
export function requirePlatform(platform = process.platform, arch = process.arch) {
  if (platform === "win32") {
    throw new SetupError(
      "dimseg does not run on Windows itself; open a Linux shell with `wsl --install` and run it there.",
    );
  }
  if ((platform === "linux" || platform === "darwin") && (arch === "x64" || arch === "arm64")) return;
  throw new SetupError(
    `dimseg runs on 64-bit Linux and macOS but this Node is built for ${platformName(platform, arch)}; install a 64-bit Node (x64 or arm64) from https://nodejs.org.`,
  );
}

/** pip's platform tags for the pinned wheel; empty where none is published. */
export function wheelTags(name = platformName()) {
  return wheelPlatforms[name] ?? [];
}

/** Whether the C library is one the wheels were built for (glibc 2.28 or newer; always true on macOS). */
export function wheelsCanLoad() {
  if (process.platform !== "linux") return true;
  process.report.excludeNetwork = true;
  const [major, minor] = (process.report.getReport().header.glibcVersionRuntime ?? "0.0").split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 28);
}

/** File name of a shared library, for example "libc10.so". */
export function libraryFile(name, platform = process.platform) {
  return `lib${name}.${platform === "darwin" ? "dylib" : "so"}`;
}

/** Debian's folder name for this architecture's libraries. */
export function multiarch(arch = process.arch) {
  return arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}

/** "linux-x64" and the like of a shared library, from its first bytes; undefined when it is no library. */
export function libraryPlatform(path) {
  const header = Buffer.alloc(64);
  const handle = openSync(path, "r");
  const length = readSync(handle, header);
  closeSync(handle);
  if (length < 20) return undefined;
  if (header.readUInt32BE(0) === 0x7f454c46) return `linux-${elfMachines[header.readUInt16LE(18)] ?? "other"}`;
  if (header.readUInt32LE(0) === 0xfeedfacf) return `darwin-${machProcessors[header.readUInt32LE(4)] ?? "other"}`;
  // A universal Mach-O file holds several architectures; libtorch is not published as one, so take it as ours.
  if (header.readUInt32BE(0) === 0xcafebabe) return platformName();
  return undefined;
}

/** The command that installs Debian packages here, with sudo where the user is not root. */
export function aptCommand(packages) {
  return `${isRoot() ? "" : "sudo "}apt-get install ${packages}`;
}

/** Whether apt-get may be used. */
export function canUseApt() {
  return isRoot() && existsSync("/usr/bin/apt-get");
}

function isRoot() {
  return process.getuid?.() === 0;
}
