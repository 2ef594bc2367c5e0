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

  it.each(["fp32", "bf16"])("repeats its bits in %s, also after kill -9", async (precision) => {
    const config = putConfig(join(base, `${precision}.yaml`), {
      training: { iterations: 40, device: "cuda", precision },
      evaluation: { every: 20 },
    });
    const [whole, again, killed] = ["whole", "again", "killed"].map((name) => join(base, `${precision}-${name}`));
    for (const out of [whole, again]) expect(run(["train", config, "--out", out])).toMatchObject({ code: 0 });
    expectSame(again, whole);
    const running = new Running(["train", config, "--out", killed]);
    await running.until(() => metricLines(killed) >= 25);
    running.child.kill("SIGKILL");
    expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
    expect(run(["train", "--resume", killed])).toMatchObject({ code: 0 });
    expectSame(killed, whole);
  });
});
