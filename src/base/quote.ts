// Puts a stranger's name into a sentence so that it stays a name: a plain word as it is, anything else in quotes that it
// cannot close, and cut. Must not know whose name it is.
import { cleanText } from './sanitize.ts';

/** Letters, digits and the signs of paths, symbols and templates: no space, no quote, nothing that ends a sentence. */
const PLAIN = /^[\p{L}\p{N}_/.@+~<[(*%][\p{L}\p{N}_/.:+@#~<>()[\]{}*&,=$%|-]*$/u;
const ENDS_SENTENCE = /[.,:;!?…]$/;
const CUT = /…\(\+\d+\)$/;

/** The name in at most `longest` characters of itself, in quotes when it is more than one plain word. */
export const quotedName = (name: string, longest: number): string => {
  const clean = cleanText(name, longest);
  const bare = clean.replace(CUT, '');
  if (PLAIN.test(bare) && !ENDS_SENTENCE.test(bare)) return clean;
  return `"${bare.replaceAll('"', "'")}"${clean.slice(bare.length)}`;
};
