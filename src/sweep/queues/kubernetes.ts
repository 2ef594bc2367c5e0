/**
 * A sweep as an Indexed Job of Kubernetes: one index a run, on a volume that holds data set, grid and runs. A pod that is
 * evicted saves, and the one that takes its index goes on from there.
 */
import type { Job } from "kubernetes-types/batch/v1.js";
import { UsageError } from "../../core/errors.js";
import { sha256 } from "../../core/sha256.js";
import { shellCommand } from "../../core/shell-word.js";
import type { KubernetesSettings } from "./cluster-file.js";
import type { Submission } from "./task.js";

/** How often one index may fail by itself before it is given up; the others go on. */
const retries = 3;

/**
 * A name as Kubernetes takes it: lower-case letters, digits and hyphens, at most 52 with room for what it adds. Sweeps of one
 * name in two folders are two Jobs.
 */
function resourceName({ name, out }: Submission): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${`dimseg-${plain}`.slice(0, 43).replaceAll(/^-+|-+$/g, "")}-${sha256(out).slice(0, 8)}`;
}

/** @throws UsageError naming a path that pods would not see */
function checkMounted({ cwd, out, files }: Submission, { mount }: KubernetesSettings): void {
  const folder = mount.endsWith("/") ? mount : `${mount}/`;
  const outside = [cwd, out, ...files].find((path) => !`${path}/`.startsWith(folder));
  if (outside === undefined) return;
  throw new UsageError(
    `${outside} is not below ${mount}, where pods see the volume; work in a folder there, or set kubernetes.mount`,
  );
}

/** The Job, to be applied with `kubectl`. @throws UsageError when a path lies outside the volume */
export function kubernetesJob(submission: Submission, settings: KubernetesSettings): Job {
  checkMounted(submission, settings);
  const { cwd, tasks } = submission;
  const { image, namespace, claim, mount, gpus, cpus, memory, atOnce, saveBefore } = settings;
  const cases = tasks.map(({ words }, i) => `${i}) exec ${shellCommand(words)} ;;`);
  const limits = { memory, ...(gpus > 0 ? { "nvidia.com/gpu": String(gpus) } : {}) };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: resourceName(submission), ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      completionMode: "Indexed",
      completions: tasks.length,
      parallelism: Math.min(atOnce, tasks.length),
      backoffLimitPerIndex: retries,
      // A pod that has to go for another, or with its node, has not failed.
      podFailurePolicy: {
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: saveBefore,
          securityContext: { runAsNonRoot: true },
          containers: [
            {
              name: "dimseg",
              image,
              workingDir: cwd,
              command: ["/bin/sh", "-c", ['case "$JOB_COMPLETION_INDEX" in', ...cases, "esac"].join("\n")],
              // A pod sees all cores of its node.
              env: [{ name: "OMP_NUM_THREADS", value: String(cpus) }],
              resources: { requests: { cpu: String(cpus), memory }, limits },
              volumeMounts: [{ name: "work", mountPath: mount }],
            },
          ],
          volumes: [{ name: "work", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
}
