import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headersOf, nameServerMessage } from './packet.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const ipv4 = '4500 0030 0001 0000 4011 0000 0a000001 0a000002';

test('addresses and ports of IPv4, with options, and of IPv6', () => {
  assert.deepEqual(headersOf(0x0800, hex(`${ipv4} 1234 0035`)), {
    ...{ from: '10.0.0.1', to: '10.0.0.2', protocol: 17, fromPort: 0x1234, toPort: 53 },
  });
  const withOptions = `46${ipv4.slice(2)}`.replace('4011', '4006');
  assert.equal(headersOf(0x0800, hex(`${withOptions} 01010101 0050 0051`)).toPort, 0x51);
  const six = '60000000 0008 06 40 20010db8000000000000000000000001 00000000000000000000000000000001 01bb 0050';
  assert.deepEqual(headersOf(0x86dd, hex(six)), {
    ...{ from: '2001:db8::1', to: '::1', protocol: 6, fromPort: 443, toPort: 80 },
  });
  assert.deepEqual(headersOf(0x0806, hex('0001')), {});
  const segment = '1234 0050 00000001 00000002 50 10';
  assert.equal(headersOf(0x0800, hex(ipv4.replace('4011', '4006') + segment)).data, 48 - 20 - 20);
  assert.equal(headersOf(0x86dd, hex(six.replace('01bb 0050', segment).replace('0008 06', '0014 06'))).data, 0);
});

test('a question to a name server, and its answer', () => {
  const question = `${ipv4} 1234 0035 0020 0000 abcd 0100 0001 0000 0000 0000 03777777 076578616d706c65 00 0001 0001`;
  assert.deepEqual(nameServerMessage(hex(question)), { id: 0xabcd, isReply: false, code: 0, name: 'www.example' });
  assert.equal(nameServerMessage(hex(question.replace('abcd 0100', 'abcd 8183')))?.code, 3);
  assert.equal(nameServerMessage(hex(ipv4)), undefined);
});

test('no bytes bring it down', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 128 }), fc.constantFrom(0x0800, 0x86dd, 1), (bytes, link) => {
      headersOf(link, bytes);
      nameServerMessage(bytes);
    }),
  );
});
