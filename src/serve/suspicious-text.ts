// Text in an answer that looks as if it were meant for a language model and not for a person: orders, addresses, names of
// this server's tools, blobs. A heuristic: it marks, and takes nothing away. Must not know how the answer was made.

/** Tools of this server, as they are declared. */
const toolNames = new Set<string>();

/** From now on the name of this tool is suspicious, unless it is a word that programs use, too. */
export const watchFor = (toolName: string): void => {
  if (toolName.includes('_')) toolNames.add(toolName);
};

const WORD = /\w+/g;

/** What is looked for, in text whose separators have become single spaces. */
const PHRASES: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:previous|prior|above|earlier|all|any|every|your|the|these|system)\b/i,
  /\b(?:you|assistant|agent|model|llm|ai|claude|gpt) (?:are now|are an?|must|should|shall|have to|need to|will now|can now)\b/i,
  /\b(?:system prompt|new instructions?|follow(?:ing)? (?:these )?(?:instructions?|steps)|important instructions?|as an ai|act as|pretend to|jailbreak)\b/i,
  /(?:^|[\s"'<[(|])(?:system|assistant|user|human|developer|tool)\s{0,2}[:>\]|]\s{0,2}\S/i,
  /<\/?(?:system|assistant|user|instructions?|tool(?: call| result)?|important|function calls?)\b/i,
  /\bdo not (?:tell|mention|reveal|report|show|ask|warn|say|trust)\b/i,
  /\b(?:please|now|then|next|instead|immediately)[,:]? (?:run|call|execute|invoke|use|send|post|upload|email|delete|remove|drop|visit|open|fetch|download|install|approve|reply|answer|print|read)\b/i,
  /\b(?:and|to) (?:run|call|execute|invoke|send|post|upload|email|delete|remove|drop|visit|open|fetch|download|install|approve) (?:the|this|that|these|all|any|your|my|it|me|every|an?)\b/i,
  /(?:^|[.!?;:"'(] ?)(?:run|call|execute|invoke|send|post|upload|email|delete|visit|fetch|download|install|approve) (?:the|this|that|these|all|a|an|any|your|my|it|me|to|every)\b/i,
];
const ADDRESS = /\b(?:https?|ftp|wss?|data|javascript):(?:\/\/|[^\s/]{8})|\bwww\.[\w-]+\.[a-z]{2,}/i;
const SHORTEST_BLOB = 64;
const BLOB = /(?<![\w+/=-])[A-Za-z0-9+/_-]{64,}={0,2}/g;

/** Random letters of both cases with digits: neither a path nor a hash nor the name of a C++ function. */
const isBlob = (text: string): boolean =>
  !text.startsWith('_Z') &&
  /[a-z]/.test(text) &&
  /[A-Z]/.test(text) &&
  /\d/.test(text) &&
  (text.match(/[/_-]/g)?.length ?? 0) < text.length / 12 &&
  (text.match(/[a-z][A-Z]|[A-Z][a-z]|\d[A-Za-z]|[A-Za-z]\d/g)?.length ?? 0) > text.length / 4;

export type Suspicion = 'address' | 'blob' | 'order' | 'tool_name';

/** Why a text is suspicious; undefined when it is not. Takes cleaned text. */
export const suspicionOf = (text: string): Suspicion | undefined => {
  if (text.length < 4) return undefined;
  // What stands for other letters (full-width, mathematical) is read as those.
  const read = text.normalize('NFKC');
  if (read.includes('_') && read.match(WORD)?.some((word) => toolNames.has(word.toLowerCase()))) return 'tool_name';
  const spaced = read.replace(/[\s_+%.-]+/g, ' ');
  // Every phrase has one of these in it; most strings of an answer have none.
  if (
    /[ :<>\]|]/.test(spaced) &&
    PHRASES.some((phrase) => phrase.test(spaced) || (spaced !== read && phrase.test(read)))
  )
    return 'order';
  if (ADDRESS.test(read)) return 'address';
  if (read.length < SHORTEST_BLOB) return undefined;
  return [...read.matchAll(BLOB)].some(([blob]) => isBlob(blob)) ? 'blob' : undefined;
};

/** Fields with words of our own: in these only what stands in quotes is a stranger's. */
const OWN_WORDS: ReadonlySet<string> = new Set(
  'summary recommendations counter_evidence notes note why todo tool'.split(' '),
);
/** Fields that are named; further ones are counted. */
const MOST_FIELDS = 5;

/** The parts of a text that a stranger wrote. */
const foreignParts = (text: string, isOwn: boolean): readonly string[] =>
  isOwn ? [...text.matchAll(/"([^"]*)"/g)].map(([, quoted = '']) => quoted) : [text];

type Found = { readonly field: string; readonly why: Suspicion };

type Judge = (text: string) => Suspicion | undefined;

/** What is found in a value goes into `into`, with its place after `path()`: a name is made only for what is suspicious. */
const findIn = (value: unknown, path: () => string, isOwn: boolean, judge: Judge, into: Found[]): void => {
  if (typeof value === 'string') {
    for (const part of foreignParts(value, isOwn)) {
      const why = judge(part);
      if (why === undefined) continue;
      into.push({ field: path(), why });
      return;
    }
  } else if (Array.isArray(value)) {
    value.forEach((item, i) => {
      findIn(item, () => `${path()}[${i}]`, isOwn, judge, into);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'number') continue;
      const place = () => (path() === '' ? key : `${path()}.${key}`);
      findIn(inner, place, OWN_WORDS.has(key), judge, into);
    }
  }
};

/** The fields of an answer with suspicious text, as "processes[0].args: order"; empty when there is none. */
export const suspiciousFields = (answer: object): readonly string[] => {
  // The same names come again and again.
  const judged = new Map<string, Suspicion | undefined>();
  const judge: Judge = (text) => {
    if (!judged.has(text)) judged.set(text, suspicionOf(text));
    return judged.get(text);
  };
  const places: Found[] = [];
  findIn(answer, () => '', false, judge, places);
  const found = places.map(({ field, why }) => `${field}: ${why}`);
  const more = found.length - MOST_FIELDS;
  return more > 0 ? [...found.slice(0, MOST_FIELDS), `and ${more} more`] : found;
};
