/** A Job that is handed to Kubernetes: one at work is not applied twice, and one that has ended gives way. */
import type { Job } from "kubernetes-types/batch/v1.js";
import { ResourceError } from "../../core/errors.js";
import { runProgram } from "./program.js";

/** Whether all pods of a Job are done. */
function hasEnded({ status }: Job): boolean {
  const ended = ["Complete", "Failed"];
  return (status?.conditions ?? []).some((one) => ended.includes(one.type) && one.status === "True");
}

/**
 * Applies a Job.
 * @param file its manifest
 * @throws ResourceError while a Job of its name is at work, and in the words of `kubectl`
 */
export async function applyJob({ metadata }: Job, file: string): Promise<void> {
  const { name = "", namespace } = metadata ?? {};
  const job = ["job", name, ...(namespace === undefined ? [] : ["--namespace", namespace])];
  const found = await runProgram("kubectl", ["get", ...job, "--ignore-not-found", "--output", "json"]);
  if (found !== "") {
    if (!hasEnded(JSON.parse(found) as Job))
      throw new ResourceError(
        `the runs are being worked on by Job ${name}; wait for it with \`kubectl get ${job.join(" ")}\`, or end it with \`kubectl delete ${job.join(" ")}\``,
      );
    // What pods are made of cannot be changed in a Job that is there.
    await runProgram("kubectl", ["delete", ...job]);
  }
  await runProgram("kubectl", ["apply", "--filename", file]);
}
