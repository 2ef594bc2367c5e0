/** DiM on CUDA as real processes: the same bits again, and after kill -9. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { metricLines, putConfig, Running, run } from "../cli/built.js";
import { expectSame } from "../cli/same-bytes.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { describeCuda } from "./device.js";

const base = temporaryFolder();

describeCuda("a run on CUDA", () => {
  beforeAll(() => void putDataset(join(base, "data")));

  it.each([
    ["in fp32", { precision: "fp32" }, 1],
    ["in bf16", { precision: "bf16" }, 1],
    ["with captured steps", { precision: "bf16", capture: true }, 5],
  ])("repeats its bits %s, also after kill -9", async (name, training, every) => {
    const config = putConfig(join(base, `${name}.yaml`), {
      training: { iterations: 40, device: "cuda", ...training },
      evaluation: { every: 20 },
      logging: { every },
    });
    const [whole, again, killed] = ["whole", "again", "killed"].map((one) => join(base, `${name} ${one}`));
    for (const out of [whole, again]) expect(run(["train", config, "--out", out])).toMatchObject({ code: 0 });
    expectSame(again, whole);
    const running = new Running(["train", config, "--out", killed]);
    await running.until(() => metricLines(killed) >= 25 / every);
    running.child.kill("SIGKILL");
    expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
    expect(run(["train", "--resume", killed])).toMatchObject({ code: 0 });
    expectSame(killed, whole);
  });
});
