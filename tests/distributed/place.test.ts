/** Which process this is, by the variables of whoever started it. */
import { describe, expect, it } from "vitest";
import { localProcesses } from "../../src/core/local-processes.js";
import { firstHost, placeOf } from "../../src/distributed/place.js";

const torchrun = { RANK: "3", WORLD_SIZE: "4", LOCAL_RANK: "1", MASTER_ADDR: "node1", MASTER_PORT: "29500" };
const slurm = {
  ...{ SLURM_JOB_ID: "812", SLURM_STEP_ID: "2", SLURM_PROCID: "1", SLURM_LOCALID: "1", SLURM_STEP_NUM_TASKS: "4" },
  ...{ SLURM_STEP_NUM_NODES: "2", SLURM_STEP_NODELIST: "node[03-04]" },
};

describe("how many share this machine", () => {
  it.each([
    [{}, 1],
    [{ LOCAL_WORLD_SIZE: "4" }, 4],
    [{ ...slurm, SLURM_STEP_NUM_TASKS: "5" }, 3],
    [{ SLURM_STEP_NUM_TASKS: "none" }, 1],
  ])("%j: %i", (env, count) => {
    expect(localProcesses(env)).toBe(count);
  });
});

describe("the place of a process", () => {
  it("is torchrun's", () => {
    expect(placeOf(torchrun)).toMatchObject({
      ...{ rank: 3, size: 4, localRank: 1, host: "node1", port: 29500, keepsStore: false },
    });
    expect(placeOf({ ...torchrun, RANK: "0" })?.keepsStore).toBe(true);
    // The agent of torchrun keeps a store already.
    expect(placeOf({ ...torchrun, RANK: "0", TORCHELASTIC_USE_AGENT_STORE: "True" })?.keepsStore).toBe(false);
    // Those of before the restart may still be at that store.
    expect(placeOf({ ...torchrun, TORCHELASTIC_RESTART_COUNT: "1" })?.name).not.toBe(placeOf(torchrun)?.name);
  });

  it("is that of a task of a Slurm step", () => {
    const place = placeOf(slurm);
    expect(place).toMatchObject({ rank: 1, size: 4, localRank: 1, host: "node03", keepsStore: false });
    expect(placeOf({ ...slurm, SLURM_PROCID: "0" })).toMatchObject({ port: place?.port, keepsStore: true });
    expect(placeOf({ ...slurm, SLURM_STEP_ID: "3" })?.port).not.toBe(place?.port);
    expect(placeOf({ ...slurm, SLURM_STEP_NUM_NODES: "1" })?.host).toBe("127.0.0.1");
    expect(placeOf({ ...slurm, MASTER_ADDR: "head", MASTER_PORT: "1234" })).toMatchObject({ host: "head", port: 1234 });
  });

  it("is nobody's who was started alone", () => {
    expect(placeOf({})).toBeNull();
    expect(placeOf({ ...torchrun, RANK: "0", WORLD_SIZE: "1" })).toBeNull();
    expect(placeOf({ SLURM_JOB_ID: "812", SLURM_NTASKS: "2", SLURM_PROCID: "0" })).toBeNull();
    expect(placeOf({ ...slurm, SLURM_STEP_NUM_TASKS: "1", SLURM_PROCID: "0" })).toBeNull();
  });

  it("needs all of its variables", () => {
    expect(() => placeOf({ ...torchrun, MASTER_PORT: undefined })).toThrow(/^MASTER_PORT is not set: torchrun sets/);
    expect(() => placeOf({ ...torchrun, WORLD_SIZE: "two" })).toThrow(/WORLD_SIZE is "two", which is no whole number/);
    for (const RANK of [undefined, "", " "]) expect(() => placeOf({ ...torchrun, RANK })).toThrow(/^RANK is /);
    expect(() => placeOf({ ...torchrun, RANK: "4" })).toThrow(/RANK is 4, but WORLD_SIZE is 4/);
  });

  it("has a port that there is", () => {
    for (const MASTER_PORT of ["0", "65536", "99999"]) {
      expect(() => placeOf({ ...torchrun, MASTER_PORT })).toThrow(/ports go from 1 to 65535/);
      expect(() => placeOf({ ...slurm, MASTER_PORT })).toThrow(/ports go from 1 to 65535/);
    }
    expect(() => placeOf({ ...slurm, MASTER_PORT: "any" })).toThrow(/MASTER_PORT is "any"/);
  });

  it("is Slurm's where a script sets the number of processes for others", () => {
    expect(placeOf({ ...slurm, WORLD_SIZE: "4" })).toEqual(placeOf(slurm));
  });

  it("begins at the first host of a list", () => {
    expect(["gpu1", "gpu1,gpu2", "n[1,3]", "rack2-n[003-017,21]-ib,x[1-2]"].map(firstHost)).toEqual([
      ...["gpu1", "gpu1", "n1", "rack2-n003-ib"],
    ]);
  });
});
