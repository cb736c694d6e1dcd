// Makes text that came from a traced program safe to show: names, paths and arguments are data from a stranger, who may
// try to move the cursor, hide words from people or whisper to a language model. Must not know where the text came from.

/** ANSI escapes: CSI (colours, cursor), OSC (titles, links), DCS/SOS/PM/APC strings, and two-byte ones. */
const ANSI =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
const LINE_BREAKS = /\r\n|[\t\n\v\f\r\x85\u2028\u2029]/g;
/**
 * What shows nothing, or changes how its neighbours show: C0/C1 controls, soft hyphen, Arabic letter mark, Hangul fillers,
 * bidirectional marks, overrides and isolates (U+200E-F, 202A-E, 2066-9), zero-width characters (200B-D, 2060-4, FEFF),
 * variation selectors (FE00-F, E0100-EF, Mongolian), interlinear marks, the tag characters U+E0000-E007F, and halves of
 * surrogate pairs (which no UTF-8 file can hold).
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: they are meant one by one
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  /[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}\p{Surrogate}]/gu;

/** A text without what shows nothing; line breaks and tabs stay. */
export const withoutUnseen = (text: string): string =>
  text.replace(UNSEEN, (one) => (one === '\n' || one === '\t' || one === '\r' ? one : ''));

/** What says that a text was cut before. */
const CUT = /…\(\+\d{1,9}\)$/;

/** The first `length` UTF-16 units, without cutting a character in two. */
const cut = (text: string, length: number): string => {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
};

/**
 * One line of visible text, in Unicode normal form C: escapes and unseen characters removed, line breaks and tabs turned
 * into spaces. Longer than `maxLength` UTF-16 units, it ends in `…(+N)`, N being how many units were left out; a text that
 * ends so already is not cut again for the sake of that.
 */
export const cleanText = (text: string, maxLength: number): string => {
  // 64 units per kept one: enough for any honest escape, and a bound on the work for a dishonest megabyte.
  const bounded = text.length > maxLength * 64 + 1024 ? text.slice(0, maxLength * 64 + 1024) : text;
  const visible = bounded.replace(ANSI, '').replace(LINE_BREAKS, ' ').replace(UNSEEN, '').normalize('NFC');
  const unread = text.length - bounded.length;
  if (unread === 0 && (CUT.exec(visible)?.index ?? visible.length) <= maxLength) return visible;
  const kept = cut(visible, maxLength);
  return `${kept}…(+${visible.length - kept.length + unread})`;
};
