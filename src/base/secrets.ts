// What a secret looks like, as data: words that name one, tokens with a known form, and programs that take a password by a
// short option. Only shapes: must not hold a real secret, nor know where the text came from.

/** The last word of a name that holds a secret, such as `DB_PASSWORD`, `--client-secret`, `apiToken`. */
export const SECRET_WORDS: ReadonlySet<string> = new Set(
  'password passwd passphrase passcode passwort pass pwd psk secret secrets token apikey apitoken authtoken accesskey secretkey privatekey accesstoken authorization credential credentials cookie bearer jwt otp userpwd connectionstring'.split(
    ' ',
  ),
);
/** Words that make a secret of a `key` behind them. A `key` alone is a name of data, not a secret. */
export const SECRET_KEYS: ReadonlySet<string> = new Set(
  'api access secret private signing encryption auth account master session service shared storage app license deploy subscription'.split(
    ' ',
  ),
);
/** A language model's `eos_token` and `max_token` are no secrets. */
export const MODEL_TOKENS: ReadonlySet<string> = new Set(
  'pad eos bos unk mask sep cls max min num new per stop image audio video special next first last start end total prompt eot think'.split(
    ' ',
  ),
);
/** A last word that takes it back: `--password-file`, `--token-limit` hold a path, a number. `id`: but `secret_id` is one. */
export const NO_SECRET_AFTER: ReadonlySet<string> = new Set(
  'file files path dir folder limit count length len size id ids type types budget url uri endpoint expiry ttl timeout policy required enabled field header name format env var rate lifetime issuer audience'.split(
    ' ',
  ),
);

/** Tokens that are known by their form alone, wherever they stand. The forms are those that their issuers publish. */
export const TOKENS: readonly RegExp[] = [
  // RFC 7468; a torn block goes to the end. Line breaks may have become spaces or `\n` in letters.
  /-----BEGIN\s(?:[A-Z0-9]+\s){0,3}PRIVATE\sKEY(?:\sBLOCK)?-----.*?(?:-----END\s[A-Z0-9\s]{0,40}-----|$)/gs,
  // AWS key ids; the secret beside one is found by its name.
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/g,
  /\bgithub_pat_\w{22,}/g,
  /\bgl(?:pat|dt|rt|ptt|soat|cbt)-[\w-]{20,}/g,
  /\bxox[abeposr]-[\w-]{10,}/g,
  /\bsk-(?:ant-|proj-|svcacct-|or-)?[\w-]{20,}/g,
  /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /\bhf_[A-Za-z0-9]{30,}/g,
  /\bnvapi-[\w-]{20,}/g,
  /\bAIza[\w-]{35}/g,
  /\bya29\.[\w-]{20,}/g,
  /\bnpm_[A-Za-z0-9]{36}/g,
  /\bpypi-AgE[\w-]{20,}/g,
  /\bSG\.[\w-]{16,}\.[\w-]{16,}/g,
  /\bdop_v1_[0-9a-f]{64}/g,
  /\bhv[sbr]\.[\w-]{20,}/g,
  /\bAGE-SECRET-KEY-1[0-9A-Z]{40,}/g,
  // Azure: the signature of a shared access link.
  /(?<=[?&]sig=)[\w%+/=-]{20,}/g,
];

/** Options by which a program takes a password, and how: the next word, or what is glued to it; `after` this sign only. */
export type PasswordOption = {
  readonly programs: readonly string[];
  readonly option: string;
  readonly form: 'next' | 'glued';
  /** The secret begins after it: `user:password`. Without it in the word there is no secret. */
  readonly after?: string;
  /** Only where this word is among the arguments: `docker login -p` is not `docker run -p`. */
  readonly command?: string;
};
export const PASSWORD_OPTIONS: readonly PasswordOption[] = [
  {
    programs: ['mysql', 'mysqldump', 'mysqladmin', 'mysqlimport', 'mysqlslap', 'mariadb', 'mariadb-dump', '7z', '7za'],
    option: '-p',
    form: 'glued',
  },
  { programs: ['docker', 'podman', 'az', 'oc', 'helm'], option: '-p', form: 'next', command: 'login' },
  { programs: ['sshpass', 'mongo', 'mongosh', 'mongodump'], option: '-p', form: 'next' },
  { programs: ['sshpass'], option: '-p', form: 'glued' },
  { programs: ['curl'], option: '-u', form: 'next', after: ':' },
  { programs: ['curl'], option: '-u', form: 'glued', after: ':' },
  { programs: ['curl'], option: '--user', form: 'next', after: ':' },
  { programs: ['curl'], option: '--proxy-user', form: 'next', after: ':' },
  { programs: ['curl'], option: '-U', form: 'next', after: ':' },
  { programs: ['curl'], option: '-b', form: 'next' },
  { programs: ['redis-cli'], option: '-a', form: 'next' },
  { programs: ['ldapsearch', 'ldapadd', 'ldapmodify', 'ldapwhoami', 'ipmitool'], option: '-w', form: 'next' },
  { programs: ['ipmitool'], option: '-P', form: 'next' },
  { programs: ['zip', 'unzip'], option: '-P', form: 'next' },
  { programs: ['smbclient', 'rpcclient', 'net'], option: '-U', form: 'next', after: '%' },
];
