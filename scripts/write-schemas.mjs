// Writes the JSON schemas that editors use for YAML files, from the zod schemas of the built code (dist/).
// Run after a build whenever src/data/schema.ts changes, then npm run format; a test compares the committed file with the code.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { datasetSchema } from "../dist/src/data/schema.js";

const folder = fileURLToPath(new URL("../schema/", import.meta.url));
mkdirSync(folder, { recursive: true });
const schema = { title: "dimseg dataset.yaml", ...z.toJSONSchema(datasetSchema, { io: "input" }) };
writeFileSync(`${folder}dataset.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
