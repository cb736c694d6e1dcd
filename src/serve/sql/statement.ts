// Finds where the first SQL statement ends, so that a second one is refused and not silently ignored: SQLite compiles
// only the first. Knows strings, quoted names and comments (https://www.sqlite.org/lang_comment.html), nothing else.
import { cleanText } from '../../base/sanitize.ts';
import { errors } from '../errors.ts';

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|;|[^'"`[\-/;]+|./g;
const isComment = (token: string) => token.startsWith('--') || token.startsWith('/*');
const isBlank = (token: string) => token.trim() === '' || isComment(token);

/** First words that a reading statement can have. */
const READING = /^(?:explain\s+(?:query\s+plan\s+)?)?(?:select|with|values)\b/i;

/** The text of the one statement. Throws a UserError for none, for several, and for one that does not read. */
export const oneStatement = (sql: string): string => {
  const tokens: readonly string[] = sql.match(TOKEN) ?? [];
  const first = tokens.findIndex((token) => !isBlank(token) && token !== ';');
  if (first < 0) throw errors.sqlNotOne({ why: 'it holds no statement' });
  const end = tokens.indexOf(';', first);
  if (end >= 0 && tokens.slice(end).some((token) => !isBlank(token) && token !== ';'))
    throw errors.sqlNotOne({ why: 'it holds more than one statement' });
  const statement = tokens.slice(first, end < 0 ? undefined : end);
  const words = statement
    .map((token) => (isComment(token) ? ' ' : token))
    .join('')
    .trimStart();
  if (sql.includes('\0')) throw errors.sqlNotOne({ why: 'it holds a NUL character' });
  if (!READING.test(words))
    throw errors.sqlDenied({
      why: `it begins with '${cleanText(words, 20).split(' ', 1)[0]}'`,
      todo: 'only a statement that reads is run: SELECT, WITH or VALUES',
    });
  return statement.join('');
};
