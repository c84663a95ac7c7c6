import { execFile } from 'node:child_process'
import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hasTool } from '../../../../dns/src/debian-tool.test-support.ts'
import { makeSelfSigned } from './self-signed.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const request = {
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  names: ['localhost', 'gateway.example', '127.0.0.1', '::1', 'fe80::1234', '2001:db8::a:1'],
  validFrom: Date.UTC(2026, 0, 1),
  expiresAt: Date.UTC(2055, 0, 1),
  serial: new Uint8Array(16),
}

test('it is good for its names and addresses and for no others, for its time, and is signed by its own key', () => {
  const certificate = new X509Certificate(makeSelfSigned(request))
  for (const name of ['localhost', 'gateway.example']) expect(certificate.checkHost(name)).toBe(name)
  for (const address of ['127.0.0.1', '::1', 'fe80::1234', '2001:db8:0:0:0:0:a:1'])
    expect(certificate.checkIP(address)).toBe(address)
  expect(certificate.checkHost('other.example')).toBeUndefined()
  expect(certificate.checkIP('127.0.0.2')).toBeUndefined()
  expect(Date.parse(certificate.validFrom)).toBe(request.validFrom)
  expect(Date.parse(certificate.validTo)).toBe(request.expiresAt)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.checkPrivateKey(privateKey)).toBe(true)
  expect(certificate.ca).toBe(false)
})

test.each([new Uint8Array(16), new Uint8Array(16).fill(0xff), Uint8Array.of(0x80, ...new Uint8Array(15))])(
  'its serial number is positive whatever octets it is made of',
  serial => {
    const { serialNumber } = new X509Certificate(makeSelfSigned({ ...request, serial }))
    expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/)
  },
)

test.skipIf(!hasTool(['openssl', 'version'], 'openssl'))('openssl reads and verifies it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'signpost-certificate-'))
  try {
    const path = join(directory, 'cert.pem')
    await writeFile(path, makeSelfSigned({ ...request, expiresAt: Date.UTC(2049, 0, 1) }))
    const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime', '1790000000']
    const { stdout } = await promisify(execFile)('openssl', [...args, '-CAfile', path, path])
    expect(stdout).toMatch(/: OK$/m)
  } finally {
    await rm(directory, { recursive: true })
  }
})
