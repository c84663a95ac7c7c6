import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkGatewayOptions } from './check-options.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signpost-check-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const ANY = { host: '127.0.0.1', port: 0 }

test('a certificate that is not there yet, or is none, is said to be so', async () => {
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  const options = { listen: [ANY], tls: [ANY], certificate: { cert, key } }
  const refused = { code: 'INVALID_CONFIG', option: 'certificate' }
  const missing = { ...refused, code: 'NOT_THERE_YET' }
  await expect(checkGatewayOptions(options)).rejects.toMatchObject(missing)
  for (const file of [cert, key]) await writeFile(file, 'no PEM')
  await expect(checkGatewayOptions(options)).rejects.toMatchObject(refused)
})

test('files that may come later are noted', async () => {
  const [hosts, resolvConf] = [join(directory, 'hosts'), join(directory, 'resolv.conf')]
  const options = { listen: [ANY], hosts, resolvConf, upstreams: 'system' as const }
  expect(await checkGatewayOptions(options)).toEqual([
    expect.stringContaining(`there is no hosts file ${hosts}`),
    expect.stringContaining(`there is no file ${resolvConf}`),
  ])
  for (const file of [hosts, resolvConf]) await writeFile(file, '')
  expect(await checkGatewayOptions(options)).toEqual([])
})

test('a pipe, on which nobody may ever write, is no file to read', async () => {
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  const certificate = { cert: pipe, key: pipe }
  for (const options of [{ upstreamCa: pipe }, { tls: [ANY], certificate }])
    await expect(checkGatewayOptions({ listen: [ANY], ...options })).rejects.toThrow('no regular file')
})
