import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cpuTime } from '../../test/cpu-time.ts';
import { isSecretName, redactArguments, redactText, redactValue } from './redact.ts';

// Every secret here is made up. Each holds the word that must not be left; tokens with a form are put together at run time,
// so that nobody who scans this repository for secrets takes them for real ones.
const S = 'Tr0ub4dor3xq';
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const JWT = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(`{"sub":"${S}"}`)}.${base64url('signature of it')}`;
const tokens: readonly string[] = [
  `AKIA${'Q3EXAMPLE7ABCD2Z'}`,
  `ASIA${'Q3EXAMPLE7ABCD2Z'}`,
  `ghp_${'a1B2'.repeat(9)}`,
  `github_pat_${'a1B2'.repeat(9)}`,
  `glpat-${'x9Y_'.repeat(5)}`,
  `xoxb-${'123456789012-abcdef'}`,
  `sk-${'proj-'}${'a1B2'.repeat(8)}`,
  `sk-ant-${'api03-'}${'a1B2'.repeat(8)}`,
  `sk_live_${'a1B2'.repeat(6)}`,
  `hf_${'aBcD'.repeat(9)}`,
  `nvapi-${'aB1-'.repeat(10)}`,
  `AIza${'Sy0_-'.repeat(7)}`,
  `npm_${'aB12'.repeat(9)}`,
  `hvs.${'aB12'.repeat(8)}`,
  JWT,
];

/** Lines that hold the secret S, or one of the tokens: nothing of it may be left. */
const SECRET_LINES: readonly string[] = [
  `prog --password=${S}`,
  `prog --password ${S} --verbose`,
  `prog --db-password='${S} with words'`,
  `prog -password ${S}`,
  `prog --passwd=${S}`,
  `prog --api-key=${S}`,
  `prog --apiKey ${S}`,
  `prog --api_token=${S} file`,
  `prog --client-secret ${S}`,
  `prog --auth ${S}`,
  `prog --secret-id=${S}`,
  `env DB_PASSWORD=${S} PGPASSWORD=${S} MYSQL_PWD=${S} prog`,
  `AWS_SECRET_ACCESS_KEY=${S} aws s3 ls`,
  `WANDB_API_KEY=${S} python3 train.py`,
  `HF_TOKEN=${S} HUGGING_FACE_HUB_TOKEN=${S} python3 -m vllm`,
  `prog --token=${S}&${S}`,
  `prog token: ${S}`,
  `prog token = ${S}`,
  `curl https://x.test/?a=1&access_token=${S}&b=2`,
  `curl https://x.test/?token=${S}#top`,
  `curl -u admin:${S} https://x.test`,
  `curl -uadmin:${S} https://x.test`,
  `curl --user admin:${S} https://x.test`,
  `curl -H 'Authorization: Bearer ${S}' https://x.test`,
  `curl -H "Authorization: Basic ${S}==" https://x.test`,
  `curl -H "authorization:${S}" https://x.test`,
  `curl -H "X-Api-Key: ${S}" https://x.test`,
  `curl -H 'Cookie: a=b; session=${S}' https://x.test`,
  `curl -H 'Proxy-Authorization: Digest ${S}'`,
  `curl -d '{"user":"me","password":"${S}"}' https://x.test`,
  `curl -d user=me&password=${S}&x=1 https://x.test`,
  `prog {"token": "${S}", "x": 1}`,
  `prog connect(password='${S}', host='x')`,
  `prog connect(token=${S}, host=x)`,
  `psql postgres://user:${S}@db.test:5432/x`,
  `psql postgres://user:${S}/${S}@db.test:5432/x`,
  `psql postgres://user:p@${S}@db.test/x`,
  `prog redis://:${S}@cache.test:6379/0`,
  `git clone https://${S}${S}@git.test/x.git`,
  `git clone https://oauth2:${S}@git.test/x.git`,
  `https_proxy=http://me:${S}@proxy.test:3128 prog`,
  `prog Server=x;Uid=y;Pwd=${S};Database=z`,
  `prog 'host=db user=me password=${S} dbname=x'`,
  `mysql -u root -p${S} -e 'select 1'`,
  `/usr/bin/mysqldump -p${S} db`,
  `sshpass -p ${S} ssh host`,
  `docker login -u me -p ${S} registry.test`,
  `redis-cli -a ${S} ping`,
  `smbclient //x/y -U me%${S}`,
  `sh -c "mysql -p${S} db"`,
  `Bearer ${S}${S}`,
  `prog --pass\u200bword=${S} to\u00adken: ${S}`,
  `prog AKIA\u200bQ3EXAMPLE7ABCD2Z --secret=${S}`,
  `-----BEGIN RSA PRIVATE KEY----- ${S}\n${S} -----END RSA PRIVATE KEY----- rest`,
  `-----BEGIN OPENSSH PRIVATE KEY----- ${S} ${S}`,
  `-----BEGIN PRIVATE KEY-----\\n${S}\\n-----END PRIVATE KEY-----`,
];

/** Lines that hold none: nothing may be taken. */
const PLAIN_LINES: readonly string[] = [
  'python3 train.py --epochs 3 --max-tokens=512 --max_new_tokens 100',
  'python3 -m vllm --tokenizer /models/x --max-num-batched-tokens 8192 --max-token=4096',
  'prog --eos-token="</s>" --pad_token <pad> --eos_token_id=2 --stop-token x',
  'prog --tokens=100000 --num-tokens 12 --token-limit=4096 --token-count 7',
  'prog --password-file=/etc/x --token-path /run/token --secret-name=db --api-key-file k',
  'prog --author=me --authority x --keyboard us --key=name --sort-key name --primary-key id',
  'prog --passes=2 --pass-through --bypass=yes --compass north --no-password',
  'ffmpeg -i a.mp4 -pass 1 -passlogfile x out.mp4',
  'ssh -p 2222 git@github.com',
  'git clone ssh://git@github.com/x/y.git',
  'git clone https://github.com/x/y.git',
  'curl http://127.0.0.1:8080/a@b',
  'curl -u admin https://x.test',
  'psql postgres://user@db.test/x',
  'docker run -p 8080:80 -v /a:/b image',
  'java -Dfile.encoding=UTF-8 -Xmx2g -cp a.jar Main',
  'mkdir -p /a/b/c',
  'cp -p a b; mysql -u root -p db',
  `prog --password=$DB_PASSWORD --token=$${'{TOKEN}'} --password=`,
  'prog --token true --password=****',
  'gcc -O2 -DTOKEN_MAX -o token token.c lexer/token.h',
  'c++filt Token::parse std::secret::open token::kind',
  'node --require ./secret/thing.js --test src/base/token.test.ts',
  'a Basic explanation of the Bearer of bad news',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'select tid, sum(duration_ns) from waits where kind == "lock" group by 1',
  '-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----',
  'eyJust a word, AKIA, ghp_ and sk-learn sk-image-processing',
  'nccl_debug=INFO NCCL_SOCKET_IFNAME=eth0 CUDA_VISIBLE_DEVICES=0,1',
  'данные 数据 😀 --name=пароль 👩\u200d💻',
];

test('no secret is left in a line', () => {
  for (const line of SECRET_LINES) {
    const { text, redacted } = redactText(line);
    assert.ok(!text.includes(S), `${line} -> ${text}`);
    assert.ok(redacted > 0, line);
  }
});

test('no secret is left in arguments', () => {
  for (const line of SECRET_LINES) {
    // As a shell splits it: quotes hold words together.
    const argv = [...line.matchAll(/(?:"[^"]*"|'[^']*'|\S)+/g)].map(([word]) => word.replace(/^(['"])(.*)\1$/, '$2'));
    const { args, redacted } = redactArguments(argv);
    assert.ok(!args.join(' ').includes(S), `${line} -> ${args.join(' ')}`);
    assert.ok(redacted > 0, line);
  }
  assert.deepEqual(redactArguments(['prog', '--password', `a -x ${S}`, 'x']).args, [
    'prog',
    '--password',
    '[redacted]',
    'x',
  ]);
  assert.deepEqual(redactArguments(['prog', '--token', '--verbose']).args, ['prog', '--token', '--verbose']);
});

test('tokens are known by their form, wherever they stand', () => {
  for (const token of tokens)
    for (const line of [
      token,
      `prog ${token} x`,
      `prog --x=${token}`,
      `prog "${token}"`,
      `https://x.test/${token}?y=1`,
    ]) {
      assert.ok(!redactText(line).text.includes(token.slice(6)), line);
      assert.ok(!redactArguments(['prog', line]).args.join(' ').includes(token.slice(6)), line);
    }
});

test('what is no secret stays', () => {
  for (const line of PLAIN_LINES) {
    assert.deepEqual(redactText(line), { text: line, redacted: 0 });
    assert.deepEqual(redactArguments(line.split(' ')), { args: line.split(' '), redacted: 0 });
  }
});

test('what stands around a secret stays', () => {
  assert.equal(redactText(`a --password=${S} b`).text, 'a --password=[redacted] b');
  assert.equal(
    redactText(`psql postgres://me:${S}@db:5432/x -c y`).text,
    'psql postgres://me:[redacted]@db:5432/x -c y',
  );
  assert.equal(redactText(`curl x?token=${S}&a=b`).text, 'curl x?token=[redacted]&a=b');
  assert.equal(redactText(`{"token": "${S}", "x": 1}`).text, '{"token": "[redacted]", "x": 1}');
  assert.equal(redactText(`mysql  -p${S}\tdb`).text, 'mysql  -p[redacted]\tdb');
});

test('values: by the name of the field, and in any text', () => {
  const { value, redacted } = redactValue({
    token: S,
    n: 5,
    list: [`--password=${S}`, { deep: { api_key: S, secrets: [S] } }],
    token_limit: 100,
    [`--token=${S}`]: null,
  });
  assert.ok(!JSON.stringify(value).includes(S));
  assert.equal(redacted, 5);
  assert.deepEqual(redactValue({ sql: 'select 1', pid: 4, token: null }).redacted, 0);
});

test('names', () => {
  for (const name of [
    'password',
    '--db-password',
    'DB_PASSWORD_1',
    'dbPassword',
    'X-Api-Key',
    'client_secret',
    'authToken',
  ])
    assert.ok(isSecretName(name), name);
  for (const name of ['tokenizer', 'max_tokens', 'key', 'password_file', 'authors', 'passed', ''])
    assert.ok(!isSecretName(name), name);
});

test('any secret behind a name of one is taken, and once is enough', () => {
  const name = fc.constantFrom('--password', '--api-key', 'DB_PASSWORD', '--auth-token', 'client_secret');
  const secret = fc.stringMatching(/^[A-Za-z0-9!#%^+/.,:~_]{3,30}Z9$/);
  fc.assert(
    fc.property(name, secret, fc.lorem(), (option, value, words) => {
      const { text } = redactText(`${words} ${option}=${value} ${words}`);
      assert.ok(!text.includes(value), text);
      assert.deepEqual(redactText(text), { text, redacted: 0 });
      assert.ok(
        !redactArguments(['x', `${option}=${value} ${value}`])
          .args.join(' ')
          .includes(value),
      );
    }),
  );
});

test('a long hostile text costs little', () => {
  for (const piece of [
    '--password ',
    'a=',
    '://a:',
    'eyJ',
    'mysql -p',
    '"token":"',
    '-----BEGIN PRIVATE KEY-----',
    'a.-_a',
    '-eyJ',
    'eyJ-',
    'eyJ-eyJ.',
    '.eyJaaaaaaaa',
    'eyJaaaaaaaa.eyJ.',
    'aaaaaaaaaaa.aaaa ',
    'a',
    '-',
  ]) {
    const took = cpuTime(() => redactText(piece.repeat(1_000_000 / piece.length)));
    assert.ok(took < 1000, `${piece}: ${Math.round(took)} ms`);
  }
});

test('a JWT behind other words is taken with all its parts', () => {
  for (const line of [`a-longer-name.with-dots.b.c.${JWT} x`, `-${JWT} x`, `a.${JWT}.1.2 x`]) {
    const { text, redacted } = redactText(line);
    assert.equal(redacted, 1, text);
    for (const part of JWT.split('.')) assert.ok(!text.includes(part), text);
    assert.match(text, /\[redacted\] x$/);
  }
});

test('a large value costs little: after a bound one word stands for the rest', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);
  for (const large of [
    many(240_000),
    Object.fromEntries(many(60_000).map((key) => [key, key])),
    { list: many(500).map(() => many(480)) },
    many(100).map((word) => word.repeat(5_000)),
  ]) {
    let text = '';
    const took = cpuTime(() => {
      text = JSON.stringify(redactValue(large).value);
    });
    assert.ok(took < 500, `${Math.round(took)} ms`);
    assert.ok(text.length < 250_000, `${text.length}`);
    assert.match(text, /\[redacted\]/);
  }
  const few = many(1000);
  assert.deepEqual(redactValue(few).value, few);
});
