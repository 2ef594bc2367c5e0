/** What is given back. */
import { run as cache } from "../../soak/cache.js";
import { run as images } from "../../soak/images.js";
import { run as loads } from "../../soak/loads.js";
import { run as steps } from "../../soak/steps.js";
import { run as workers } from "../../soak/workers.js";
import { soakTest } from "./soak-test.js";

soakTest("steps keep memory, files and tensors", steps);
soakTest("images that are mapped and let go leave nothing", cache);
soakTest("many images take no more memory than few", images);
soakTest("a run that was opened and closed leaves nothing", loads);
soakTest("worker threads may end at any moment", workers);
