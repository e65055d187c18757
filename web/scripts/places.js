// Which logs are followed. A browser opens six connections to one device for all its tabs together, and a followed log holds one for as
// long as it is open. So only the few logs that were looked at last are followed, in whichever tabs they are: each of them holds a lock,
// and one too many takes the lock of the oldest.

const limit = 3;
const prefix = 'offload-log ';
const digits = 16;

/**
 * Takes a place among the logs that are followed.
 * @param {() => void} lose called when another log has taken the place.
 * @returns {Promise<() => void>} gives the place back.
 */
export async function takePlace(lose) {
  const name = `${prefix}${String(Date.now()).padStart(digits, '0')} ${crypto.randomUUID()}`;
  const held = Promise.withResolvers();
  const over = Promise.withResolvers();
  navigator.locks.request(name, () => {
    held.resolve();
    return over.promise;
  }).catch(lose);
  await held.promise;
  const names = (await navigator.locks.query()).held.map((lock) => lock.name).filter((one) => one.startsWith(prefix)).sort();
  for (const oldest of names.slice(0, -limit)) navigator.locks.request(oldest, { steal: true }, () => {}).catch(() => {});
  return over.resolve;
}
