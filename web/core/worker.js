// The worker of a page, see pool.js: the first message starts it, every other one is a question.

import { Answers, buffersOf } from "./answers.js";
import { holdLifeline } from "./lifelines.js";

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** @type {Answers} */
let answers;

scope.onmessage = async ({ data }) => {
  if ("start" in data) {
    try {
      await holdLifeline(data.start.lock);
      answers = await Answers.begin(data.start);
      scope.postMessage({ ready: true });
    } catch (error) {
      scope.postMessage({ failed: /** @type {Error} */ (error).message });
    }
    return;
  }
  const answer = answers.answer(data);
  scope.postMessage(answer, buffersOf(answer));
};
