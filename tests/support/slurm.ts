/** A Slurm of one node on this machine, with a configuration, keys and state of its own. */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../distributed/members.js";

const programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue"];

/** What is missing for a Slurm here; null when all is there. Slurm's daemons want the superuser. */
export function missingForSlurm(): string | null {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const lacks = programs.filter((name) => !path.split(":").some((folder) => existsSync(join(folder, name))));
  if (lacks.length > 0) return `${lacks.join(", ")} not found; install slurm-wlm and munge`;
  return process.getuid?.() === 0 ? null : "Slurm's daemons need to be started by root";
}

/** Waits for something that another process does. */
export async function until(what: string, holds: () => boolean, seconds = 300): Promise<void> {
  for (let i = 0; i < 10 * seconds; i++) {
    if (holds()) return;
    await pause(100);
  }
  throw new Error(`${what} did not happen within ${seconds} s`);
}

/** Starts it. @returns the environment in which Slurm's commands reach it, and what ends it and waits for its end */
export async function startSlurm(folder: string): Promise<{ env: NodeJS.ProcessEnv; stop(): Promise<void> }> {
  for (const name of ["state", "spool", "munge"]) mkdirSync(join(folder, name), { recursive: true });
  // Everybody has to reach the socket, and nobody the key.
  chmodSync(join(folder, "munge"), 0o711);
  const key = join(folder, "munge", "key");
  writeFileSync(key, randomBytes(1024), { mode: 0o600 });
  const socket = join(folder, "munge", "socket");
  const host = hostname().split(".")[0];
  const { username } = userInfo();
  const [controller, node] = [await freePort(), await freePort()];
  const conf = join(folder, "slurm.conf");
  writeFileSync(
    conf,
    [
      "ClusterName=test",
      `SlurmctldHost=${host}(127.0.0.1)`,
      ...[`SlurmUser=${username}`, `SlurmdUser=${username}`],
      // A task that is queued again waits for as long as credentials hold: by default two minutes.
      `AuthInfo=socket=${socket},cred_expire=15`,
      "SchedulerParameters=sched_interval=1",
      ...[`SlurmctldPort=${controller}`, `SlurmdPort=${node}`],
      ...[`StateSaveLocation=${folder}/state`, `SlurmdSpoolDir=${folder}/spool`],
      ...[`SlurmctldPidFile=${folder}/slurmctld.pid`, `SlurmdPidFile=${folder}/slurmd.pid`],
      ...["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "JobAcctGatherType=jobacct_gather/none"],
      ...["SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU", "ReturnToService=2", "MpiDefault=none"],
      `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
      `PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
      "",
    ].join("\n"),
  );
  const env = { ...process.env, SLURM_CONF: conf, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const files = ["pid", "log", "seed"].map((name) => `--${name}-file=${folder}/munge/${name}`);
  const begin = (...[program, ...words]: string[]) => spawn(program, words, { env, stdio: "ignore" });
  const daemons = [begin("munged", "--foreground", "--force", `--socket=${socket}`, `--key-file=${key}`, ...files)];
  await until("munge's socket", () => existsSync(socket));
  daemons.push(begin("slurmctld", "-D", "-i"), begin("slurmd", "-D", "-N", host));
  const sinfo = () => spawnSync("sinfo", ["--noheader", "--format=%T"], { env, encoding: "utf8" }).stdout.trim();
  await until("an idle node", () => sinfo() === "idle");
  return {
    env,
    async stop() {
      for (const daemon of daemons.reverse()) {
        const ended = once(daemon, "exit");
        if (daemon.kill("SIGTERM")) await ended;
      }
    },
  };
}
