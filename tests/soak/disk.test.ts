/** Disks that fill up. */
import { run as disk } from "../../soak/disk.js";
import { soakTest } from "./soak-test.js";

soakTest("a full disk costs a sentence and nothing that was there", disk);
