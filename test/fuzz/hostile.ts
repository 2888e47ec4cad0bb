import type { Json } from './draft.ts'

// Values that have broken programs before. None of them is long enough to be refused for its length alone, except where
// that is the point.

/** Text for a field, a parameter or a header. */
export const TEXTS: readonly string[] = [
  // Nothing, almost nothing, and what is not seen
  ...['', ' ', '\t', '\u00a0', '\u200b', '\ufeff', '\u202eevil', '\u2028', '\u0085', '\u0000', 'a\u0000b'],
  ...['\u0001\u001f\u007f', '\r\nx-injected: 1', 'line\nline'],
  // Halves of characters, many-coded characters, characters beyond the first plane
  ...['\ud800', 'a\udfff', '\udc00\ud800', 'e\u0301', '\u{1f600}', '\u{10ffff}', 'ß', 'İ', 'ﬃ', 'é'],
  // Names that objects have already
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'],
  // Numbers at and beyond every edge
  ...['0', '-0', '-1', '1.5', '1e3', '1e309', '0x10', '1_000', '٣', 'NaN', 'Infinity', '9007199254740991'],
  ...['9007199254740992', '2147483648', '4294967296', '9223372036854775808', '9'.repeat(400)],
  // What other languages and programs read something into
  ...["' or 1=1 --", '"; drop table users; --', '<script>alert(1)</script>', '{{7*7}}', '$ne', '%s%n'],
  ...[
    '../../../etc/passwd',
    '..\\..\\',
    '/dev/null',
    'null',
    'undefined',
    'true',
    '[object Object]',
    '*',
    '\\',
  ],
  // Percent signs that mean nothing, or too much
  ...['%', '%zz', '%0', '%00', '%0d%0a', '%c0%af', '%ff%fe', '%ed%a0%80', '%u0041', '%2525', '+', '&', '='],
  // Addresses
  ...[
    'http://',
    'http://[',
    'http://[::1',
    'https://a:b@c',
    '//evil.example',
    '/\\evil.example',
    'http:evil',
  ],
  ...[
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'https://evil.example/?#',
    'ws://x:99999',
  ],
  ...['localhost', 'localhost:99999', '127.0.0.1:0', '[::1]', '[::1]:x', '0', '1.2.3.4.5', '999.1.1.1'],
  ...[
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    'exämple.com',
    'xn--a',
    'xn--',
    'a..b',
    '.',
    '-a-',
    'EXAMPLE.COM.:443',
  ],
  ...['dom_', `dom_${'x'.repeat(64)}`, 'dom_\u00e9', 'cl_', 'xwms_sk_', 'xwms_sk_AAAA'],
  // Authorization, cookies, media types, dates
  ...[
    'Basic',
    'Basic ',
    'Basic Og==',
    'Basic /////w==',
    'Basic JTp4',
    'Basic Y2xfOiU=',
    'Bearer',
    'Bearer =',
  ],
  ...['Bearer a b', 'Negotiate x', 'xwms_session', 'xwms_session=', '=;=;=', 'xwms_session=%', 'a="', '; ,'],
  ...[
    'application/json',
    'application/json; charset=utf-7',
    'application/x-www-form-urlencoded',
    'text/plain',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'application/problem+json',
    ';;;',
    '/',
    'gzip',
    'br',
    'identity',
    'x, y',
  ],
  ...['2026-02-30', '1970-01-01', '-271821-04-20', '9999-12-31T23:59:60Z', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  // Length
  ...[
    'a'.repeat(129),
    'a'.repeat(257),
    'a'.repeat(2049),
    'é'.repeat(3000),
    ' '.repeat(5000),
    'a '.repeat(2000),
  ],
]

function nested(depth: number): Json {
  let value: Json = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** Values for a member of a JSON object. */
export const VALUES: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    1e308,
    5e-324,
    2 ** 31,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 64,
    [],
    {},
    [[]],
    [''],
  ],
  ...[[null], [1, 'a', {}], { length: -1 }, { toString: null }, { valueOf: 1 }, { $gt: '' }, nested(50)],
  // Deeper ones are written as text: `structuredClone` has a stack too.
  nested(1000),
  JSON.parse('{ "__proto__": { "admin": true }, "constructor": { "prototype": { "admin": true } } }') as Json,
  JSON.parse('{ "toJSON": 1, "hasOwnProperty": 1 }') as Json,
  Array.from({ length: 2000 }, () => 0),
]

/** What poses as something with a length, as a primitive or as a promise, and has there what cannot be one. */
export const POSERS: readonly Json[] = [
  1,
  -1,
  1e9,
  'a',
  null,
  [[]],
  { toString: 1, valueOf: 1 },
  nested(1000),
].flatMap(value => [
  { length: value },
  Object.fromEntries(['length', 'size', 'toString', 'valueOf', 'toJSON', 'then'].map(name => [name, value])),
])

/** Values that JSON can write and JavaScript cannot hold. */
export const LITERALS: readonly string[] = [
  ...[
    '1e999',
    '-1e999',
    '0.1e-999',
    '123456789012345678901234567890',
    '-0.0',
    '1E+2',
    '"\\ud800"',
    '"\\u0000"',
  ],
  ...[
    '"\\udfff\\ud800"',
    '01',
    '+1',
    '.5',
    '0x1',
    'NaN',
    'Infinity',
    'undefined',
    "'a'",
    '"\\x41"',
    '"\u0001"',
    '/**/1',
  ],
]

/** Bodies that are no JSON object and no form, and some that are something else altogether. */
export const BODIES: readonly Buffer[] = [
  ...[
    '',
    ' ',
    'null',
    'true',
    '1',
    '"text"',
    '[]',
    '[{}]',
    '{',
    '}',
    '{}{}',
    '{"a":1,}',
    '{"a":1',
    '{"a"}',
    '//',
    '\0',
  ],
  ...[
    '{"sub":1,"sub":2}',
    '{"__proto__":1}',
    '\ufeff{}',
    '{"":""}',
    '<?xml version="1.0"?><a/>',
    '--x\r\n\r\n--x--',
  ],
  ...[
    'a',
    '=',
    '&',
    '&&&',
    'a&a&a',
    '=a',
    'a=%',
    'a=%zz',
    'a=%ff',
    'a[b]=c',
    'a[]=1&a[]=2',
    'a[__proto__][b]=c',
  ],
  ...[
    '__proto__=1&constructor=2',
    'grant_type',
    'grant_type=&grant_type=',
    'a;b',
    'a=1;a=2',
    '+=+',
    'a=\r\nb',
  ],
  ...[
    `{"a":${'['.repeat(20_000)}`,
    '['.repeat(60_000),
    '{"a":'.repeat(10_000),
    '&'.repeat(60_000),
    'a=1&'.repeat(10_000),
  ],
].map(text => Buffer.from(text))

export const BYTES: readonly Buffer[] = [
  ...BODIES,
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from('{"sub":1}', 'utf16le'),
  Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]),
  Buffer.alloc(1000),
  // One byte more than the kit reads
  Buffer.alloc(65_537, 0x20),
  Buffer.alloc(200_000, 0x61),
]

/** Where mutations put {@link TEXTS}: fields that something in the kit or the frameworks reads. */
export const HEADERS: readonly string[] = [
  ...['x-client-id', 'x-client-secret', 'x-client-domain', 'x-request-id', 'authorization', 'cookie', 'host'],
  ...[
    'content-type',
    'content-encoding',
    'accept',
    'accept-encoding',
    'accept-language',
    'user-agent',
    'origin',
  ],
  ...[
    'referer',
    'sec-fetch-site',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-host',
    'forwarded',
    'te',
  ],
  ...[
    'x-forwarded-port',
    'x-http-method-override',
    'if-none-match',
    'if-modified-since',
    'range',
    'idempotency-key',
  ],
  ...['dpop', 'x-client-certificate', 'x-client-verified'],
  ...['trailer', 'date', '__proto__', 'constructor', 'x'],
]

export const METHODS: readonly string[] = [
  ...[
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'QUERY',
    'PROPFIND',
    'M-SEARCH',
    'PURGE',
  ],
  ...['CONNECT', 'get', 'Post', 'GETGET', 'G@T', 'PRI', '__proto__', 'A'.repeat(300)],
]

/** Certificates with keys that no JSON Web Key can hold: on a curve of Brainpool's, and for DSA. Base64 of their DER. */
export const CERTIFICATES: readonly string[] = [
  'MIIBczCCARqgAwIBAgIUKe9PBv/jaXnm30MN/nQpPFxeyuIwCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDb2RkMCAXDTI2MTEyNDAzMjIzMloYDzIxMjYxMDMxMDMyMjMyWjAOMQwwCgYDVQQDDANvZGQwWjAUBgcqhkjOPQIBBgkrJAMDAggBAQcDQgAEXk3lrei4Jeg0WUk6A2sJMGFGiFCUs8e8kGgQiEGT+wxpCMJMc6PHgOXZS1e79AveFDbZlJy/hPoNFOQEo6u85aNTMFEwHQYDVR0OBBYEFBMBSmNgrIyeV2nXDjhNWy/89NpHMB8GA1UdIwQYMBaAFBMBSmNgrIyeV2nXDjhNWy/89NpHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgECOJJiwOnH97s3dUI5FUR7u5YTn2Urgg6p35g3oXXswCIAgns6DzAUeQ26gYRxfCbUeNHl6y7NYFa7EKL8Vpu0L+',
  'MIIC1DCCAoKgAwIBAgIUcyxuRpvskuYd5xYAsyVIH7eb1eswCwYJYIZIAWUDBAMCMA4xDDAKBgNVBAMMA29kZDAgFw0yNjExMjQwMzIyMzJaGA8yMTI2MTAzMTAzMjIzMlowDjEMMAoGA1UEAwwDb2RkMIIBvzCCATQGByqGSM44BAEwggEnAoGBANKAVgZuM3f8RilpW/NZnBkIj5vjiSdtSardhhgRvkDVkpR2KyvJLAX18eW02Ytp3eW7PA/lJDZbzu/4VBDsXjMoVopx4Qb3O0Th4rXLAsNNYcHnXoaEHyQTQ2+s8mMhMP+35ARIoWm4rUNWrV+OTY3+cPUSzIjg6qGGYEcMCcM5Ah0AzSdEcwTb8xmeGDlfUX5o0di/WtweM3SjgLjO/wKBgQC0JvU3m1UL/nrwLvJOg+YXbjrJaSJ9UvJpgbBn7is6e0mfOfhdmY48xDtr9UrLKRKDq7m4KXeLHMwb60glhMp5UOLtUGEyr0TIdallR2uuWbnrPuXKKrfs3kuxdn+abtqXFH1m3UPMUcH3V5RNX/NZasVKIn2aqkVkTJd8+H3ZYwOBhAACgYBgq0pieSoVjZqIvxMKhxMSKQu6u8OCZNmAeO1RC7tZgSH+5HhW8t7T2IxHGZZ3tTyIXIvxTTzxTFhtgJnynclhaU1ruZEqiiq/FIgVJN4hTL+LoriFCo4UorIXzl/9TibsLMtjGDnu1yR7FynjceeHWbZxQrnhlYxVzDzkIoyAXKNTMFEwHQYDVR0OBBYEFE/zqVAGrrLu8vjYTXs/SHVVDaSwMB8GA1UdIwQYMBaAFE/zqVAGrrLu8vjYTXs/SHVVDaSwMA8GA1UdEwEB/wQFMAMBAf8wCwYJYIZIAWUDBAMCAz8AMDwCHB1O1lzHMFgnQd0A40RsO7+w4mAZ4ev6dvLPpPACHCh3r0PLu8slWbdyfgfqX2WNvHUIqrEr5FbOdtk=',
]
