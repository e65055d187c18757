// Numbers and states as a person says them.

export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, '0')} min`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

export const since = (time) => duration(Date.now() - Date.parse(time));

export function ago(time) {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return new Date(time).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
export const count = (number) => (number < 10_000 ? String(number) : compact.format(number));
export const many = (number, one, more = `${one}s`) => `${count(number)} ${number === 1 ? one : more}`;

export function cost(of) {
  if (!of || of.kind === 'unknown') return null;
  if (of.kind === 'money' && of.usd > 0) return `$${of.usd.toFixed(of.usd < 0.1 ? 3 : 2)}`;
  return tokens(of);
}

export function tokens(of) {
  const sum = (of?.inputTokens ?? 0) + (of?.outputTokens ?? 0);
  return sum ? `${compact.format(sum)} tokens` : null;
}

export const taskWord = {
  pending: 'Waiting', synced: 'Starting', running: 'Running', completed: 'Done', failed: 'Failed', cancelled: 'Cancelled',
};

export const resultWord = {
  uploading: 'On its way', refused: 'Not taken over', ready: 'Ready', conflict: 'Conflict', merging: 'Merging', merged: 'Merged',
  unmerging: 'Being undone', discarded: 'Thrown away',
};

// What joins or colours a picture may follow one; everywhere else it hides something.
const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]|(?<!\p{Extended_Pictographic}\ufe0f?)[\u200d\ufe0f]|(?![\u200d\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** What somebody else wrote, without what can't be seen or turns text around. */
export const plain = (text) => String(text ?? '').replace(invisible, '\ufffd');
