/** Several processes at one run. */
import { run as writers } from "../../soak/writers.js";
import { soakTest } from "./soak-test.js";

soakTest("one of two processes trains, and readers find whole checkpoints", writers);
