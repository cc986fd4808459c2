// The worker of a page, see pool.js: the first message starts it, every other one is a question.

import { Answers, buffersOf } from "./answers.js";

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** @type {Answers} */
let answers;

/** Held until the worker ends, however that comes: whoever waits for it then hears of it.
 * @param {string} name @returns {Promise<void>} */
const hold = (name) =>
  new Promise((held) => {
    if (name === "") held();
    else void navigator.locks.request(name, () => (held(), new Promise(() => {})));
  });

scope.onmessage = async ({ data }) => {
  if ("start" in data) {
    try {
      await hold(data.start.lock);
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
