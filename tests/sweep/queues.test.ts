/** What is handed to queues: scripts that a real shell runs, and a manifest that has what a pod needs. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ResourceError, UsageError } from "../../src/core/errors.js";
import type { SweepPlan } from "../../src/sweep/plan.js";
import { defaultCluster, loadCluster } from "../../src/sweep/queues/cluster-file.js";
import { kubernetesJob } from "../../src/sweep/queues/kubernetes.js";
import { applyJob } from "../../src/sweep/queues/kubernetes-job.js";
import { shellLines } from "../../src/sweep/queues/shell.js";
import { slurmScript } from "../../src/sweep/queues/slurm.js";
import { followJob } from "../../src/workflows/submit-sweep.js";
import { put, temporaryFolder } from "../data/files.js";

const folder = temporaryFolder();
const odd = `it's "odd" $HOME`;
const printing = (id: string) => ({ id, words: [process.execPath, "-e", "console.log(process.argv[1])", id] });
const submission = {
  ...{ name: "family", cwd: folder, out: join(folder, "runs"), files: [join(folder, "grid.yaml")] },
  tasks: [printing("a"), printing(odd)],
};

/** Runs a script as Slurm would run task i. `requeued` stands in for `scontrol`. */
function asTask(script: string, i: number): { status: number | null; stdout: string } {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "scontrol"), '#!/bin/sh\necho "scontrol $*"\n');
  chmodSync(join(bin, "scontrol"), 0o755);
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    SLURM_ARRAY_TASK_ID: String(i),
    SLURM_ARRAY_JOB_ID: "7",
  };
  return spawnSync("bash", [put(join(folder, "array.sh"), script)], { encoding: "utf8", env });
}

describe("commands for a shell", () => {
  it("stand for themselves, whatever is in a name", () => {
    const [, line] = shellLines(submission);
    expect(spawnSync("sh", ["-c", line], { encoding: "utf8" }).stdout).toBe(`${odd}\n`);
  });
});

describe("the script for Slurm", () => {
  it("runs the command of its task and ends as that ends", () => {
    const script = slurmScript(submission, defaultCluster.slurm);
    expect(asTask(script, 1)).toMatchObject({ status: 0, stdout: `${odd}\n` });
    const failing = { ...submission, tasks: [{ id: "x", words: [process.execPath, "-e", "process.exit(3)"] }] };
    expect(asTask(slurmScript(failing, defaultCluster.slurm), 0)).toMatchObject({ status: 3, stdout: "" });
  });

  it("lets a run save before the limit and queues it again; not after scancel", () => {
    // A run that asks its own script to stop, as Slurm does, and saves when it is told.
    const saving = (signal: string) => [
      process.execPath,
      "-e",
      `process.on("SIGTERM", () => { console.log("saved"); process.exit(143); });
       process.kill(process.ppid, "${signal}"); setInterval(() => {}, 1000);`,
    ];
    const of = (signal: string) => ({ ...submission, tasks: [{ id: "x", words: saving(signal) }] });
    const limit = asTask(slurmScript(of("SIGUSR1"), defaultCluster.slurm), 0);
    expect(limit).toMatchObject({ status: 143, stdout: "saved\nscontrol requeue 7_0\n" });
    const cancelled = asTask(slurmScript(of("SIGTERM"), defaultCluster.slurm), 0);
    expect(cancelled).toMatchObject({ status: 143, stdout: "saved\n" });
  });

  it("takes as many threads as it has cores, also where a task sees those of the whole machine", () => {
    const tasks = [{ id: "x", words: ["sh", "-c", 'echo "$OMP_NUM_THREADS"'] }];
    const script = slurmScript({ ...submission, tasks }, { ...defaultCluster.slurm, cpus: 3 });
    expect(asTask(script, 0).stdout).toBe("3\n");
  });

  it("asks for what the cluster file says", () => {
    const path = put(
      join(folder, "cluster.yaml"),
      `slurm: { partition: gpu, time: "08:00:00", gpus: 1, cpus: 4, memory: 16G, atOnce: 3, options: [--qos=low], setup: [module load cuda] }`,
    );
    const script = slurmScript(submission, loadCluster(path).slurm);
    for (const option of [
      "--array=0-1%3",
      "--requeue",
      "--partition=gpu",
      "--time=08:00:00",
      "--mem=16G",
      "--qos=low",
    ]) {
      expect(script).toContain(`#SBATCH ${option}\n`);
    }
    expect(script).toMatch(/#SBATCH --gpus-per-task=1\n[\s\S]*\nmodule load cuda\nexport [^\n]*\ncase/);
  });
});

describe("following a job of Slurm", () => {
  it("outlives a controller that does not answer, and says so once", async () => {
    const bin = join(folder, "squeue-bin");
    const { PATH } = process.env;
    put(join(bin, "squeue"), "#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n");
    chmodSync(join(bin, "squeue"), 0o755);
    process.env.PATH = `${bin}${delimiter}${PATH}`;
    try {
      const plan: SweepPlan = {
        out: folder,
        base: "config.yaml",
        evaluate: { checkpoints: ["last"], networks: ["student"] },
        runs: [],
      };
      const ending = new AbortController();
      const warned: string[] = [];
      // Asked again and again until the caller has had enough.
      const progress = () => ending.abort();
      await followJob(
        { plan, job: "12", signal: ending.signal },
        { progress, warn: (message) => warned.push(message) },
      );
      expect(warned).toEqual([
        expect.stringMatching(/Unable to contact slurm controller; job 12 goes on, and Slurm is asked again/),
      ]);
    } finally {
      process.env.PATH = PATH;
    }
  });
});

describe("the Job for Kubernetes", () => {
  const settings = (mount: string) =>
    loadCluster(
      put(join(folder, "k.yaml"), `kubernetes: { image: "dimseg:cpu", claim: work, mount: ${mount}, gpus: 1 }`),
    ).kubernetes as NonNullable<ReturnType<typeof loadCluster>["kubernetes"]>;

  it("has an index for each run, the volume where the paths are, and commands that a shell runs", () => {
    const job = kubernetesJob(submission, settings(folder));
    expect(job.spec).toMatchObject({ completionMode: "Indexed", completions: 2, parallelism: 2 });
    const pod = job.spec?.template.spec;
    expect(pod?.volumes?.[0].persistentVolumeClaim?.claimName).toBe("work");
    const [container] = pod?.containers ?? [];
    expect(container.volumeMounts?.[0].mountPath).toBe(folder);
    expect(container.resources?.limits).toMatchObject({ "nvidia.com/gpu": "1" });
    const [program, ...words] = container.command ?? [];
    const env = { ...process.env, JOB_COMPLETION_INDEX: "1" };
    expect(spawnSync(program, words, { encoding: "utf8", env }).stdout).toBe(`${odd}\n`);
  });

  it("gives pods the cores that it asks for, and counts no eviction as a failure", () => {
    const { spec } = kubernetesJob(submission, settings(folder));
    expect(spec?.template.spec?.containers[0]).toMatchObject({
      ...{ env: [{ name: "OMP_NUM_THREADS", value: "1" }], resources: { requests: { cpu: "1" } } },
    });
    expect(spec?.podFailurePolicy?.rules).toMatchObject([
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
    ]);
  });

  it("has a name of its own for each folder of runs", () => {
    const nameOf = (changes: Partial<typeof submission>) =>
      kubernetesJob({ ...submission, ...changes }, settings(folder)).metadata?.name ?? "";
    expect(nameOf({})).toBe(nameOf({}));
    expect(nameOf({ out: join(folder, "others") })).not.toBe(nameOf({}));
    for (const name of ["family", "x".repeat(90), `${"x".repeat(35)}-._`, "Größe"])
      expect(nameOf({ name })).toMatch(/^dimseg(-[a-z0-9]+)*-[0-9a-f]{8}$/);
    expect(nameOf({ name: "x".repeat(90) }).length).toBeLessThanOrEqual(52);
  });

  it("refuses paths that pods would not see", () => {
    expect(() => kubernetesJob(submission, settings("/elsewhere"))).toThrow(UsageError);
    expect(() => kubernetesJob(submission, settings(folder.slice(0, -1)))).toThrow(/is not below/);
    const grid = { ...submission, files: ["/elsewhere/grid.yaml"] };
    expect(() => kubernetesJob(grid, settings(folder))).toThrow(/\/elsewhere\/grid\.yaml is not below/);
  });

  it.each([
    ["claim: Work", /kubernetes\.claim.* no name of Kubernetes/],
    ["namespace: my_group", /kubernetes\.namespace.* no name of Kubernetes/],
    ["mount: '/a:b'", /kubernetes\.mount.*without colons/],
    ["image: 'dimseg cpu'", /kubernetes\.image.*no spaces/],
    // Of bytes, with which no pod begins.
    ["memory: '8'", /kubernetes\.memory.* no quantity such as 8Gi/],
  ])("refuses what Kubernetes would: %s", (line, message) => {
    const plain: Record<string, string> = { image: "dimseg", claim: "work", mount: "/srv" };
    const [key] = line.split(":");
    const rest = Object.entries(plain).filter(([name]) => name !== key);
    const lines = [...rest.map(([name, value]) => `${name}: ${value}`), line].map((one) => `  ${one}\n`);
    const path = put(join(folder, "refused.yaml"), `kubernetes:\n${lines.join("")}`);
    expect(() => loadCluster(path)).toThrow(message);
  });
});

describe("handing a Job over", () => {
  const bin = join(folder, "kubectl-bin");
  const present = join(bin, "present.json");
  const calls = join(bin, "calls");
  const { PATH } = process.env;
  const job = { metadata: { name: "dimseg-family", namespace: "lab" } };

  // One that knows a single Job, and like the real one changes none that is there.
  beforeEach(() => {
    mkdirSync(bin, { recursive: true });
    const program = join(bin, "kubectl");
    const lines = [
      "#!/bin/sh",
      `echo "$*" >> '${calls}'`,
      'case "$1" in',
      `get) cat '${present}' 2>/dev/null; exit 0 ;;`,
      `delete) rm '${present}' ;;`,
      `apply) if [ -e '${present}' ]; then echo "field is immutable" >&2; exit 1; fi; echo '{}' > '${present}' ;;`,
      "esac",
    ];
    writeFileSync(program, `${lines.join("\n")}\n`);
    chmodSync(program, 0o755);
    process.env.PATH = `${bin}${delimiter}${PATH}`;
  });
  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(bin, { recursive: true, force: true });
  });

  it("applies it where there is none of its name", async () => {
    await applyJob(job, "job.yaml");
    expect(readFileSync(calls, "utf8")).toMatch(
      /^get job dimseg-family --namespace lab .*\napply --filename job\.yaml\n$/,
    );
  });

  it("is refused while it is at work", async () => {
    writeFileSync(
      present,
      JSON.stringify({ status: { active: 1, conditions: [{ type: "Suspended", status: "False" }] } }),
    );
    await expect(applyJob(job, "job.yaml")).rejects.toThrow(ResourceError);
    await expect(applyJob(job, "job.yaml")).rejects.toThrow(
      /end it with `kubectl delete job dimseg-family --namespace lab`/,
    );
    expect(existsSync(present)).toBe(true);
  });

  it.each(["Complete", "Failed"])("is safe again once it has ended: %s", async (type) => {
    writeFileSync(present, JSON.stringify({ status: { conditions: [{ type, status: "True" }] } }));
    await applyJob(job, "job.yaml");
    expect(readFileSync(present, "utf8")).toBe("{}\n");
  });
});

describe("the cluster file", () => {
  it("names the line and the key that is wrong", () => {
    const path = put(join(folder, "wrong.yaml"), "slurm:\n  partitoin: gpu\n");
    expect(() => loadCluster(path)).toThrow(/wrong\.yaml line 2.*partitoin/);
    expect(() => loadCluster(put(join(folder, "time.yaml"), "slurm: { time: soon }"))).toThrow(/no time such as/);
  });
});
