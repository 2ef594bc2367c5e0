/** `dimseg doctor`: what it reads off the machine, what it advises, and one run as a user makes it. */
import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { formatReport, register } from "../../src/cli/doctor.js";
import { type DoctorReport, type EngineFacts, findProblems, parseConfiguration } from "../../src/workflows/doctor.js";
import { type MachineFacts, parseCpuFeatures, parseCpuQuota } from "../../src/workflows/machine/machine-facts.js";

const gibibyte = 2 ** 30;

const machine: MachineFacts = {
  cpu: { model: "Some CPU", cores: 8, quota: null, features: { avx2: true, avx512: true, bf16: false, amx: false } },
  memory: { total: 16 * gibibyte, available: 12 * gibibyte, limit: null },
  disk: { folder: "/data", free: 100 * gibibyte },
  gpus: [],
};
const engine: EngineFacts = {
  version: "2.13.0",
  source: "wheel (/cache/libtorch)",
  blas: "MKL 2024.2",
  onednn: "3.12.0",
  capability: "AVX512",
  threads: 4,
  cudaDevices: 0,
};

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

describe("facts", () => {
  it("reads processor features of Intel, AMD, Arm and Apple", () => {
    const features = (text: string) => Object.values(parseCpuFeatures(text));
    expect(features("flags\t\t: fpu avx avx2 avx512f avx512_bf16 amx_bf16 amx_tile")).toEqual([true, true, true, true]);
    expect(features("flags\t\t: fpu avx avx2 sse4_2")).toEqual([true, false, false, false]);
    expect(features("Features\t: fp asimd bf16 sve")).toEqual([false, false, true, false]);
    expect(features("hw.optional.arm.FEAT_BF16: 1\n")).toEqual([false, false, true, false]);
    expect(features("hw.optional.arm.FEAT_BF16: 0\nmachdep.cpu.leaf7_features: AVX2")).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(features("")).toEqual([false, false, false, false]);
  });

  it("reads a container's share of the processor", () => {
    expect([parseCpuQuota("150000 100000\n"), parseCpuQuota("max 100000\n"), parseCpuQuota("")]).toEqual([
      1.5,
      null,
      null,
    ]);
  });

  it("reads libtorch's own description, with MKL or without", () => {
    const mkl =
      "  - Intel(R) oneAPI Math Kernel Library Version 2024.2-Product Build 20240605\n  - Intel(R) MKL-DNN v3.12.0 (Git Hash 80)\n  - CPU capability usage: AVX512\n  - Build settings: BLAS_INFO=mkl, BUILD";
    expect(parseConfiguration(mkl)).toEqual({ blas: "MKL 2024.2", onednn: "3.12.0", capability: "AVX512" });
    const open = "  - CPU capability usage: NO AVX\n  - Build settings: BLAS_INFO=open, BUILD_TYPE=Release";
    expect(parseConfiguration(open)).toEqual({ blas: "open", onednn: null, capability: "NO AVX" });
  });
});

describe("problems", () => {
  it("are none on a healthy machine", () => {
    expect(findProblems(machine, engine, null)).toEqual([]);
  });

  it("name what is missing with the command that mends it", () => {
    const found = findProblems(machine, null, { problem: "the engine has not been built", remedy: "npm run setup" });
    expect(found).toEqual([{ severity: "error", problem: "the engine has not been built", remedy: "npm run setup" }]);
  });

  it("name an old Node", () => {
    expect(findProblems(machine, engine, null, "v20.12.0")).toEqual([]);
    expect(findProblems(machine, engine, null, "v20.11.9")).toMatchObject([
      { severity: "error", problem: "Node v20.11.9 is older than 20.12" },
    ]);
  });

  it("advise on GPUs the engine cannot use, old engines, little memory or disk, and container limits", () => {
    const poor: MachineFacts = {
      ...machine,
      cpu: { ...machine.cpu, quota: 2.5 },
      memory: { ...machine.memory, limit: gibibyte },
      disk: { ...machine.disk, free: gibibyte / 2 },
      gpus: ["NVIDIA H200, 143771 MiB"],
    };
    const found = findProblems(poor, { ...engine, version: "1.13.0", onednn: null }, null);
    expect(found.every(({ severity }) => severity === "advice")).toBe(true);
    const text = found.map(({ problem, remedy }) => `${problem} → ${remedy}`).join("\n");
    expect(text).toMatch(/H200.* sees no CUDA device → DIMSEG_CUDA=1 npm run setup/);
    expect(text).toMatch(/libtorch 1\.13\.0 is old and slow/);
    expect(text).toMatch(/no oneDNN/);
    expect(text).toMatch(/1\.0 GiB of memory are available/);
    expect(text).toMatch(/0\.5 GiB are free on the disk of \/data/);
    expect(text).toMatch(/2\.5 cores but the engine starts 4 threads → .*training\.threads=2/);
    expect(findProblems(machine, { ...engine, cudaDevices: 1 }, null)).toEqual([]);
  });
});

describe("the report", () => {
  const base = {
    dimseg: "1.2.3",
    node: "v20",
    platform: "linux x64",
    machine,
    probed: { width: 16, batch: [2, 3, 96, 96] },
  };

  it("shows facts, timings and the choice", () => {
    const measurements = [
      { precision: "fp32" as const, memoryFormat: "contiguous" as const, milliseconds: 40 },
      { precision: "bf16" as const, memoryFormat: "channelsLast" as const, milliseconds: 18.25 },
    ];
    const auto = { device: "cpu", precision: "fp32" as const, memoryFormat: "contiguous" as const };
    const probe = { precision: "bf16" as const, memoryFormat: "channelsLast" as const, measurements };
    const text = formatReport({ ...base, engine, probe, auto, problems: [] });
    expect(text).toMatch(/engine +libtorch 2\.13\.0, from wheel/);
    expect(text).toMatch(/features +AVX2, AVX-512 \(not: BF16, AMX\)/);
    expect(text).toContain("step of a U-Net of width 16 on the CPU, 2 colour images of 96 x 96 pixels:");
    expect(text).toMatch(/bf16 +channels-last +18\.3 +fastest/);
    expect(text).toMatch(/Fastest: training\.precision=bf16 training\.memoryFormat=channelsLast/);
    expect(text).toMatch(/auto: +training\.precision=fp32 training\.memoryFormat=contiguous training\.device=cpu\n/);
    expect(text).toMatch(/Ready to train\.$/);
  });

  it("without an engine says what is missing and does not call the machine ready", () => {
    const problems = findProblems(machine, null, { problem: "the engine has not been built", remedy: "npm run setup" });
    const text = formatReport({ ...base, engine: null, probe: null, auto: null, problems });
    expect(text).toMatch(/missing: the engine has not been built\n {2}→ npm run setup$/);
  });

  it("is whole and parses with --json", async () => {
    const said: string[] = [];
    vi.spyOn(console, "log").mockImplementation((text: string) => void said.push(text));
    const program = new Command("dimseg").exitOverride();
    register(program);
    await program.parseAsync(["doctor", "--json"], { from: "user" });
    const report: DoctorReport = JSON.parse(said.join("\n"));
    expect(report.engine?.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(report.engine?.threads).toBeGreaterThan(0);
    expect(report.machine.memory.available).toBeGreaterThan(0);
    expect(report.probe?.measurements.map(({ precision, memoryFormat }) => `${precision} ${memoryFormat}`)).toEqual([
      "fp32 contiguous",
      "fp32 channelsLast",
      "bf16 contiguous",
      "bf16 channelsLast",
    ]);
    expect(report.probe?.measurements.every(({ milliseconds }) => milliseconds > 0)).toBe(true);
    expect(process.exitCode).toBeUndefined();
  });
});
