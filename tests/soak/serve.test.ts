/** A hundred clients at one server, a fifth of them hostile. */
import { run as serve } from "../../soak/serve.js";
import { soakTest } from "./soak-test.js";

soakTest("a server answers every client as it should, stays free, and keeps nothing", serve);
