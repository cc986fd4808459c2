// The same worker for node, see pool.js.

import { parentPort } from "node:worker_threads";
import { Answers, buffersOf } from "./answers.js";

/** @type {Answers} */
let answers;

parentPort.on("message", async (data) => {
  if ("start" in data) {
    try {
      answers = await Answers.begin(data.start);
      parentPort.postMessage({ ready: true });
    } catch (error) {
      parentPort.postMessage({ failed: /** @type {Error} */ (error).message });
    }
    return;
  }
  const answer = answers.answer(data);
  parentPort.postMessage(answer, buffersOf(answer));
});
