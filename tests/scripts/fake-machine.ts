/**
 * Pretend parts of a machine for the tests of set-up: a libtorch folder that only looks like one, a python3 whose
 * pip hands out a given wheel, and a report that keeps its lines.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Report } from "../../scripts/setup/report.mjs";
import { zipArchive } from "./zip-archive.js";

const machines = { x64: 62, arm64: 183 } as const;
const processors = { x64: 0x01000007, arm64: 0x0100000c } as const;
const ending = process.platform === "darwin" ? "dylib" : "so";

/** The first bytes of a shared library for an architecture of this operating system. */
export function libraryHeader(arch: keyof typeof machines): Buffer {
  const header = Buffer.alloc(64);
  if (process.platform === "darwin") {
    header.writeUInt32LE(0xfeedfacf, 0);
    header.writeUInt32LE(processors[arch], 4);
  } else {
    header.writeUInt32BE(0x7f454c46, 0);
    header.writeUInt16LE(machines[arch], 18);
  }
  return header;
}

/** Name and content of the files that make a folder look like libtorch. */
export function libtorchFiles(
  version = "2.13.0",
  arch = process.arch as keyof typeof machines,
): Record<string, Buffer> {
  const [major, minor, patch] = version.split(".");
  const header = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
  return {
    "include/torch/csrc/api/include/torch/version.h": Buffer.from(header),
    [`lib/libtorch_cpu.${ending}`]: libraryHeader(arch),
    [`lib/libc10.${ending}`]: Buffer.from("_ZNSt7__cxx1112basic_string"),
  };
}

/** Writes such a folder. */
export function fakeLibtorch(root: string, files = libtorchFiles()): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** A wheel that holds such a folder, and something that set-up leaves out. */
export function fakeWheel(path: string, damaged = false): string {
  const files = Object.entries({ ...libtorchFiles(), "nn/module.py": Buffer.from("pass") });
  const entries = files.map(([name, content]) => ({
    name: `torch/${name}`,
    content,
    deflate: true,
    ...(damaged ? { crc: 7 } : {}),
  }));
  writeFileSync(path, zipArchive(entries));
  return path;
}

/**
 * Writes a python3 into `folder`. Its pip "downloads" the file $FAKE_WHEEL, and its PyTorch is $FAKE_TORCH; both
 * fail where the variable is not set. It notes each pip call in $FAKE_LOG.
 */
export function fakePython(folder: string): string {
  const script = `#!/bin/sh
case "$*" in
  *"pip --version"*) exit 0 ;;
  *"pip download"*)
    echo "$*" >> "$FAKE_LOG"
    [ -n "$FAKE_WHEEL" ] || { echo "ERROR: No matching distribution found for torch."; exit 1; }
    while [ "$1" != --dest ]; do shift; done
    cp "$FAKE_WHEEL" "$2/" ;;
  *) echo "$FAKE_TORCH" ;;
esac
`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "python3"), script);
  chmodSync(join(folder, "python3"), 0o755);
  return folder;
}

/** A report that keeps what it would print. */
export function quietReport() {
  const written: string[] = [];
  const report = new Report({ write: (text: string) => written.push(text) });
  return { report, lines: (): string => written.join("") };
}
