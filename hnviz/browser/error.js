// @ts-check
// What the engine refuses.

/** Its message is a sentence for the page. */
export class EngineError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "EngineError";
  }
}
