/** One verb of the intake bench in a process of its own, so that its peak memory is its own: prints seconds and bytes. */
import { performance } from "node:perf_hooks";
import { checkDataset } from "../src/data/check/check.js";
import { loadDataset } from "../src/data/dataset.js";
import { inspectFolder } from "../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../src/data/inspect/write-yaml.js";

const [verb, folder, path] = process.argv.slice(2);
const start = performance.now();
let problems = 0;
if (verb === "inspect") writeDatasetYaml(await inspectFolder(folder), folder, path, true);
else problems = (await checkDataset(loadDataset(path))).problems.filter(({ severity }) => severity === "error").length;
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, peakBytes: process.resourceUsage().maxRSS * 1024, problems }));
