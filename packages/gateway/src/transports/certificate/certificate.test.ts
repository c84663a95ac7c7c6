import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogLines, OWN_NAMES, type TestCertificate, makeTestCertificate } from './certificate.test-support.ts'
import { type Certificate, openCertificate } from './certificate.ts'
import { openConfigured } from './configured.ts'
import { expiryNotice } from './expiry.ts'
import { ownNames } from './own-names.ts'
import { keepSelfSigned, selfSignedFiles } from './self-signed-files.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const IN_USE = 'info a certificate is in use'
const OLD_STAYS = 'warn the new certificate is of no use, so the old one stays'

let made: TestCertificate
let other: TestCertificate
beforeEach(async () => {
  made = await makeTestCertificate()
  other = await makeTestCertificate()
})
afterEach(async () => {
  await made[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

/** Puts another certificate in place of the one in use. */
async function replace(...which: readonly ('cert' | 'key')[]): Promise<void> {
  for (const file of which) {
    const half = `${made.files[file]}.half`
    await writeFile(half, await readFile(other.files[file]))
    await rename(half, made.files[file])
  }
}

/** The certificate that is in use now, and a look at the one in use then. */
function followed(certificate: Certificate): [now: string, then: () => string] {
  let latest = ''
  certificate.follow(({ cert }) => {
    latest = cert
  })
  return [latest, () => latest]
}

test('files that change are read again, and only then', async () => {
  const log = new LogLines()
  const certificate = await made.open(log)
  const [first, latest] = followed(certificate)
  await certificate.check()
  expect(latest()).toBe(first)
  await replace('key', 'cert')
  await certificate.check()
  expect(latest()).not.toBe(first)
  expect(log.lines).toEqual([IN_USE, IN_USE])
})

test('who has had enough hears of no further certificate', async () => {
  const certificate = await made.open()
  const heard: string[] = []
  const stop = certificate.follow(({ cert }) => heard.push(cert))
  stop()
  await replace('key', 'cert')
  await certificate.check()
  expect(heard).toHaveLength(1)
})

test('between two files that do not belong together the old ones stay, which is logged once', async () => {
  const log = new LogLines()
  const certificate = await made.open(log)
  const [first, latest] = followed(certificate)
  await replace('cert')
  await certificate.check()
  await certificate.check()
  expect(latest()).toBe(first)
  expect(log.lines).toEqual([IN_USE, OLD_STAYS])
  await replace('key')
  await certificate.check()
  expect(latest()).not.toBe(first)
  expect(log.lines).toEqual([IN_USE, OLD_STAYS, IN_USE])
})

test('of files that are broken, empty or gone the old ones stay', async () => {
  const log = new LogLines()
  const certificate = await made.open(log)
  const [first, latest] = followed(certificate)
  const cert = await readFile(made.files.cert)
  for (const broken of ['', 'no certificate', cert.subarray(0, 100)]) {
    await writeFile(made.files.cert, broken)
    await certificate.check()
  }
  await rm(made.files.cert)
  await certificate.check()
  await certificate.check()
  expect(latest()).toBe(first)
  expect(log.lines).toEqual([IN_USE, OLD_STAYS, OLD_STAYS, OLD_STAYS, OLD_STAYS])
  await writeFile(made.files.cert, cert)
  await certificate.check()
  expect(log.lines.at(-1)).toBe(IN_USE)
})

test('a symbolic link that leads elsewhere is a change, as it is where an ACME client renews', async () => {
  const log = new LogLines()
  const [cert, key] = [join(made.directory, 'live.pem'), join(made.directory, 'live.key')]
  await symlink(made.files.cert, cert)
  await symlink(made.files.key, key)
  const certificate = await openCertificate({ cert, key }, { interval: HOUR, now: Date.now, logger: log })
  try {
    const [first, latest] = followed(certificate)
    for (const [path, to] of [
      [key, other.files.key],
      [cert, other.files.cert],
    ] as const) {
      await symlink(to, `${path}.new`)
      await rename(`${path}.new`, path)
    }
    await certificate.check()
    expect(latest()).not.toBe(first)
  } finally {
    certificate.close()
  }
})

test('the files are looked at by themselves, until it is closed', async () => {
  const log = new LogLines()
  const certificate = await openCertificate(made.files, { interval: 50, now: Date.now, logger: log })
  try {
    const [first, latest] = followed(certificate)
    await replace('key', 'cert')
    while (latest() === first) await new Promise(setImmediate)
    expect(log.lines).toEqual([IN_USE, IN_USE])
  } finally {
    certificate.close()
  }
})

test('at first, a missing file may come later', async () => {
  await rm(made.files.key)
  await expect(made.open()).rejects.toMatchObject({
    code: 'NOT_THERE_YET',
    option: 'certificate',
    message: expect.stringMatching(/ENOENT/),
  })
})

test.each([
  ['no PEM', () => writeFile(made.files.cert, 'x'), /the certificate is none in PEM form/],
  ['a key that is none', () => writeFile(made.files.key, 'x'), /the key is none in PEM form/],
  ['a key of another certificate', () => replace('key'), /not the one of the certificate/],
])('at first, %s is INVALID_CONFIG that says so', async (_, spoil, problem) => {
  await spoil()
  await expect(made.open()).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    option: 'certificate',
    message: expect.stringMatching(problem),
  })
})

test.each([
  [-HOUR, 'not valid yet'],
  [0, undefined],
  [75 * DAY, undefined],
  [75 * DAY + 1, 'expires soon'],
  [90 * DAY - 1, 'expires soon'],
  [90 * DAY, 'expired'],
])('what there is to say of a certificate for 90 days after %i ms', (age, kind) => {
  expect(expiryNotice({ validFrom: 0, expiresAt: 90 * DAY }, age)?.kind).toBe(kind)
})

test('that a certificate expires is logged when it comes to that, and once a day from then on', async () => {
  const log = new LogLines()
  let now = Date.now()
  const certificate = await openCertificate(made.files, { interval: HOUR, now: () => now, logger: log })
  const { expiresAt } = certificate
  const lineAt = async (time: number): Promise<string> => {
    now = time
    log.lines.length = 0
    await certificate.check()
    return log.lines.join()
  }
  try {
    expect(await lineAt(expiresAt - 70 * DAY)).toBe('')
    expect(await lineAt(expiresAt - 20 * DAY)).toMatch(/^warn the certificate expires soon/)
    expect(await lineAt(expiresAt - 20 * DAY + HOUR)).toBe('')
    expect(await lineAt(expiresAt - 19 * DAY)).toMatch(/^warn the certificate expires soon/)
    expect(await lineAt(expiresAt)).toMatch(/^error the certificate has expired/)
    expect(await lineAt(expiresAt + DAY - 1)).toBe('')
    expect(await lineAt(expiresAt + DAY)).toMatch(/^error the certificate has expired/)
  } finally {
    certificate.close()
  }
})

test('a self-signed certificate is made once, for this user alone, and kept', async () => {
  const { cert, key } = made.files
  const before = await readFile(cert, 'utf8')
  await keepSelfSigned(made.directory, OWN_NAMES, Date.now())
  expect(await readFile(cert, 'utf8')).toBe(before)
  for (const file of [cert, key]) expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('a self-signed certificate is renewed a month before its end, with the same key', async () => {
  const certOf = async (): Promise<X509Certificate> =>
    new X509Certificate(await readFile(made.files.cert, 'utf8'))
  const first = await certOf()
  const end = Date.parse(first.validTo)
  await keepSelfSigned(made.directory, OWN_NAMES, end - 31 * DAY)
  expect((await certOf()).serialNumber).toBe(first.serialNumber)
  await keepSelfSigned(made.directory, OWN_NAMES, end - 30 * DAY)
  const second = await certOf()
  expect(Date.parse(second.validTo)).toBeGreaterThan(end + 300 * DAY)
  expect(second.publicKey.equals(first.publicKey)).toBe(true)
})

test('a running gateway renews its self-signed certificate by itself', async () => {
  let now = Date.now()
  const certificate = await openConfigured({
    files: { selfSignedIn: made.directory },
    hosts: ['127.0.0.1'],
    limits: { certificateCheck: HOUR },
    now: () => now,
    logger: undefined,
  })
  try {
    const { expiresAt } = certificate
    now = expiresAt - 10 * DAY
    await certificate.check()
    expect(certificate.expiresAt).toBe(expiresAt + 355 * DAY)
  } finally {
    certificate.close()
  }
})

test('a self-signed certificate is made anew for another name, or where its files are broken', async () => {
  const nameOf = async (name: string): Promise<string | undefined> =>
    new X509Certificate(await readFile(made.files.cert, 'utf8')).checkHost(name)
  await keepSelfSigned(made.directory, [...OWN_NAMES, 'dns.example'], Date.now())
  expect(await nameOf('dns.example')).toBe('dns.example')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  for (const broken of ['', 'no key', rsa.export({ type: 'pkcs8', format: 'pem' })]) {
    await writeFile(made.files.key, broken)
    await keepSelfSigned(made.directory, OWN_NAMES, Date.now())
    await made.open()
  }
})

test.each([
  ['fe80::1%lo', 'fe80::1'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['b\u00FCro', 'xn--bro-hoa'],
  ['my_host', 'my_host'],
  ['', 'localhost'],
  ['\u00FC \u00FC', 'localhost'],
])('a self-signed certificate for %j is good for %s, and is made once', async (name, covered) => {
  await keepSelfSigned(made.directory, ['localhost', name], Date.now())
  const first = await readFile(made.files.cert, 'utf8')
  await keepSelfSigned(made.directory, ['localhost', name], Date.now())
  expect(await readFile(made.files.cert, 'utf8')).toBe(first)
  const certificate = new X509Certificate(first)
  expect(isIP(covered) === 0 ? certificate.checkHost(covered) : certificate.checkIP(covered)).toBe(covered)
})

test('a directory that is not there is made', async () => {
  const directory = join(made.directory, 'a', 'b')
  await keepSelfSigned(directory, OWN_NAMES, Date.now())
  expect((await stat(selfSignedFiles(directory).key)).isFile()).toBe(true)
})

test('a certificate is made for the addresses that are listened on, and for those of the machine where that is all', () => {
  expect(ownNames(['192.0.2.1', '2001:db8::1'])).toEqual(
    expect.arrayContaining(['localhost', '192.0.2.1', '2001:db8::1']),
  )
  const everywhere = ownNames(['0.0.0.0'])
  expect(everywhere).toContain('127.0.0.1')
  expect(everywhere).not.toContain('0.0.0.0')
})
