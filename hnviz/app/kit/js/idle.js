// @ts-check
// Work that can wait: the browser answers the reader first.

/**
 * Wait until the browser is idle.
 * @param {number} timeout ms
 */
export function idle(timeout) {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(resolve, { timeout: Math.max(1, timeout) });
    else setTimeout(resolve, 16);
  });
}
