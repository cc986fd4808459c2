// Starts the page: the rules and the engine first, then the screen, then what makes it work offline.

import "./style/tokens.css";
import "./style/domino.css";
import "./style/controls.css";
import "./style/score.css";
import "./style/table.css";
import "./style/pads.css";
import "./style/start.css";
import "./style/lists.css";
import "./style/review.css";
import { render } from "preact";
import { createEngine } from "#engine";
import { Core } from "../../core/core.js";
import { Rules } from "../table/rules.ts";
import { watchAdvice } from "./advising.ts";
import { App } from "./app.tsx";
import { watchClicks } from "./clicks.ts";
import { prepare, setEngine } from "./engine.ts";
import { route, watchRoute } from "./route.ts";
import { setRules } from "./rules.ts";
import * as session from "./session.ts";
import { settings, watchSettings } from "./settings.ts";

const ASSETS = new URL("assets/", document.baseURI);

async function start(root: HTMLElement): Promise<void> {
  watchSettings();
  try {
    // The engine's workers fetch the same file, from the browser's cache.
    const core = await Core.load(await fetched(new URL("crystal-forge.wasm", ASSETS)));
    setRules(new Rules(core.ruleTables()));
    setEngine(createEngine(ASSETS));
  } catch (error) {
    root.querySelector("p")!.textContent = `The game cannot start: ${(error as Error).message}. Reload to try again.`;
    return;
  }
  watchClicks();
  watchRoute();
  watchAdvice();
  session.restore();
  if (route.value.screen === "table") prepare(settings.value.levels);
  root.replaceChildren();
  render(<App />, root);
  workOffline();
}

async function fetched(address: URL): Promise<Response> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address.pathname.split("/").pop()} could not be loaded`);
  return answer;
}

function workOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // A page that is opened from a file, or a browser that forbids it, plays on with a network.
  navigator.serviceWorker.register("./sw.js").catch(() => undefined);
}

void start(document.getElementById("page")!);
