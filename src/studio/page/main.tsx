/** Puts the page into its document. */
import "./styles/index.css";
import { render } from "preact";
import { App } from "./app.js";

render(<App />, document.getElementById("app") as HTMLElement);
