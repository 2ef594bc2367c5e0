/** Several processes against one. */
import { run as processes } from "../../soak/processes.js";
import { soakTest } from "./soak-test.js";

soakTest("several processes do what one does with the whole batch", processes);
